#include "api/http/page.hpp"

#include <algorithm>
#include <charconv>

#include "api/http/uri.hpp"

namespace stoa::http {
namespace {

/// Far behind the end of every list, and still an int wherever it is handed on.
constexpr std::int64_t last_page = 1'000'000'000;

/// A whole number from 1 on; nullopt for anything else. What overflows counts as the largest there is.
std::optional<std::int64_t> positive(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  std::int64_t n = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
  if (r.ec == std::errc::result_out_of_range) return last_page;
  return n >= 1 ? std::optional(n) : std::nullopt;
}

std::string address_of(const request& r, std::int64_t page) {
  const auto end = r.base_url.find('/', r.base_url.find("://") + 3);
  std::string out = r.base_url.substr(0, end) + r.path;
  char join = '?';
  bool placed = false;
  for (const auto& [name, value] : r.query_params) {
    if (name == "page" && placed) continue;
    out.push_back(join);
    join = '&';
    if (name == "page") {
      out.append("page=").append(std::to_string(page));
      placed = true;
    } else {
      out.append(percent_encoded(name)).append("=").append(percent_encoded(value));
    }
  }
  if (!placed) out.append(1, join).append("page=").append(std::to_string(page));
  return out;
}

}  // namespace

result<page_request> read_page(const request& r, std::int64_t default_size, std::int64_t max_size) {
  page_request p;
  p.size = default_size;
  std::vector<field_error> bad;
  const auto read = [&](const char* name, std::int64_t& into, std::int64_t most) {
    const auto text = r.query(name);
    if (!text || text->empty()) return;
    if (const auto n = positive(*text))
      into = std::min(*n, most);
    else
      bad.push_back({name, "A whole number from 1 on is required.", "range"});
  };
  read("page", p.page, last_page);
  read("page_size", p.size, max_size);
  if (!bad.empty()) return fault::invalid(std::move(bad));
  return p;
}

page_links links_of(const request& r, const page_request& p, std::int64_t total) {
  page_links out;
  const auto pages = p.pages(total);
  if (p.page < pages) out.next = address_of(r, p.page + 1);
  if (p.page > 1)
    out.previous = address_of(r, std::clamp<std::int64_t>(p.page - 1, 1, std::max<std::int64_t>(pages, 1)));
  return out;
}

}  // namespace stoa::http

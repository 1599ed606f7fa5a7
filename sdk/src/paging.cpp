#include "stoa/paging.hpp"

#include <algorithm>
#include <charconv>

#include "stoa/routes.hpp"

namespace stoa {
namespace {

/// A whole number from 1 on; nullopt for anything else. What overflows counts as the last page.
std::optional<std::int64_t> positive(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  std::int64_t n = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
  if (r.ec == std::errc::result_out_of_range) return page_request::last_page;
  return n >= 1 ? std::optional(n) : std::nullopt;
}

void write_plain(json_writer& w, const request&, const page_request& asked, std::int64_t total,
                 const std::function<void()>& items) {
  w.begin_object();
  w.key("count"), w.integer(total);
  w.key("page"), w.integer(asked.page);
  w.key("page_size"), w.integer(asked.size);
  w.key("total_pages"), w.integer(asked.pages(total));
  w.key("results"), items();
  w.end_object();
}

void plain_schema(json_writer& w, const std::function<void()>& items) {
  w.begin_object();
  w.key("type"), w.string("object");
  w.key("properties");
  w.begin_object();
  for (const char* name : {"count", "page", "page_size", "total_pages"})
    w.key(name), wire::detail::simple_schema(w, "integer");
  w.key("results"), items();
  w.end_object();
  w.end_object();
}

}  // namespace

result<page_request> read_page(const request& r) {
  page_request p;
  std::vector<field_error> bad;
  const auto read = [&](const char* name, std::int64_t& into, std::int64_t most) {
    const auto text = r.query(name);
    if (!text || text->empty()) return;
    if (const auto n = positive(*text))
      into = std::min(*n, most);
    else
      bad.push_back({name, "A whole number from 1 on is required.", "range"});
  };
  read("page", p.page, page_request::last_page);
  read("page_size", p.size, page_request::largest_size);
  if (!bad.empty()) return fault::invalid(std::move(bad));
  return p;
}

page_frame frame_of(const request& r, const page_request& asked, std::int64_t total) {
  json_writer w;
  const auto& envelope = r.pages ? *r.pages : plain_pages();
  envelope.write(w, r, asked, total, [&] { w.begin_hole(), w.end_hole(); });
  const auto list = w.holes().back().from;
  return {w.str().substr(0, list), w.str().substr(list)};
}

const page_envelope& plain_pages() noexcept {
  static constexpr page_envelope plain{&write_plain, &plain_schema};
  return plain;
}

}  // namespace stoa

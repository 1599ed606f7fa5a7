#include "api/http/uri.hpp"

#include <algorithm>

#include "stoa/text.hpp"

namespace stoa::http {
namespace {

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  if (std::none_of(text.begin(), text.end(), [](char c) { return c == '%' || c == '+' || c == '\0'; })) {
    if (valid_utf8(text)) return std::string(text);
    return std::nullopt;
  }
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = digit(text[i + 1]), low = digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    out.push_back(c);
  }
  if (!valid_utf8(out)) return std::nullopt;
  return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto one = query.substr(0, end);
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
    if (one.empty()) continue;
    if (out.size() == 200) return std::nullopt;
    const auto equals = one.find('=');
    auto name = percent_decoded(one.substr(0, equals), true);
    auto value = equals == one.npos ? std::optional<std::string>("") : percent_decoded(one.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::string path_of(std::string_view url) {
  const auto scheme = url.find("://");
  const auto at = scheme == url.npos ? url.npos : url.find('/', scheme + 3);
  return std::string(at == url.npos ? std::string_view{} : url.substr(at));
}

bool same_word(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace stoa::http

#include "api/http/file_answer.hpp"

#include <algorithm>
#include <charconv>

#include "stoa/http_text.hpp"
#include "stoa/text.hpp"

namespace stoa::http {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

/// Whether a list of tags names this one. A weak tag of ours never leaves the server, so `W/` came from in between.
bool names_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    auto one = trim(list.substr(0, comma));
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool client_has_it(const file_content& c, const incoming& in) {
  if (const auto tags = in.header("If-None-Match")) return names_tag(*tags, c.etag);
  const auto since = in.header("If-Modified-Since");
  if (!since || !c.modified) return false;
  const auto at = parse_http_date(trim(*since));
  return at && std::chrono::floor<seconds>(*c.modified) <= *at;
}

/// A part is only of use to whom has other parts of the same file.
bool same_file(const file_content& c, const incoming& in) {
  const auto given = in.header("If-Range");
  if (!given) return true;
  const auto text = trim(*given);
  return text == c.etag || (c.modified && text == http_date(*c.modified));
}

}  // namespace

range_wanted range_of(std::string_view header, std::uint64_t size) {
  const auto equals = header.find('=');
  if (equals == header.npos || ascii_lower(trim(header.substr(0, equals))) != "bytes") return {};
  const auto spec = trim(header.substr(equals + 1));
  const auto dash = spec.find('-');
  if (dash == spec.npos || spec.find(',') != spec.npos) return {};
  const auto first = trim(spec.substr(0, dash));
  const auto last = trim(spec.substr(dash + 1));
  range_wanted r;
  if (first.empty()) {
    const auto n = number(last);
    if (!n) return {};
    if (*n == 0 || size == 0) return {range_wanted::kind::unsatisfiable, 0, 0};
    r.count = std::min(*n, size);
    r.from = size - r.count;
  } else {
    const auto from = number(first);
    const auto to = last.empty() ? std::optional(~std::uint64_t{0}) : number(last);
    if (!from || !to || *to < *from) return {};
    if (*from >= size) return {range_wanted::kind::unsatisfiable, 0, 0};
    r.from = *from;
    r.count = std::min(*to, size - 1) - *from + 1;
  }
  r.what = range_wanted::kind::part;
  return r;
}

std::optional<file_part> settle_file(reply& r, const incoming& in, std::uint64_t& size) {
  const auto content = std::move(*r.content);
  r.content.reset();
  r.body.clear();
  size = content.size();
  if (!content.etag.empty()) r.headers.emplace_back("ETag", content.etag);
  if (content.modified) r.headers.emplace_back("Last-Modified", http_date(*content.modified));
  const auto method = in.method();
  range_wanted range;
  if (method == "GET" || method == "HEAD") {
    r.headers.emplace_back("Accept-Ranges", "bytes");
    if (client_has_it(content, in)) {
      r.status = 304;
      return std::nullopt;
    }
    if (const auto asked = in.header("Range"); asked && method == "GET" && same_file(content, in))
      range = range_of(*asked, size);
  }
  if (range.what == range_wanted::kind::unsatisfiable) {
    r.status = 416;
    r.content_type.clear();
    r.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
    size = 0;
    return std::nullopt;
  }
  if (range.what == range_wanted::kind::part) {
    r.status = 206;
    r.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.from) + "-" +
                                                std::to_string(range.from + range.count - 1) + "/" +
                                                std::to_string(size));
    size = range.count;
  }
  if (content.file) return file_part{content.file, range.from, size};
  body_piece piece;
  if (range.what == range_wanted::kind::part)
    piece.own = content.bytes->substr(static_cast<std::size_t>(range.from), static_cast<std::size_t>(range.count));
  else
    piece.shared = content.bytes;
  r.body.push_back(std::move(piece));
  return std::nullopt;
}

}  // namespace stoa::http

#include "api/http/page.hpp"

#include <algorithm>

#include "api/http/uri.hpp"
#include "stoa/http_text.hpp"

namespace stoa::http {
namespace {

/// What stands before the request's path in its public address: the origin, and the path of `public_url` where it has
/// one. `base_url` is both with the dialect's place behind them, and with that the request's path begins.
std::string place_of(const request& r) {
  const std::string_view url = r.base_url;
  const auto origin = std::min(url.find('/', url.find("://") + 3), url.size());
  const auto path = percent_decoded(r.path, false).value_or(r.path);
  for (auto at = origin; at < url.size(); at = url.find('/', at + 1))
    if (path.starts_with(url.substr(at))) return std::string(url.substr(0, at));
  return std::string(url.substr(0, origin));
}

std::string address_of(const request& r, std::int64_t page) {
  std::string out = place_of(r);
  std::size_t size = out.size() + r.path.size() + 32;
  for (const auto& [name, value] : r.query_params) size += name.size() + value.size() + 2;
  out.reserve(size);
  out.append(r.path);
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

page_links links_of(const request& r, const page_request& p, std::int64_t total) {
  page_links out;
  const auto pages = p.pages(total);
  if (p.page < pages) out.next = address_of(r, p.page + 1);
  if (p.page > 1)
    out.previous = address_of(r, std::clamp<std::int64_t>(p.page - 1, 1, std::max<std::int64_t>(pages, 1)));
  return out;
}

void write_page_schema(json_writer& w, std::initializer_list<std::string_view> numbers, bool links,
                       std::string_view list, const std::function<void()>& items) {
  w.begin_object();
  w.key("type"), w.string("object");
  w.key("properties");
  w.begin_object();
  for (const auto name : numbers) w.key(name), w.raw(R"({"type":"integer"})");
  if (links)
    for (const char* name : {"next", "previous"})
      w.key(name), w.raw(R"({"anyOf":[{"type":"string","format":"uri"},{"type":"null"}]})");
  w.key(list), items();
  w.end_object();
  w.key("required");
  w.begin_array();
  for (const auto name : numbers) w.string(name);
  if (links) w.string("next"), w.string("previous");
  w.string(list);
  w.end_array();
  w.end_object();
}

namespace {

void write_counted(json_writer& w, const request& r, const page_request& asked, std::int64_t total,
                   const std::function<void()>& items) {
  const auto links = links_of(r, asked, total);
  w.begin_object();
  w.key("count"), w.integer(total);
  w.key("next"), wire::encode(w, links.next);
  w.key("previous"), wire::encode(w, links.previous);
  w.key("results"), items();
  w.end_object();
}

void counted_schema(json_writer& w, const std::function<void()>& items) {
  write_page_schema(w, {"count"}, true, "results", items);
}

}  // namespace

page_envelope counted_pages() noexcept { return {write_counted, counted_schema}; }

}  // namespace stoa::http

#include "actors/session/session_store.hpp"

#include "stoa/json.hpp"

namespace stoa::actors::session_store {

session_state read(const rows::row& row) {
  auto s = read_columns<session_state>(row);
  if (auto list = json::parse(row.raw(column_count<session_state>)))
    for (const auto& pair : list->items())
      if (pair.items().size() == 2)
        s.rotations.emplace_back(pair.items()[0].as_integer().value_or(0),
                                 from_unix_us(pair.items()[1].as_integer().value_or(0)));
  return s;
}

page_of<session_view> read_page(const rows& found, const page_request& asked) {
  page_of<session_view> out{asked, found.empty() ? 0 : found.front().integer(0), {}};
  out.items = read_joined<session_view>(found, 1);
  return out;
}

std::string rotations_json(const session_state& s) {
  json_writer w;
  w.begin_array();
  for (const auto& [generation, at] : s.rotations) {
    w.begin_array();
    w.integer(generation);
    w.integer(unix_us(at));
    w.end_array();
  }
  w.end_array();
  return w.take();
}

std::vector<std::string> texts_of(const std::vector<timestamp>& times) {
  std::vector<std::string> out;
  for (auto t : times) out.push_back(rfc3339(t));
  return out;
}

session_rules::guard_state read_guard(const std::string& identifier, const rows& r) {
  session_rules::guard_state g;
  if (!r.empty()) g = read_columns<session_rules::guard_state>(r.front());
  g.identifier = identifier;
  if (r.empty()) return g;
  std::string_view list = r.front().raw(column_count<session_rules::guard_state>);
  while (!list.empty()) {
    const auto comma = list.find(',');
    auto text = std::string(list.substr(0, comma));
    // PostgreSQL prints `2026-01-27 16:05:00.5+00`.
    if (auto blank = text.find(' '); blank != text.npos) text[blank] = 'T';
    if (text.ends_with("+00")) text.replace(text.size() - 3, 3, "Z");
    if (auto t = parse_rfc3339(text)) g.failures.push_back(*t);
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
  }
  return g;
}

}  // namespace stoa::actors::session_store

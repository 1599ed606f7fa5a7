#include "stoa/events.hpp"

namespace stoa {

// The text forms of PostgreSQL: a record quotes its fields and doubles what is special in them, an array quotes its
// elements and puts a backslash before it.

std::string one_event::record(timestamp at, std::string_view kind, const std::optional<user_id>& user,
                              const uuid& entity, const std::string& payload) {
  std::string out;
  out.reserve(payload.size() + payload.size() / 4 + 160);
  out += '(';
  out += kind;
  out += ',';
  if (user) out += user->str();
  out += ',';
  out += entity.str();
  out += ",\"";
  for (const char c : payload) {
    if (c == '"' || c == '\\') out += c;
    out += c;
  }
  out += "\",";
  out += rfc3339(at);
  out += ')';
  return out;
}

void event_rows::add(const one_event& e) {
  if (!rows_.empty()) rows_ += ',';
  rows_ += '"';
  for (const char c : e.text()) {
    if (c == '"' || c == '\\') rows_ += '\\';
    rows_ += c;
  }
  rows_ += '"';
}

}  // namespace stoa

#include "testing/entity_harness.hpp"

namespace stoa::testing::harness {
namespace {

/// The fields of a record in PostgreSQL's text form, `(a,b,"c ""d""")`; none where it is no record.
std::vector<std::string> fields_of(std::string_view text) {
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return {};
  text = text.substr(1, text.size() - 2);
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && (c == '"' || c == '\\') && i + 1 < text.size() && text[i + 1] == c)
      out.back() += text[i++];
    else if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

/// The elements of an array that quotes each: `{"a","b \"c\""}`.
std::vector<std::string> elements_of(std::string_view text) {
  std::vector<std::string> out;
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return out;
  bool inside = false;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && inside) {
      out.back() += text[++i];
    } else if (c == '"') {
      if (!inside) out.emplace_back();
      inside = !inside;
    } else if (inside) {
      out.back() += c;
    }
  }
  return out;
}

/// A record of the type told_event.
std::optional<event> event_in(const std::string& record) {
  const auto f = fields_of(record);
  if (f.size() != 5) return std::nullopt;
  const auto entity = uuid::parse(f[2]);
  const auto at = parse_rfc3339(f[4]);
  auto payload = json::parse(f[3]);
  if (!entity || !at || !payload) return std::nullopt;
  event e;
  e.kind = f[0];
  e.user = user_id::parse(f[1]);
  e.entity = *entity;
  e.payload = std::move(*payload);
  e.at = *at;
  e.here = true;
  return e;
}

}  // namespace

std::vector<event> events_among(const values& bound) {
  std::vector<event> out;
  for (const auto& v : bound) {
    if (!v.text()) continue;
    if (auto one = event_in(*v.text())) out.push_back(std::move(*one));
    for (const auto& element : elements_of(*v.text()))
      if (auto one = event_in(element)) out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace stoa::testing::harness

#include "stoa/wire.hpp"

#include <stdexcept>

namespace stoa::wire {

const std::string& schema_registry::name(const std::string& full, const void* mark, const std::string& own) {
  // Outside of unnamed namespaces one name is one type, also where two libraries have each its own mark of it.
  const bool private_to_file = full.find("(anonymous") != full.npos || full.find("{anonymous}") != full.npos ||
                               full.find("<unnamed>") != full.npos;
  const auto key = private_to_file ? full + "@" + std::to_string(reinterpret_cast<std::uintptr_t>(mark)) : full;
  if (const auto known = names_.find(key); known != names_.end()) return known->second;
  auto component = (dialect.empty() ? "" : dialect + ".") + (area.empty() ? "" : area + ".") + own;
  if (!owners_.emplace(component, schema_registry::known{full, mark}).second)
    throw std::logic_error("two types would be " + component + " in the OpenAPI document: " + full + " and " +
                           owners_.at(component).full);
  return names_.emplace(key, std::move(component)).first->second;
}

}  // namespace stoa::wire

namespace stoa::wire::detail {

bool read_text(const json& in, const std::string& field, std::string& out, problems& bad, bool trim) {
  if (!in.is_string()) {
    bad.add(field, "This value must be a string.", "type");
    return false;
  }
  // Line breaks belong to descriptions and notes; every other control character is somebody's trick.
  if (has_control(in.text(), true)) {
    bad.add(field, "This value contains characters that are not allowed.", "characters");
    return false;
  }
  if (trim)
    out.assign(stoa::trim(in.text()));
  else
    out = in.text();
  return true;
}

void check_length(const std::string& text, std::size_t min, std::size_t max, const std::string& field, problems& bad) {
  if (min > 0 && !shows_something(text)) return bad.add(field, "This field may not be blank.", "required");
  // Code points are never more than bytes: most texts need no count.
  if (text.size() >= min && text.size() <= max && min <= 1) return;
  const std::size_t n = code_points(text);
  if (n < min) return bad.add(field, "Use at least " + std::to_string(min) + " characters.", "length");
  if (n > max) return bad.add(field, "Use at most " + std::to_string(max) + " characters.", "length");
}

}  // namespace stoa::wire::detail

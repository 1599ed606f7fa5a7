#include "stoa/wire.hpp"

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
  if (text.empty() && min > 0) return bad.add(field, "This field may not be blank.", "required");
  // Code points are never more than bytes: most texts need no count.
  if (text.size() >= min && text.size() <= max && min <= 1) return;
  const std::size_t n = code_points(text);
  if (n < min) return bad.add(field, "Use at least " + std::to_string(min) + " characters.", "length");
  if (n > max) return bad.add(field, "Use at most " + std::to_string(max) + " characters.", "length");
}

}  // namespace stoa::wire::detail

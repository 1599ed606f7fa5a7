#include "actors/track/track_rules.hpp"

#include <algorithm>
#include <set>

#include "stoa/text.hpp"

namespace stoa::actors::track_rules {
namespace {

bool is_code(std::string_view text) {
  const auto letter = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && text.size() <= track_limits::code && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '_' || c == '-'; });
}

bool is_currency(std::string_view text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

result<track> admit(track t) {
  t.title = std::string(trim(t.title));
  t.description = std::string(trim(t.description));
  t.currency = ascii_lower(t.currency);
  std::vector<field_error> wrong;
  const auto bad = [&](const char* field, std::string message) { wrong.push_back({field, std::move(message)}); };
  if (!is_code(t.code))
    bad("code",
        "Use 1 to " + std::to_string(track_limits::code) + " letters, digits, _ and -, a letter or digit first.");
  if (t.title.empty() || code_points(t.title) > track_limits::title)
    bad("title", "Give a title of at most " + std::to_string(track_limits::title) + " characters.");
  if (code_points(t.description) > track_limits::description)
    bad("description", "Use at most " + std::to_string(track_limits::description) + " characters.");
  if (t.price_minor < 0 || t.price_minor > track_limits::price_minor) bad("price", "This price is out of bounds.");
  if (!is_currency(t.currency)) bad("currency", "Give the three letters of a currency.");
  if (t.courses.size() > track_limits::courses)
    bad("courses", "A track has at most " + std::to_string(track_limits::courses) + " courses.");
  if (std::set<course_id>(t.courses.begin(), t.courses.end()).size() != t.courses.size())
    bad("courses", "A course stands there twice.");
  if (!wrong.empty()) return fault::invalid(std::move(wrong));
  return t;
}

fault unknown_track() {
  fault f = fault::field("track", "There is no such track.");
  f.code = "UNKNOWN_TRACK";
  return f;
}

}  // namespace stoa::actors::track_rules

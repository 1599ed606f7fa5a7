#include "reflection_rules.hpp"

#include <algorithm>

#include "stoa/text.hpp"

namespace stoa_plugin::reflections {

using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::result;

standing standing_of(const stoa::course& c, const stoa::caller& who, const stoa::learner& as_learner) {
  if (c.owned_by(who)) return standing::teacher;
  return as_learner.find(c.id) ? standing::learner : standing::stranger;
}

std::vector<std::string> seen_of_others(standing s) {
  std::vector<std::string> out;
  if (s != standing::stranger) out.emplace_back(for_course);
  if (s == standing::teacher) out.emplace_back(for_instructor);
  return out;
}

bool may_see(const reflection& r, stoa::user_id who, standing s) {
  if (r.user == who) return true;
  const auto seen = seen_of_others(s);
  return std::find(seen.begin(), seen.end(), r.visibility) != seen.end();
}

result<done> may_write(const stoa::course& c, standing s) {
  if (s != standing::stranger) return done{};
  if (!c.published()) return not_found(stoa::lesson_id{});
  return fault{fault_kind::forbidden, "NOT_ENROLLED", "You must be enrolled in the course to reflect on its lessons."};
}

result<done> may_reply(const reflection& r, stoa::user_id who, standing s) {
  if (!may_see(r, who, s)) return unknown_reflection();
  if (s != standing::teacher)
    return fault{fault_kind::forbidden, "PERMISSION_DENIED", "Only the course's instructor replies to reflections."};
  return done{};
}

result<done> may_look_around(const stoa::course& c, standing s) {
  if (s == standing::stranger && !c.published()) return not_found(c.id);
  return done{};
}

result<done> check_second(const stoa::lesson& l, std::optional<std::int64_t> second) {
  if (!second || l.duration_minutes == 0 || *second < (l.duration_minutes + std::int64_t{1}) * 60) return done{};
  return fault::field("timestamp_seconds", "The lesson ends before that.");
}

std::vector<std::string> distinct_tags(const std::vector<std::string>& tags) {
  std::vector<std::string> out, seen;
  for (const auto& t : tags) {
    auto key = stoa::ascii_lower(t);
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
    seen.push_back(std::move(key));
    out.push_back(t);
  }
  return out;
}

reflection changed(reflection r, const reflection_change& c, stoa::timestamp now) {
  if (c.kind) r.kind = *c.kind;
  if (c.content) r.content = *c.content;
  if (c.visibility) r.visibility = *c.visibility;
  if (c.tags) r.tags = distinct_tags(*c.tags);
  if (c.at_second) r.at_second = *c.at_second;
  r.updated_at = now;
  return r;
}

bool newly_shown(std::string_view before, std::string_view after) noexcept {
  return before == for_author && after != for_author;
}

fault unknown_reflection() {
  return {fault_kind::not_found, "REFLECTION_NOT_FOUND", "The requested reflection does not exist."};
}
fault unknown_reply() { return {fault_kind::not_found, "REPLY_NOT_FOUND", "The requested reply does not exist."}; }

}  // namespace stoa_plugin::reflections

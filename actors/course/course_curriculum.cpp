#include "actors/course/course_curriculum.hpp"

#include <unordered_map>
#include <utility>

namespace stoa::actors::course_rules {

result<place_for_lesson> place_behind(const course& c, section_id otherwise) {
  place_for_lesson out{c, {}};
  if (c.sections.empty() || c.sections.back().lessons.size() >= most_lessons) {
    section_draft draft;
    draft.title = plain_section;
    auto with = add_section(c, otherwise, draft, c.updated_at);
    if (!with) return std::move(with).refusal();
    out.in = std::move(*with);
  }
  out.section = out.in.sections.back().id;
  return out;
}

result<course> order_lessons(const course& c, const std::vector<lesson_id>& order, timestamp now) {
  std::unordered_map<lesson_id, const lesson*> there;
  for (const auto* l : c.lessons_in_order()) there.emplace(l->id, l);
  bool exact = there.size() == order.size();
  std::vector<lesson> ordered;
  ordered.reserve(order.size());
  for (const auto id : order) {
    const auto found = there.find(id);
    exact = exact && found != there.end() && found->second;
    if (!exact) break;
    ordered.push_back(*std::exchange(found->second, nullptr));
  }
  if (!exact) return fault::field("lesson_ids", "Name each lesson of the course exactly once.");
  course next = c;
  next.updated_at = now;
  auto from = ordered.begin();
  for (auto& s : next.sections) {
    int place = 0;
    for (auto& l : s.lessons) {
      l = std::move(*from++);
      l.section = s.id;
      l.position = ++place;
    }
  }
  return next;
}

int place_of(const course& c, lesson_id id) {
  int place = 0;
  for (const auto& s : c.sections)
    for (const auto& l : s.lessons) {
      ++place;
      if (l.id == id) return place;
    }
  return 0;
}

}  // namespace stoa::actors::course_rules

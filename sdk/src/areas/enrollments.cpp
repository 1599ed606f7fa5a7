#include "stoa/areas/enrollments.hpp"

#include <algorithm>

namespace stoa {

bool enrollment::lesson_completed(lesson_id l) const {
  const auto at = lessons.find(l);
  return at != lessons.end() && at->second.completed_at.has_value();
}

const enrollment* learner::find(course_id course) const {
  for (const auto& e : enrollments)
    if (e.course == course) return &e;
  return nullptr;
}

const enrollment* learner::find(enrollment_id id) const {
  for (const auto& e : enrollments)
    if (e.id == id) return &e;
  return nullptr;
}

int percent_done(std::int64_t done, std::int64_t all) {
  if (all == 0) return 0;
  const auto half_up = static_cast<int>((200 * done + all) / (2 * all));
  return done == all ? 100 : std::min(half_up, 99);
}

progress progress_of(const enrollment& e, const course& c) {
  progress p;
  for (const auto& s : c.sections) {
    for (const auto& l : s.lessons) {
      ++p.total_lessons;
      if (e.lesson_completed(l.id)) {
        ++p.lessons_completed;
        p.minutes_completed += l.duration_minutes;
      } else if (!p.current) {
        p.current = &l;
        p.current_position = p.total_lessons;
      }
    }
  }
  if (p.total_lessons == 0) return p;
  p.completed = p.lessons_completed == p.total_lessons;
  p.percent = percent_done(p.lessons_completed, p.total_lessons);
  return p;
}

enrollments::~enrollments() = default;
roster::~roster() = default;

fault not_found(const enrollment_id&) {
  return {fault_kind::not_found, "ENROLLMENT_NOT_FOUND", "The requested enrollment does not exist"};
}

}  // namespace stoa

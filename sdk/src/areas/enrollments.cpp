#include "stoa/areas/enrollments.hpp"

#include <algorithm>

namespace stoa {

std::string_view name_of(lesson_status s) noexcept {
  switch (s) {
    case lesson_status::in_progress:
      return "in_progress";
    case lesson_status::completed:
      return "completed";
    case lesson_status::not_started:
      break;
  }
  return "not_started";
}

std::optional<lesson_status> lesson_status_named(std::string_view name) noexcept {
  for (const auto s : {lesson_status::not_started, lesson_status::in_progress, lesson_status::completed})
    if (name == name_of(s)) return s;
  return std::nullopt;
}

lesson_status lesson_progress::status() const {
  if (completed_at) return lesson_status::completed;
  return started_at || watch_seconds > 0 ? lesson_status::in_progress : lesson_status::not_started;
}

bool enrollment::lesson_completed(lesson_id l) const {
  const auto at = lessons.find(l);
  return at != lessons.end() && at->second.completed_at.has_value();
}

lesson_status enrollment::status_of(lesson_id l) const {
  const auto at = lessons.find(l);
  return at == lessons.end() ? lesson_status::not_started : at->second.status();
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

// Courses and learners for tests of rules.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/enrollment/studies.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"

namespace stoa::testing {

inline timestamp at(const char* text) { return parse_rfc3339(text).value(); }

/// A published free course with the given minutes of lessons in each section.
inline course make_course(std::vector<std::vector<int>> sections = {{10, 20}, {30}}, std::string title = "Birds") {
  course c;
  c.id = course_id::make();
  c.version = 1;
  c.title = std::move(title);
  c.status = course_status::published;
  c.instructor.id = user_id::make();
  c.instructor.first_name = "Ada";
  c.instructor.last_name = "Lovelace";
  for (const auto& minutes : sections) {
    auto& s = c.sections.emplace_back();
    s.id = section_id::make();
    s.position = static_cast<int>(c.sections.size());
    for (int m : minutes) {
      auto& l = s.lessons.emplace_back();
      l.id = lesson_id::make();
      l.section = s.id;
      l.title = "Lesson";
      l.duration_minutes = m;
      l.position = static_cast<int>(s.lessons.size());
    }
  }
  return c;
}

inline enrollment make_enrollment(const course& c, timestamp when = at("2026-01-01T10:00:00Z")) {
  enrollment e;
  e.id = enrollment_id::make();
  e.course = c.id;
  e.enrolled_at = e.last_accessed_at = when;
  return e;
}

inline void finish(enrollment& e, const course& c, std::size_t lesson, timestamp when, std::int64_t watched = 0) {
  lesson_progress p{when, watched, when};
  e.lessons[c.lessons_in_order().at(lesson)->id] = p;
}

/// A learner of these courses, each enrolment beside its course.
inline actors::studies make_studies(std::vector<std::pair<enrollment, course>> of,
                                    std::optional<int> target_hours = std::nullopt) {
  auto who = std::make_shared<learner>();
  who->id = user_id::make();
  who->target_hours_per_month = target_hours;
  for (const auto& [e, c] : of) who->enrollments.push_back(e);
  actors::studies out;
  for (std::size_t i = 0; i < of.size(); ++i) {
    actors::study s;
    s.course = std::make_shared<course>(of[i].second);
    s.enrollment = &who->enrollments[i];
    s.progress = progress_of(*s.enrollment, *s.course);
    out.all.push_back(std::move(s));
  }
  out.learner = std::move(who);
  return out;
}

}  // namespace stoa::testing

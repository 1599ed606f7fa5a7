// What a course can be told.
#pragma once

#include <optional>

#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/result.hpp"

namespace stoa::actors {

struct read_course {};
struct change_course {
  caller who;
  course_draft draft;
  /// The category that the draft names, already looked up; present and empty takes it away.
  std::optional<std::optional<category>> named_category;
};
struct set_course_status {
  caller who;
  course_status status = course_status::draft;
};
/// A new section where `id` is empty.
struct put_section {
  caller who;
  std::optional<section_id> id;
  section_draft draft;
};
struct drop_section {
  caller who;
  section_id id;
};
/// A new lesson of `section` where `id` is empty.
struct put_lesson {
  caller who;
  section_id section;
  std::optional<lesson_id> id;
  lesson_draft draft;
};
struct drop_lesson {
  caller who;
  lesson_id id;
};
struct post_course_review {
  caller who;
  learner_ptr author;
  review_draft draft;
};
struct vote_review_helpful {
  caller who;
  review_id review;
};
struct refresh_course {};
struct refresh_course_numbers {};

}  // namespace stoa::actors

// The lessons of a course in one row, across its sections: for those who see no sections. Pure functions.
#pragma once

#include <vector>

#include "actors/course/course_rules.hpp"

namespace stoa::actors::course_rules {

/// What a section is called that was begun for a lesson's sake.
inline constexpr const char* plain_section = "Lessons";

struct place_for_lesson {
  course in;  ///< with a new section where one was needed
  section_id section;
};
/// The section of a lesson that goes behind all others: the last, or a new one of that id where there is none or it is
/// full. COURSE_FULL.
result<place_for_lesson> place_behind(const course& c, section_id otherwise);

/// The course with its lessons in that order; sections keep their numbers of lessons. `invalid` unless `order` names
/// each lesson exactly once.
result<course> order_lessons(const course& c, const std::vector<lesson_id>& order, timestamp now);

/// The place of a lesson among all of the course, 1-based; 0 where it is none of them.
int place_of(const course& c, lesson_id id);

}  // namespace stoa::actors::course_rules

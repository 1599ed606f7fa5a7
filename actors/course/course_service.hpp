// Courses as handlers and plugins see them, with what only the composition needs.
#pragma once

#include <memory>

#include "actors/course/course_numbers.hpp"
#include "actors/services.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/events.hpp"

namespace stoa::actors {

class course_service : public stoa::courses {
 public:
  virtual course_numbers_reader& numbers() noexcept = 0;
  /// Called every second: reads anew the loaded courses that show people who have changed.
  virtual void look() = 0;
};

struct course_options {
  std::int64_t new_categories = 100;  ///< how many a person may bring by naming them
  std::int64_t most_bytes = 2 << 20;  ///< of the texts of one course
};

/// Makes the facade and its entities; it registers itself in `s`.
course_service& offer_courses(services& s, course_options options = {});

/// Counts students from `enrollment.created` events, and what an instructor's courses come to from those of courses and
/// reviews: in batches, exactly once. It tells `course.numbers_counted`: from that the loaded courses and the catalogue
/// of every process know. An instructor's other courses show the sum with the next `numbers().tell_siblings()`.
subscription course_numbers_subscription(services& s);

}  // namespace stoa::actors

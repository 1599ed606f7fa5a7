// What lessons hold: long texts, which are read where they are shown and kept apart from the courses.
#pragma once

#include <string>

#include "actors/catalog/page_cache.hpp"
#include "runtime/entity/single_flight.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/db.hpp"

namespace stoa::actors {

/// Thread-safe. Keeps those that were read lately, within a budget of bytes.
class lesson_texts {
 public:
  explicit lesson_texts(database& db) : db_(db) {}

  /// Those of the course's previews, or all. Nothing is read where the course says that there is none.
  task<lesson_contents_ptr> of(course_ptr course, bool all);

 private:
  task<lesson_contents_ptr> read(course_ptr course, bool all);

  static constexpr std::size_t most_bytes = 16u << 20;

  database& db_;
  /// All of a course's, as they were when it had that version.
  versioned_cache<lesson_contents_ptr, course_id> kept_{~std::size_t{0}, most_bytes};
  runtime::single_flight<std::string, lesson_contents_ptr> flights_;
};

}  // namespace stoa::actors

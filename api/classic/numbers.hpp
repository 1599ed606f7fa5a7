// classic shows integers: how they are read, and what they stand for.
#pragma once

#include <cstdint>

#include "api/dialect.hpp"
#include "stoa/paths.hpp"

namespace stoa::classic {

inline fault unknown_course() { return not_found(course_id{}); }
inline fault unknown_lesson() { return not_found(lesson_id{}); }
inline fault unknown_enrollment() { return not_found(enrollment_id{}); }
inline fault unknown_progress() {
  return {fault_kind::not_found, "PROGRESS_NOT_FOUND", "The requested progress record does not exist"};
}

using course_number = in_path<"id", std::int64_t, unknown_course>;
using lesson_number = in_path<"lesson_id", std::int64_t, unknown_lesson>;
using enrollment_number = in_path<"id", std::int64_t, unknown_enrollment>;
using progress_number = in_path<"id", std::int64_t, unknown_progress>;

/// A lesson with its place among all lessons of its course, from 1 on; null where the course has none of that number.
struct placed_lesson {
  const lesson* of = nullptr;
  int order = 0;
  explicit operator bool() const noexcept { return of != nullptr; }
};
inline placed_lesson lesson_numbered(const course& c, std::int64_t number) {
  const auto all = c.lessons_in_order();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i]->number == number) return {all[i], static_cast<int>(i + 1)};
  return {};
}

}  // namespace stoa::classic

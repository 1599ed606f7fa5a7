// What lists show of courses, kept within a budget of bytes: pages share these rows.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/db.hpp"

namespace stoa::actors {

/// One course of a page as the columns have it.
struct wanted_row {
  course_id id;
  std::int64_t version = 0;
  std::int64_t students = 0, rating_count = 0, rating_sum = 0;
  bool bestseller = false;
};

/// Thread-safe.
class catalog_rows {
 public:
  catalog_rows(database& db, const clock& time, std::size_t most_bytes) : db_(db), time_(time), most_(most_bytes) {}

  /// The rows in that order; one statement for those that are not kept. A course that is gone is left out.
  task<std::vector<course_ptr>> of(std::vector<wanted_row> wanted);

  void forget(const std::vector<course_id>& courses);
  void forget_taught_by(const std::vector<user_id>& instructors);
  /// A course's own memory, roughly.
  static std::size_t bytes_of(const course& c);
  std::size_t bytes() const;

 private:
  struct kept {
    course_ptr row;
    timestamp read_at;
    std::list<course_id>::iterator place;
  };

  course_ptr find(const wanted_row& w, timestamp now);
  course_ptr put(course row, const wanted_row& w, timestamp now);
  void drop(std::unordered_map<course_id, kept>::iterator it);

  database& db_;
  const clock& time_;
  const std::size_t most_;
  mutable std::mutex guard_;
  std::unordered_map<course_id, kept> rows_;
  std::list<course_id> order_;  ///< most recently shown first
  std::size_t bytes_ = 0;
};

}  // namespace stoa::actors

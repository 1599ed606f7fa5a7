// The numbers that courses show: counted from events, read for many loaded courses at once. Node view.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "actors/course/course.hpp"
#include "runtime/entity/single_flight.hpp"
#include "stoa/db.hpp"
#include "stoa/log.hpp"

namespace stoa::actors {

/// Thread-safe. Requests that come while one is under way are one request; a course that is not loaded costs nothing.
class course_numbers_reader {
 public:
  /// `peek` finds the loaded course, `tell` hands it its numbers.
  course_numbers_reader(database& db, const clock& time, logger& log, loaded_courses& loaded,
                        std::function<course_ptr(course_id)> peek, std::function<void(course_id, show_numbers)> tell);

  /// These courses show numbers that have changed.
  void changed(const std::vector<course_id>& courses);
  /// All loaded courses of this instructor but one show numbers that have changed.
  void changed_siblings(user_id instructor, course_id but);
  /// Students were counted: the courses read theirs at once, their instructors' other courses with the next
  /// `tell_siblings`, since every enrolment changes those.
  void counted(const std::map<course_id, user_id>& courses);
  void tell_siblings();

  /// Ends when there are marks to measure a course by, at most ten seconds old or being made anew.
  task<done> marks_ready();

 private:
  void read_next();
  void show(const rows& found);
  void refresh_marks();

  database& db_;
  const clock& time_;
  logger& log_;
  loaded_courses& loaded_;
  std::function<course_ptr(course_id)> peek_;
  std::function<void(course_id, show_numbers)> tell_;
  runtime::single_flight<int, bestseller_marks_ptr> first_marks_;

  std::mutex guard_;
  std::unordered_set<course_id> due_;
  std::unordered_set<user_id> instructors_;  ///< whose courses show numbers that have changed since
  bool reading_ = false;
};

}  // namespace stoa::actors

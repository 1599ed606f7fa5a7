// The numbers that courses show: counted from events, read for many loaded courses at once. Node view.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "actors/course/course.hpp"
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
  /// Students were counted: the courses read theirs at once, their instructors' other courses with the next
  /// `tell_siblings`, since every enrolment changes those. Without courses the instructors' were counted anew: all of
  /// theirs read them at once.
  void counted(const std::vector<course_id>& courses, const std::vector<user_id>& instructors);
  void tell_siblings();

  /// Sees to it that the marks a course is measured by are at most ten seconds old soon: nobody waits for them. Courses
  /// that were loaded without any read their numbers again when there are some.
  void refresh_marks();
  /// The first marks, before anybody asks for a course.
  task<done> first_marks();

 private:
  void read_next();
  void show(const rows& found);

  database& db_;
  const clock& time_;
  logger& log_;
  loaded_courses& loaded_;
  std::function<course_ptr(course_id)> peek_;
  std::function<void(course_id, show_numbers)> tell_;
  std::mutex guard_;
  std::unordered_set<course_id> due_;
  std::unordered_set<user_id> instructors_;  ///< whose courses show numbers that have changed since
  bool reading_ = false;
  std::atomic<bool> looking_for_first_{false};
};

}  // namespace stoa::actors

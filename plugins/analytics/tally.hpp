// What facts come to, added up before it is written: pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "stoa/areas/quizzes.hpp"
#include "stoa/ids.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::analytics {

/// Whose numbers they are.
enum class scope { course, instructor, system };
std::string_view name_of(scope s) noexcept;

struct figures {
  std::int64_t enrollments = 0, completions = 0, lessons = 0;
  std::int64_t attempts = 0, passed = 0, scores = 0;  ///< `scores` is the sum of the attempts' per cent
  std::int64_t registrations = 0;
  figures& operator+=(const figures& other);
  friend bool operator==(const figures&, const figures&) = default;
};

struct learner_numbers {
  std::int64_t enrolled = 0, completed = 0, lessons = 0, minutes = 0, quizzes = 0, scores = 0;
};

/// How a question was answered, points in hundredths.
struct question_numbers {
  std::int64_t asked = 0, answered = 0, correct = 0, earned = 0, points = 0;
};

/// What an attempt at a quiz came to.
struct attempt_outcome {
  stoa::quiz_id quiz;
  std::int64_t score = 0;
  bool passed = false;
  std::vector<stoa::told_answer> answers;
};

struct done_in_slot {
  std::int64_t lessons = 0, minutes = 0;
};

/// A course as facts are counted for it.
struct counted_course {
  stoa::course_id id;
  stoa::user_id teacher;
};

/// The quarter of an hour in which something happened: every time zone's days begin with one.
stoa::timestamp slot_of(stoa::timestamp t);
stoa::date day_of(stoa::timestamp t);

struct tally {
  using place = std::pair<scope, stoa::uuid>;

  std::map<place, figures> in_all;
  std::map<std::pair<place, stoa::date>, figures> by_day;
  std::map<stoa::course_id, stoa::user_id> teachers;
  std::map<std::tuple<scope, stoa::uuid, std::string, stoa::date>, std::int64_t> earned;
  std::map<std::pair<stoa::course_id, stoa::lesson_id>, std::int64_t> lessons;
  std::map<std::tuple<stoa::course_id, stoa::quiz_id, stoa::question_id>, question_numbers> questions;
  std::map<stoa::user_id, learner_numbers> learners;
  std::map<std::pair<stoa::user_id, stoa::timestamp>, done_in_slot> activity;

  void enrolled(const counted_course& c, stoa::user_id who, stoa::timestamp at);
  void finished_lesson(const counted_course& c, stoa::lesson_id l, int minutes, stoa::user_id who, stoa::timestamp at);
  void finished_course(const counted_course& c, stoa::user_id who, stoa::timestamp at);
  void tried_quiz(const counted_course& c, const attempt_outcome& is, stoa::user_id who, stoa::timestamp at);
  /// A closed attempt has come to something else. What that changes counts for the day on which it did.
  void graded_anew(const counted_course& c, const attempt_outcome& was, const attempt_outcome& is, stoa::user_id who,
                   stoa::timestamp at);
  void sold(const counted_course& c, std::int64_t minor, const std::string& currency, stoa::timestamp at);
  void registered(stoa::date day, std::int64_t count = 1);
  bool empty() const;

 private:
  void count(const counted_course& c, stoa::timestamp at, const figures& f);
  void answers(stoa::course_id in, const attempt_outcome& of, std::int64_t sign);
};

}  // namespace stoa_plugin::analytics

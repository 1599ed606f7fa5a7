// How numbers are shown: the answers' shapes, and pure functions that fill them.
#pragma once

#include <boost/describe.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger.hpp"
#include "stoa/areas/catalog.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/wire.hpp"

namespace stoa_plugin::analytics {

/// The days of a learner's own that are shown.
inline constexpr int activity_shown = 30;

struct activity_day {
  stoa::date date;
  std::int64_t lessons_completed = 0, learning_time_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(activity_day, (), (date, lessons_completed, learning_time_minutes))

struct student_analytics {
  std::int64_t courses_enrolled = 0, courses_completed = 0, total_lessons_completed = 0, quizzes_taken = 0;
  std::int64_t average_quiz_score = 0, learning_time_minutes = 0;
  std::vector<activity_day> daily_activity;
};
BOOST_DESCRIBE_STRUCT(student_analytics, (),
                      (courses_enrolled, courses_completed, total_lessons_completed, quizzes_taken, average_quiz_score,
                       learning_time_minutes, daily_activity))

struct amount {
  std::string currency;
  stoa::wire::decimal amount;
};
BOOST_DESCRIBE_STRUCT(amount, (), (currency, amount))

struct period {
  stoa::date from, to;
};
BOOST_DESCRIBE_STRUCT(period, (), (from, to))

struct day_line {
  stoa::date date;
  std::int64_t enrollments = 0, completions = 0, lessons_completed = 0, quiz_attempts = 0;
  std::vector<analytics::amount> revenue;
};
BOOST_DESCRIBE_STRUCT(day_line, (), (date, enrollments, completions, lessons_completed, quiz_attempts, revenue))

/// What all views but a learner's have in common.
struct shown_figures {
  std::int64_t total_enrollments = 0, total_completions = 0;
  stoa::wire::rounded<1> completion_rate;  ///< per cent
  std::int64_t total_lessons_completed = 0, quiz_attempts = 0, average_quiz_score = 0;
  stoa::wire::rounded<1> quiz_pass_rate;  ///< per cent
  std::vector<amount> revenue;
};
BOOST_DESCRIBE_STRUCT(shown_figures, (),
                      (total_enrollments, total_completions, completion_rate, total_lessons_completed, quiz_attempts,
                       average_quiz_score, quiz_pass_rate, revenue))

/// Numbers with their days; `history_complete` is false while what was before the first start is still being counted.
struct shown_account : shown_figures {
  analytics::period period;
  std::vector<day_line> daily;
  bool history_complete = true;
};
BOOST_DESCRIBE_STRUCT(shown_account, (shown_figures), (period, daily, history_complete))

struct taught_course {
  stoa::course_id id;
  std::string title;
  bool is_published = false;
  std::int64_t enrollments = 0, completions = 0;
  stoa::wire::rounded<1> completion_rate;
};
BOOST_DESCRIBE_STRUCT(taught_course, (), (id, title, is_published, enrollments, completions, completion_rate))

struct instructor_analytics : shown_account {
  std::int64_t total_courses = 0;
  std::vector<taught_course> courses;
};
BOOST_DESCRIBE_STRUCT(instructor_analytics, (shown_account), (total_courses, courses))

struct lesson_line {
  stoa::lesson_id lesson_id;
  std::string title;
  int order = 0;
  std::int64_t completions = 0;
  stoa::wire::rounded<1> completion_rate;  ///< per cent of those who are enrolled
};
BOOST_DESCRIBE_STRUCT(lesson_line, (), (lesson_id, title, order, completions, completion_rate))

struct question_line {
  stoa::question_id question_id;
  stoa::quiz_id quiz_id;
  std::optional<std::string> quiz_title, question_text;  ///< null of what is no more
  std::int64_t asked = 0, answered = 0, correct = 0;
  stoa::wire::rounded<1> correct_rate;  ///< per cent of those who were asked
  stoa::wire::rounded<2> difficulty;    ///< 0: everybody gets all of its points, 1: nobody gets any
};
BOOST_DESCRIBE_STRUCT(question_line, (),
                      (question_id, quiz_id, quiz_title, question_text, asked, answered, correct, correct_rate,
                       difficulty))

struct course_analytics : shown_account {
  stoa::course_id course_id;
  std::string title;
  std::vector<lesson_line> lessons;      ///< in their order: how many get how far
  std::vector<question_line> questions;  ///< the hardest first
};
BOOST_DESCRIBE_STRUCT(course_analytics, (shown_account), (course_id, title, lessons, questions))

struct registered_day {
  stoa::date date;
  std::int64_t registrations = 0;
};
BOOST_DESCRIBE_STRUCT(registered_day, (), (date, registrations))

struct system_analytics : shown_account {
  std::int64_t total_users = 0, published_courses = 0;
  std::vector<registered_day> daily_registrations;
};
BOOST_DESCRIBE_STRUCT(system_analytics, (shown_account), (total_users, published_courses, daily_registrations))

using known_quizzes = std::map<stoa::quiz_id, stoa::quiz_ptr>;

/// `active` ends with today; days without anything are filled in before it.
student_analytics show_student(const learner_numbers& n, const std::vector<active_day>& active);
instructor_analytics show_instructor(const account_of& n, const period& span, const stoa::catalog_page& taught,
                                     const std::vector<course_figures>& of_each, bool complete);
course_analytics show_course(const stoa::course& c, const account_of& n, const period& span,
                             const std::vector<lesson_count>& lessons, const std::vector<question_count>& questions,
                             const known_quizzes& quizzes, bool complete);
system_analytics show_system(const account_of& n, const period& span, std::int64_t published, bool complete);

}  // namespace stoa_plugin::analytics

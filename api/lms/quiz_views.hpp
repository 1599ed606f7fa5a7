// Quizzes and attempts in the words of lms.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stoa/areas/quizzes.hpp"
#include "stoa/wire.hpp"

namespace stoa::lms {

/// An answer: a text, several of them, or null. `true` and numbers are taken for their texts.
struct answer_text {
  std::vector<std::string> all;
  bool list = false;
};

/// What learners see of a question.
struct question_view {
  question_id id;
  std::string question_text, question_type;
  std::vector<std::string> options;
  int points = 1;
  int order = 1;
};
BOOST_DESCRIBE_STRUCT(question_view, (), (id, question_text, question_type, options, points, order))

/// And what its author sees beside that.
struct question_with_key : question_view {
  std::optional<answer_text> correct_answer;
  std::optional<std::string> explanation;
  std::optional<std::vector<std::string>> tags;
};
BOOST_DESCRIBE_STRUCT(question_with_key, (question_view), (correct_answer, explanation, tags))

struct draw_view {
  std::string tag;
  int count = 1;
};
BOOST_DESCRIBE_STRUCT(draw_view, (), (tag, count))

struct quiz_view_item {
  quiz_id id;
  stoa::course_id course_id;
  std::optional<stoa::lesson_id> lesson_id;
  std::string title, description;
  std::optional<int> time_limit_minutes;
  int passing_score_percentage = 70;
  bool shuffle_questions = false;
  std::optional<int> max_attempts;
  bool is_published = false;
  int question_count = 0;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(quiz_view_item, (),
                      (id, course_id, lesson_id, title, description, time_limit_minutes, passing_score_percentage,
                       shuffle_questions, max_attempts, is_published, question_count, created_at, updated_at))

struct quiz_detail : quiz_view_item {
  std::vector<question_view> questions;
};
BOOST_DESCRIBE_STRUCT(quiz_detail, (quiz_view_item), (questions))

struct quiz_with_keys : quiz_view_item {
  std::vector<question_with_key> questions;
  std::optional<std::vector<draw_view>> draws;
};
BOOST_DESCRIBE_STRUCT(quiz_with_keys, (quiz_view_item), (questions, draws))

quiz_view_item to_item(const quiz& q);
quiz_with_keys with_keys(const quiz& q);
/// For learners: without what is drawn. For whom the questions are not: without any.
quiz_detail without_keys(const quiz& q, quiz_view as);
question_with_key with_key(const question& q);

struct answer_view {
  stoa::question_id question_id;
  std::optional<answer_text> answer;
  std::optional<bool> correct;  ///< null as long as nobody may know
  std::optional<wire::rounded<2>> points_earned;
  std::int64_t sequence = 0;
  timestamp saved_at;
};
BOOST_DESCRIBE_STRUCT(answer_view, (), (question_id, answer, correct, points_earned, sequence, saved_at))

template <class Question>
struct attempt_members {
  attempt_id id;
  stoa::quiz_id quiz_id;
  user_id student_id;
  int number = 1;
  timestamp started_at;
  std::optional<timestamp> deadline_at, ended_at;
  std::optional<std::string> closed_by;
  std::optional<std::int64_t> time_left_seconds;
  std::int64_t sequence = 0;
  std::optional<int> score;
  std::optional<bool> passed;
  std::optional<wire::rounded<2>> points_earned;
  std::optional<std::int64_t> points_possible;
  std::vector<answer_view> answers;
  std::vector<Question> questions;

  BOOST_DESCRIBE_CLASS(attempt_members, (),
                       (id, quiz_id, student_id, number, started_at, deadline_at, ended_at, closed_by,
                        time_left_seconds, sequence, score, passed, points_earned, points_possible, answers, questions),
                       (), ())
};
using open_attempt_view = attempt_members<question_view>;
using attempt_view = attempt_members<question_with_key>;

/// As its shape says; without keys where they are nobody's yet.
std::string attempt_json(const seen_attempt& seen, timestamp now);

}  // namespace stoa::lms

namespace stoa::wire {

template <>
struct optional_traits<lms::answer_text> : std::true_type {};

template <>
struct codec<lms::answer_text> {
  static void decode(const json& in, const std::string& field, lms::answer_text& out, problems& bad);
  static void encode(json_writer& w, const lms::answer_text& v);
  static void schema(json_writer& w, schema_registry& r);
};

}  // namespace stoa::wire

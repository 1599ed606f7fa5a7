// An attempt at a quiz with a question of each type, for the tests of rules.
#pragma once

#include "actors/attempt/attempt_rules.hpp"

namespace stoa::testing {

inline const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

inline question question_of(question_type type, std::vector<std::string> options, std::vector<std::string> correct,
                            int points = 1) {
  question q;
  q.id = question_id::make();
  q.text = "Which?";
  q.type = type;
  q.options = std::move(options);
  q.correct = std::move(correct);
  q.points = points;
  return q;
}

inline quiz sample_quiz() {
  quiz q;
  q.id = quiz_id::make();
  q.version = 3;
  q.course = course_id::make();
  q.title = "Basics";
  q.published_at = noon;
  q.questions = {question_of(question_type::multiple_choice, {"A", "B", "C"}, {"B"}),
                 question_of(question_type::multiple_select, {"A", "B", "C", "D"}, {"A", "C"}, 2),
                 question_of(question_type::true_false, {}, {"true"}),
                 question_of(question_type::short_answer, {}, {"Guido van Rossum", "Guido"})};
  return q;
}

inline attempt sample_attempt(const quiz& q, std::optional<timestamp> deadline = noon + minutes{30}) {
  attempt a;
  a.id = attempt_id::make();
  a.version = 1;
  a.learner = user_id::make();
  a.quiz = q.id;
  a.course = q.course;
  a.paper = std::make_shared<const quiz_paper>(actors::attempt_rules::paper_of(q));
  a.order = actors::attempt_rules::order_of(q, 1);
  a.started_at = noon;
  a.deadline = deadline;
  a.sequence = 1;
  return a;
}

}  // namespace stoa::testing

// A course with a quiz, its teacher and learners, made through the front door of whichever server.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/http_client.hpp"

namespace stoa::testing {

inline const std::string lms_base = "/lms/api/v1";

/// Secrets of a quiz: words that stand in no other text.
struct quiz_secrets {
  static constexpr const char* explanation = "explanation-aardvark";
  static constexpr const char* word = "answer-wombat";
};

struct quiz_room {
  std::string course, quiz;
  std::vector<std::string> questions;  ///< one choice, one selection, one true_false, one short answer; then choices
};

inline std::string question_body(const std::string& text, const std::string& type, const std::string& options,
                                 const std::string& correct, int points = 1) {
  return object({{"question_text", text},
                 {"question_type", type},
                 {"options", field::raw(options)},
                 {"correct_answer", field::raw(correct)},
                 {"points", points},
                 {"explanation", std::string(quiz_secrets::explanation)}});
}

struct quiz_plan {
  std::string price = "0";
  std::string more = {};  ///< further members of the quiz's body: `"max_attempts": 2`
  int choices = 0;        ///< further multiple_choice questions
  bool published = true;
};

/// `teacher` is a client of the server's root, signed in as somebody who may teach.
inline quiz_room make_quiz_room(const client& teacher, const quiz_plan& plan = {}) {
  quiz_room room;
  const auto author = teacher.below("/learnflow/api/v1");
  const auto course = author.post("/courses/", object({{"title", "A course with a quiz"},
                                                       {"description", "A course that asks at its end."},
                                                       {"short_description", "It asks."},
                                                       {"category", "Development"},
                                                       {"level", "beginner"},
                                                       {"language", "English"},
                                                       {"price", plan.price}}));
  REQUIRE_STATUS(course, 201);
  room.course = course.text("id");
  const auto part = author.post("/courses/" + room.course + "/sections/", object({{"title", "One"}}));
  REQUIRE_STATUS(part, 201);
  REQUIRE_STATUS(
      author.post("/sections/" + part.text("id") + "/lessons/", object({{"title", "First"}, {"duration_minutes", 10}})),
      201);
  REQUIRE_STATUS(author.post("/courses/" + room.course + "/publish/", "{}"), 200);

  const auto lms = teacher.below(lms_base);
  std::string body = R"({"course_id": ")" + room.course +
                     R"(", "title": "Python Basics Quiz", "description": "Test your knowledge",
                         "passing_score_percentage": 70)";
  if (plan.more.find("time_limit_minutes") == std::string::npos) body += R"(, "time_limit_minutes": 30)";
  if (!plan.more.empty()) body += ", " + plan.more;
  const auto quiz = lms.post("/quizzes", body + "}");
  REQUIRE_STATUS(quiz, 201);
  room.quiz = quiz.text("id");
  const auto add = [&](const std::string& body) {
    const auto made = lms.post("/quizzes/" + room.quiz + "/questions", body);
    REQUIRE_STATUS(made, 201);
    room.questions.push_back(made.text("id"));
  };
  add(question_body("What is Python?", "multiple_choice", R"(["A", "B", "C", "D"])", R"("B")"));
  add(question_body("Which are there?", "multiple_select", R"(["A", "B", "C"])", R"(["A", "C"])", 2));
  add(question_body("It is typed.", "true_false", "null", "true"));
  add(question_body("Who made it?", "short_answer", "null", R"(["Guido", "answer-wombat"])"));
  for (int i = 0; i < plan.choices; ++i)
    add(question_body("Choice " + std::to_string(i), "multiple_choice", R"(["A", "B", "C", "D"])", R"("C")"));
  if (plan.published) REQUIRE_STATUS(lms.post("/quizzes/" + room.quiz + "/publish"), 200);
  return room;
}

/// Enters the course, which is free.
inline void enter(const client& learner, const quiz_room& room) {
  REQUIRE_STATUS(learner.post("/learnflow/api/v1/courses/" + room.course + "/enroll/", "{}"), 201);
}

inline std::string answer_body(const std::string& answer) { return object({{"answer", answer}}); }

}  // namespace stoa::testing

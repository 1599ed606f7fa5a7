// Whoever wrote a quiz watches those who take it.
#include "tests/api/learnflow/learnflow.hpp"
#include "tests/api/lms/quiz_room.hpp"
#include "tests/support/socket.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::uint16_t port_of(const server& s) {
  return static_cast<std::uint16_t>(std::stoi(s.url().substr(s.url().rfind(':') + 1)));
}

/// The teacher's stream of a quiz.
struct watcher {
  test::raw_client c;
  watcher(const server& s, const person& who, const std::string& quiz) : c(port_of(s)) {
    c.get(lms_base + "/quizzes/" + quiz + "/live", "Authorization: Bearer " + who.access + "\r\n");
  }
};

}  // namespace

TEST_CASE("lms: a teacher sees who is at which question, and who was closed", "[lms][attempts][live]") {
  auto& s = shared_server();
  const auto room = make_quiz_room(s.client().as(teacher().access));
  const auto learner = fresh_account();
  const auto me = s.client().as(learner.access);
  enter(me, room);
  const auto attempt = me.below(lms_base).post("/quizzes/" + room.quiz + "/attempts").text("id");
  watcher w(s, teacher(), room.quiz);
  const auto head = w.c.until("retry: ");
  CHECK(head.starts_with("HTTP/1.1 200 "));
  CHECK(head.find("Content-Type: text/event-stream") != head.npos);
  // First how they stand.
  CHECK(w.c.until("\"answered\":0").find(attempt) != std::string::npos);
  const auto answer = [&](std::size_t question, const std::string& text) {
    REQUIRE_STATUS(
        me.below(lms_base).put("/attempts/" + attempt + "/answers/" + room.questions[question], answer_body(text)),
        200);
  };
  answer(2, "true");
  const auto at_third = w.c.until("\"answered\":1");
  CHECK(at_third.find("event: attempt\n") != std::string::npos);
  CHECK(at_third.find("\"last_question_id\":\"" + room.questions[2]) != std::string::npos);
  answer(0, "B");
  CHECK(w.c.until("\"answered\":2").find("\"last_question_id\":\"" + room.questions[0]) != std::string::npos);
  // Somebody who begins while it is watched.
  const auto late = fresh_account();
  enter(s.client().as(late.access), room);
  const auto second = s.client().as(late.access).below(lms_base).post("/quizzes/" + room.quiz + "/attempts").text("id");
  CHECK(w.c.until(second).find(second) != std::string::npos);
  REQUIRE_STATUS(me.below(lms_base).post("/attempts/" + attempt + "/submit"), 200);
  CHECK(w.c.until("\"status\":\"submitted\"").find("\"score\":40") != std::string::npos);
}

TEST_CASE("lms: a quiz is watched by its author alone", "[lms][attempts][live]") {
  auto& s = shared_server();
  const auto room = make_quiz_room(s.client().as(teacher().access));
  const auto learner = fresh_account();
  enter(s.client().as(learner.access), room);
  CHECK_STATUS(s.client().as(learner.access).below(lms_base).get("/quizzes/" + room.quiz + "/live"), 403);
  CHECK_STATUS(s.client().below(lms_base).get("/quizzes/" + room.quiz + "/live"), 401);
  CHECK_STATUS(s.client().as(teacher().access).below(lms_base).get("/quizzes/" + room.course + "/live"), 404);
}

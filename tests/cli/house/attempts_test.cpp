// Attempts and their deadlines, with a clock that is moved instead of waited for.
#include "runtime/store/store.hpp"
#include "stoa/areas/history.hpp"
#include "tests/api/lms/quiz_room.hpp"
#include "tests/cli/house/house_shop.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

/// The server's root for somebody, signed in just now.
testing::client root_at(const test_house& h, const person& who) {
  const auto in =
      h.client().post(learnflow_base + "/auth/login/", object({{"email", who.email}, {"password", who.password}}));
  REQUIRE_STATUS(in, 200);
  return h.client().as(in.text("access_token"));
}

struct class_room {
  explicit class_room(const test_house& h, const quiz_plan& plan = {})
      : teacher(teacher_at(h)), room(make_quiz_room(root_at(h, teacher), plan)) {}
  person teacher;
  quiz_room room;
};

struct pupil {
  person who;
  std::string attempt;
};

pupil begin_at(const test_house& h, const quiz_room& room) {
  pupil p{account_at(h.client()), {}};
  const auto at = root_at(h, p.who);
  enter(at, room);
  const auto started = at.below(lms_base).post("/quizzes/" + room.quiz + "/attempts");
  REQUIRE_STATUS(started, 201);
  p.attempt = started.text("id");
  return p;
}

response answer_at(const test_house& h, const pupil& p, const quiz_room& room, std::size_t question,
                   const std::string& text) {
  return root_at(h, p.who).below(lms_base).put("/attempts/" + p.attempt + "/answers/" + room.questions.at(question),
                                               answer_body(text));
}

response attempt_at(const test_house& h, const pupil& p) {
  return root_at(h, p.who).below(lms_base).get("/attempts/" + p.attempt);
}

/// What the rows say, without waking the attempt by asking for it.
class beside {
 public:
  explicit beside(const std::string& database) : db_(options(database)) {}
  std::int64_t count(const statement& ask) {
    return wait_for<rows>(db_.query(acts_as_system(), ask, values{})).value().front().integer(0);
  }

 private:
  static runtime::store_options options(const std::string& database) {
    runtime::store_options o;
    o.connection = database;
    return o;
  }
  runtime::store db_;
};

constexpr statement still_open{"test.still_open", "select count(*) from attempt where ended_at is null"};
constexpr statement closed_in_time{
    "test.closed_in_time",
    "select count(*) from attempt where ended_by = 'time' and ended_at = deadline and score is not null"};
constexpr statement told_closed{"test.told_closed", "select count(*) from outbox where kind = 'attempt.closed'"};

}  // namespace

TEST_CASE("an attempt closes itself at its deadline, with what was saved", "[house][attempts]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  const class_room c(h);
  beside rows(database);
  const auto p = begin_at(h, c.room);
  REQUIRE_STATUS(answer_at(h, p, c.room, 0, "B"), 200);
  h.clock.advance(minutes{29});
  CHECK(attempt_at(h, p).integer("time_left_seconds") == 60);
  REQUIRE_STATUS(answer_at(h, p, c.room, 3, "Guido"), 200);
  h.clock.advance(minutes{1});
  // Nobody asks for it: the alarm does it.
  CHECK(eventually([&] { return rows.count(closed_in_time) == 1; }));
  const auto closed = attempt_at(h, p);
  CHECK(closed.text("ended_at") == closed.text("deadline_at"));
  CHECK(closed.text("closed_by") == "time");
  CHECK(closed.integer("score") == 40);
  CHECK_FALSE(closed.truth("passed"));
  const auto late = answer_at(h, p, c.room, 2, "true");
  CHECK_STATUS(late, 409);
  CHECK(late.text("code") == "ATTEMPT_CLOSED");
  const auto submitted = root_at(h, p.who).below(lms_base).post(
      "/attempts/" + p.attempt + "/submit",
      R"({"answers": [{"question_id": ")" + c.room.questions[2] + R"(", "answer": true}]})");
  REQUIRE_STATUS(submitted, 200);
  CHECK(submitted.integer("score") == 40);
}

TEST_CASE("whoever is read or answered just when the time is over finds it closed", "[house][attempts]") {
  test_house h;
  const class_room c(h);
  const auto p = begin_at(h, c.room), q = begin_at(h, c.room);
  h.clock.advance(minutes{30});
  CHECK(attempt_at(h, p).text("closed_by") == "time");
  CHECK_STATUS(answer_at(h, q, c.room, 0, "B"), 409);
  // The next one is a new one.
  const auto next = root_at(h, q.who).below(lms_base).post("/quizzes/" + c.room.quiz + "/attempts");
  REQUIRE_STATUS(next, 201);
  CHECK(next.text("id") != q.attempt);
  CHECK(next.integer("number") == 2);
}

TEST_CASE("after a restart deadlines are what they were, and what is overdue is closed", "[house][attempts]") {
  const auto database = test_postgres::shared().fresh_database();
  beside rows(database);
  quiz_room room;
  pupil early, late;
  person teacher;
  std::string deadline;
  timestamp then;
  {
    test_house h({}, database);
    const class_room c(h);
    room = c.room;
    teacher = c.teacher;
    early = begin_at(h, room);
    REQUIRE_STATUS(answer_at(h, early, room, 0, "B"), 200);
    h.clock.advance(minutes{20});
    late = begin_at(h, room);
    deadline = attempt_at(h, late).text("deadline_at");
    then = h.clock.now();
  }
  CHECK(rows.count(still_open) == 2);
  test_house h({}, database);
  h.clock.set(then + minutes{15});
  // The first is over by now; nobody has asked for either.
  CHECK(eventually([&] { return rows.count(closed_in_time) == 1; }, seconds{20}));
  CHECK(rows.count(still_open) == 1);
  CHECK(attempt_at(h, early).integer("score") == 20);
  const auto seen = attempt_at(h, late);
  CHECK(seen.text("deadline_at") == deadline);
  CHECK(seen.integer("time_left_seconds") == 15 * 60);
  h.clock.set(then + minutes{31});
  CHECK(eventually([&] { return rows.count(closed_in_time) == 2; }, seconds{20}));
}

TEST_CASE("extra time holds at the deadline", "[house][attempts]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  const class_room c(h);
  beside rows(database);
  const auto p = begin_at(h, c.room), q = begin_at(h, c.room);
  REQUIRE_STATUS(root_at(h, c.teacher)
                     .below(lms_base)
                     .put("/quizzes/" + c.room.quiz + "/accommodations/" + p.who.id, R"({"extra_minutes": 10})"),
                 200);
  h.clock.advance(minutes{31});
  CHECK(eventually([&] { return rows.count(still_open) == 1; }));
  REQUIRE_STATUS(answer_at(h, p, c.room, 0, "B"), 200);
  CHECK(attempt_at(h, q).text("closed_by") == "time");
  h.clock.advance(minutes{10});
  CHECK(eventually([&] { return rows.count(still_open) == 0; }));
  CHECK(attempt_at(h, p).integer("score") == 20);
}

TEST_CASE("without a time limit nothing closes an attempt but its learner", "[house][attempts]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  const class_room c(h);
  beside rows(database);
  REQUIRE_STATUS(
      root_at(h, c.teacher).below(lms_base).patch("/quizzes/" + c.room.quiz, R"({"time_limit_minutes": null})"), 200);
  const auto p = begin_at(h, c.room);
  CHECK(attempt_at(h, p).at("deadline_at").is_null());
  h.clock.advance(days{30});
  REQUIRE_STATUS(answer_at(h, p, c.room, 0, "B"), 200);
  CHECK(rows.count(still_open) == 1);
}

TEST_CASE("when the clock passes many deadlines at once all attempts are closed", "[house][attempts]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  const class_room c(h);
  beside rows(database);
  std::vector<pupil> all;
  for (int i = 0; i < 12; ++i) all.push_back(begin_at(h, c.room));
  h.clock.advance(hours{3});
  CHECK(eventually([&] { return rows.count(closed_in_time) == 12; }, seconds{20}));
  CHECK(rows.count(told_closed) == 12);
}

TEST_CASE("history tells closed attempts as they stood at a moment, whatever came of them since", "[house][history]") {
  test_house h;
  const class_room c(h);
  auto& history = h->areas().use<stoa::history>();
  const auto told = [&](timestamp until, std::optional<attempt_id> after = {}, std::int64_t limit = 10) {
    return wait_for<std::vector<past_attempt>>(history.attempts(until, after, limit)).value();
  };
  const auto submit = [&](const pupil& p, const std::string& answer) {
    const auto done = root_at(h, p.who).below(lms_base).post(
        "/attempts/" + p.attempt + "/submit",
        R"({"answers": [{"question_id": ")" + c.room.questions[0] + R"(", "answer": ")" + answer + R"("}]})");
    REQUIRE_STATUS(done, 200);
  };
  const auto p = begin_at(h, c.room), q = begin_at(h, c.room);
  CHECK(told(h.clock.now()).empty());  // both are open
  submit(p, "A");
  const auto closed_at = std::chrono::floor<milliseconds>(h.clock.now());
  h.clock.advance(minutes{1});
  const auto between = h.clock.now();
  h.clock.advance(minutes{1});

  const auto teacher = root_at(h, c.teacher).below(lms_base);
  REQUIRE_STATUS(teacher.patch("/questions/" + c.room.questions[0], R"({"correct_answer": "A"})"), 200);
  REQUIRE_STATUS(teacher.post("/quizzes/" + c.room.quiz + "/regrade"), 202);
  REQUIRE(eventually([&] { return attempt_at(h, p).integer("score") == 20; }));
  h.clock.advance(minutes{1});
  submit(q, "B");

  const auto then = told(between), now = told(h.clock.now());
  REQUIRE(then.size() == 2);
  REQUIRE(now.size() == 2);
  const auto of = [](const std::vector<past_attempt>& all, const pupil& who) {
    return *std::find_if(all.begin(), all.end(), [&](const auto& a) { return a.attempt.str() == who.attempt; });
  };
  const auto was = of(then, p), is = of(now, p);
  CHECK(was.user.str() == p.who.id);
  CHECK(was.course.str() == c.room.course);
  CHECK(was.quiz.str() == c.room.quiz);
  CHECK(std::chrono::floor<milliseconds>(was.at) == closed_at);
  CHECK(was.score == 0);
  CHECK(is.score == 20);
  CHECK(is.at == was.at);
  REQUIRE(was.answers.size() == c.room.questions.size());
  const auto first = [&](const past_attempt& a) {
    return *std::find_if(a.answers.begin(), a.answers.end(),
                         [&](const auto& x) { return x.question_id.str() == c.room.questions[0]; });
  };
  CHECK(first(was).answered);
  CHECK_FALSE(first(was).correct);
  CHECK(first(is).correct);
  CHECK(first(is).points == 100);
  CHECK(of(now, q).at > between);
  const auto page = told(h.clock.now(), now[0].attempt, 1);
  REQUIRE(page.size() == 1);
  CHECK(page[0].attempt == now[1].attempt);
  CHECK(told(h.clock.now(), now[1].attempt).empty());
}

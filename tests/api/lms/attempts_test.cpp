// Attempts as lms documents them: begun, answered one by one, submitted once, and shown to those they concern.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "tests/api/learnflow/learnflow.hpp"
#include "tests/api/lms/quiz_room.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client root(const person& who) { return shared_server().client().as(who.access); }
client lms(const person& who) { return root(who).below(lms_base); }

const shape attempt_shape{
    {"id", "uuid"},       {"quiz_id", "uuid"},       {"started_at", "time"},    {"ended_at", "time|null"},
    {"answers", "array"}, {"score", "integer|null"}, {"passed", "boolean|null"}};

struct taker {
  person who;
  quiz_room room;
  client lms;
  std::string attempt;

  response answer(std::size_t question, const std::string& json_value) const {
    return lms.put("/attempts/" + attempt + "/answers/" + room.questions.at(question),
                   R"({"answer": )" + json_value + "}");
  }
  response get() const { return lms.get("/attempts/" + attempt); }
  response submit(const std::string& answers = "[]") const {
    return lms.post("/attempts/" + attempt + "/submit", R"({"answers": )" + answers + "}");
  }
};

/// A learner of the quiz's course, not yet at the quiz.
taker learner_of(const quiz_room& room) {
  taker t{fresh_account(), room, lms({}), {}};
  t.lms = lms(t.who);
  enter(root(t.who), room);
  return t;
}

taker begin(const quiz_room& room) {
  auto t = learner_of(room);
  const auto started = t.lms.post("/quizzes/" + room.quiz + "/attempts");
  REQUIRE_STATUS(started, 201);
  t.attempt = started.text("id");
  return t;
}

const quiz_room& usual_room() {
  static const auto room = make_quiz_room(root(teacher()));
  return room;
}

std::string given(const std::string& question, const std::string& json_value) {
  return R"({"question_id": ")" + question + R"(", "answer": )" + json_value + "}";
}

}  // namespace

TEST_CASE("lms: an attempt is begun, answered and submitted as documented", "[lms][attempts]") {
  auto t = learner_of(usual_room());
  const auto started = t.lms.post("/quizzes/" + t.room.quiz + "/attempts");
  REQUIRE_STATUS(started, 201);
  CHECK_SHAPE(started, attempt_shape);
  CHECK(started.at("ended_at").is_null());
  CHECK(started.at("score").is_null());
  CHECK(started.at("answers").items().empty());
  CHECK(started.integer("time_left_seconds") > 1790);
  CHECK(started.at("questions").items().size() == 4);
  t.attempt = started.text("id");

  const auto again = t.lms.post("/quizzes/" + t.room.quiz + "/attempts");
  REQUIRE_STATUS(again, 200);
  CHECK(again.text("id") == t.attempt);

  const auto saved = t.answer(0, R"("A")");
  REQUIRE_STATUS(saved, 200);
  CHECK_SHAPE(saved, {{"attempt_id", "uuid"},
                      {"question_id", "uuid"},
                      {"sequence", "integer"},
                      {"saved_at", "time"},
                      {"time_left_seconds", "integer"}});
  CHECK(t.answer(0, R"("B")").integer("sequence") == saved.integer("sequence") + 1);
  REQUIRE_STATUS(t.answer(1, R"(["A"])"), 200);
  const auto open = t.get();
  CHECK_SHAPE(open, attempt_shape + shape{{"answers.*.question_id", "uuid"}, {"answers.*.correct", "null"}});
  CHECK(open.text("answers.0.answer") == "B");

  const auto done =
      t.submit("[" + given(t.room.questions[2], "true") + ", " + given(t.room.questions[3], R"("guido.")") + "]");
  REQUIRE_STATUS(done, 200);
  CHECK_SHAPE(done, attempt_shape + shape{{"ended_at", "time"},
                                          {"answers.*.question_id", "uuid"},
                                          {"answers.*.answer", "string|array"},
                                          {"answers.*.correct", "boolean"},
                                          {"answers.*.points_earned", "number|integer"}});
  // One and one of two and one and one of five.
  CHECK(done.integer("score") == 80);
  CHECK(done.truth("passed"));
  CHECK(done.integer("answers.1.points_earned") == 1);
  CHECK_FALSE(done.truth("answers.1.correct"));
  CHECK(done.text("closed_by") == "submitted");
  CHECK(done.text("questions.0.correct_answer") == "B");
  CHECK(done.text("questions.0.explanation") == quiz_secrets::explanation);
  CHECK(t.get().body == done.body);
  CHECK_STATUS(t.answer(0, R"("B")"), 409);
}

TEST_CASE("lms: submitting twice, or from two devices, comes to one result", "[lms][attempts]") {
  const auto t = begin(usual_room());
  REQUIRE_STATUS(t.answer(0, R"("B")"), 200);
  std::mutex guard;
  std::set<std::string> bodies;
  std::vector<std::thread> devices;
  for (int i = 0; i < 20; ++i)
    devices.emplace_back([&, i] {
      const auto own = "[" + given(t.room.questions[2], i % 2 ? "true" : "false") + "]";
      const auto done = t.submit(own);
      const std::lock_guard lock(guard);
      CHECK(done.status == 200);
      bodies.insert(done.text("ended_at") + " " + std::to_string(done.integer("score")) + " " +
                    done.text("answers.1.answer"));
    });
  for (auto& d : devices) d.join();
  CHECK(bodies.size() == 1);
  CHECK(sql(shared_server(),
            "select count(*) from attempt_entry where step = 'closed' and attempt_id = '" + t.attempt + "'") == "1");
  CHECK(sql(shared_server(),
            "select count(*) from outbox where kind = 'attempt.closed' and entity = '" + t.attempt + "'") == "1");
}

TEST_CASE("lms: twenty starts at once are one attempt, and no more than the quiz allows", "[lms][attempts]") {
  const auto room = make_quiz_room(root(teacher()), {.more = R"("max_attempts": 2)"});
  auto t = learner_of(room);
  for (int round = 0; round < 2; ++round) {
    std::mutex guard;
    std::set<std::string> ids;
    std::atomic<int> made{0};
    std::vector<std::thread> tabs;
    for (int i = 0; i < 20; ++i)
      tabs.emplace_back([&] {
        const auto started = t.lms.post("/quizzes/" + room.quiz + "/attempts");
        const std::lock_guard lock(guard);
        CHECK((started.status == 201 || started.status == 200));
        if (started.status == 201) ++made;
        ids.insert(started.text("id"));
      });
    for (auto& tab : tabs) tab.join();
    CHECK(ids.size() == 1);
    CHECK(made == 1);
    t.attempt = *ids.begin();
    REQUIRE_STATUS(t.submit(), 200);
  }
  const auto third = t.lms.post("/quizzes/" + room.quiz + "/attempts");
  CHECK_STATUS(third, 400);
  CHECK(third.text("code") == "MAX_ATTEMPTS_REACHED");
  CHECK(sql(shared_server(), "select count(*) from attempt where quiz_id = '" + room.quiz + "'") == "2");
}

TEST_CASE("lms: answers that do not belong are told, and nothing is saved", "[lms][attempts]") {
  const auto t = begin(usual_room());
  const auto other = make_quiz_room(root(teacher()));
  CHECK_STATUS(t.lms.put("/attempts/" + t.attempt + "/answers/" + other.questions[0], R"({"answer": "A"})"), 422);
  CHECK_STATUS(t.answer(0, R"(["A", "B"])"), 422);
  CHECK_STATUS(t.answer(0, R"({"text": "A"})"), 422);
  CHECK_STATUS(t.lms.put("/attempts/" + t.attempt + "/answers/" + t.room.questions[0], "{}"), 422);
  const auto bad = t.submit("[" + given(other.questions[0], R"("A")") + ", " + given(t.room.questions[0], R"("A")") +
                            ", " + given(t.room.questions[0], R"("B")") + "]");
  REQUIRE_STATUS(bad, 422);
  const auto& told = bad.at("detail").items();
  REQUIRE(told.size() == 2);
  CHECK(find_at(told[0], "loc.2")->as_integer() == 0);
  CHECK(find_at(told[1], "loc.2")->as_integer() == 2);
  const auto open = t.get();
  CHECK(open.at("ended_at").is_null());
  CHECK(open.at("answers").items().empty());
  // An answer is taken back with null.
  REQUIRE_STATUS(t.answer(0, R"("A")"), 200);
  REQUIRE_STATUS(t.answer(0, "null"), 200);
  CHECK(t.get().at("answers.0.answer").is_null());
}

TEST_CASE("lms: only the enrolled begin, and somebody else's attempt does not exist", "[lms][attempts]") {
  const auto& room = usual_room();
  const auto stranger = fresh_account(), other_teacher = fresh_instructor(shared_server());
  const auto refused = lms(stranger).post("/quizzes/" + room.quiz + "/attempts");
  CHECK_STATUS(refused, 403);
  CHECK(refused.text("code") == "NOT_ENROLLED");
  CHECK_STATUS(shared_server().client().below(lms_base).post("/quizzes/" + room.quiz + "/attempts"), 401);
  const auto draft = make_quiz_room(root(teacher()), {.published = false});
  auto early = learner_of(draft);
  CHECK_STATUS(early.lms.post("/quizzes/" + draft.quiz + "/attempts"), 404);

  const auto t = begin(room);
  const auto unknown = lms(stranger).get("/attempts/" + room.quiz);
  for (const auto& who : {stranger, other_teacher}) {
    for (const auto& answer :
         {lms(who).get("/attempts/" + t.attempt), lms(who).get("/attempts/" + t.attempt + "/history"),
          lms(who).post("/attempts/" + t.attempt + "/submit"),
          lms(who).put("/attempts/" + t.attempt + "/answers/" + room.questions[0], R"({"answer": "A"})")}) {
      CHECK_STATUS(answer, 404);
      CHECK(answer.body == unknown.body);
    }
    CHECK_STATUS(lms(who).get("/quizzes/" + room.quiz + "/live"), 403);
    CHECK_STATUS(lms(who).post("/quizzes/" + room.quiz + "/regrade"), 403);
    CHECK_STATUS(lms(who).put("/quizzes/" + room.quiz + "/accommodations/" + t.who.id, R"({"extra_minutes": 5})"), 403);
  }
  CHECK_STATUS(lms(teacher()).get("/attempts/" + t.attempt), 200);
  // Whoever teaches looks, and answers nothing.
  CHECK_STATUS(lms(teacher()).put("/attempts/" + t.attempt + "/answers/" + room.questions[0], R"({"answer": "A"})"),
               404);
}

TEST_CASE("lms: a key is told by no attempt while another one is open", "[lms][attempts]") {
  auto t = begin(usual_room());
  const auto first = t.attempt;
  CHECK(t.submit("[" + given(t.room.questions[0], R"("A")") + "]").body.find(quiz_secrets::word) != std::string::npos);
  const auto second = t.lms.post("/quizzes/" + t.room.quiz + "/attempts");
  REQUIRE_STATUS(second, 201);
  auto before = t.lms.get("/attempts/" + first);
  CHECK(before.body.find(quiz_secrets::word) == std::string::npos);
  CHECK(before.at("answers.0.correct").is_null());
  CHECK(before.integer("score") == 0);
  t.attempt = second.text("id");
  REQUIRE_STATUS(t.submit(), 200);
  CHECK_FALSE(t.lms.get("/attempts/" + first).truth("answers.0.correct"));
}

TEST_CASE("lms: editing a quiz changes no attempt that has begun", "[lms][attempts]") {
  const auto room = make_quiz_room(root(teacher()));
  const auto t = begin(room);
  REQUIRE_STATUS(lms(teacher()).patch("/questions/" + room.questions[0],
                                      R"({"question_text": "Changed?", "options": ["X", "Y"], "correct_answer": "X"})"),
                 200);
  REQUIRE_STATUS(lms(teacher()).del("/questions/" + room.questions[3]), 204);
  const auto seen = t.get();
  CHECK(seen.text("questions.0.question_text") == "What is Python?");
  CHECK(seen.at("questions").items().size() == 4);
  REQUIRE_STATUS(t.answer(0, R"("B")"), 200);
  REQUIRE_STATUS(t.answer(3, R"("Guido")"), 200);
  REQUIRE_STATUS(lms(teacher()).del("/quizzes/" + room.quiz), 204);
  CHECK(t.submit().integer("score") == 40);
  CHECK_STATUS(t.lms.post("/quizzes/" + room.quiz + "/attempts"), 404);
}

TEST_CASE("lms: grading anew is asked for, and then holds for closed attempts", "[lms][attempts]") {
  const auto room = make_quiz_room(root(teacher()));
  auto t = begin(room);
  CHECK(t.submit("[" + given(room.questions[0], R"("A")") + "]").integer("score") == 0);
  REQUIRE_STATUS(lms(teacher()).patch("/questions/" + room.questions[0], R"({"correct_answer": "A"})"), 200);
  CHECK(t.get().integer("score") == 0);
  const auto asked = lms(teacher()).post("/quizzes/" + room.quiz + "/regrade");
  REQUIRE_STATUS(asked, 202);
  CHECK(asked.integer("attempts") == 1);
  CHECK(eventually([&] { return t.get().integer("score") == 20; }));
  const auto seen = t.get();
  CHECK(seen.truth("answers.0.correct"));
  CHECK(seen.text("questions.0.correct_answer") == "A");
  const auto history = lms(teacher()).get("/attempts/" + t.attempt + "/history");
  CHECK(history.text("items.4.event") == "regraded");
}

TEST_CASE("lms: the history says what was answered, and when", "[lms][attempts]") {
  const auto t = begin(usual_room());
  REQUIRE_STATUS(t.answer(1, R"(["A", "C"])"), 200);
  REQUIRE_STATUS(t.answer(0, R"("A")"), 200);
  REQUIRE_STATUS(t.answer(0, R"("B")"), 200);
  REQUIRE_STATUS(t.submit("[" + given(t.room.questions[2], "true") + "]"), 200);
  const auto history = lms(teacher()).get("/attempts/" + t.attempt + "/history");
  REQUIRE_STATUS(history, 200);
  CHECK_SHAPE(history, {{"items.*.sequence", "integer"}, {"items.*.event", "text"}, {"items.*.at", "time"}});
  std::vector<std::string> events;
  for (const auto& e : history.at("items").items()) events.push_back(find_at(e, "event")->text());
  CHECK(events == std::vector<std::string>{"started", "answer_saved", "answer_saved", "answer_saved", "answer_saved",
                                           "closed", "graded"});
  CHECK(history.at("items.1.answer").items().size() == 2);
  CHECK(history.text("items.2.answer") == "A");
  CHECK(history.text("items.3.answer") == "B");
  CHECK(history.text("items.5.closed_by") == "submitted");
  CHECK(history.integer("items.6.score") == 80);
  CHECK(lms(teacher()).get("/attempts/" + t.attempt + "/history?after=5").at("items").items().size() == 2);
}

TEST_CASE("lms: extra time is one learner's", "[lms][attempts]") {
  const auto room = make_quiz_room(root(teacher()));
  const auto open = begin(room);
  const auto path = "/quizzes/" + room.quiz + "/accommodations/";
  REQUIRE_STATUS(lms(teacher()).put(path + open.who.id, R"({"extra_minutes": 15})"), 200);
  CHECK(open.get().integer("time_left_seconds") > 44 * 60);
  auto later = learner_of(room);
  REQUIRE_STATUS(lms(teacher()).put(path + later.who.id, R"({"extra_minutes": 10})"), 200);
  const auto started = later.lms.post("/quizzes/" + room.quiz + "/attempts");
  CHECK(started.integer("time_left_seconds") > 39 * 60);
  CHECK(started.integer("time_left_seconds") <= 40 * 60);
  CHECK(begin(room).get().integer("time_left_seconds") <= 30 * 60);
  CHECK_STATUS(lms(teacher()).put(path + room.quiz, R"({"extra_minutes": 10})"), 404);
  CHECK_STATUS(lms(teacher()).put(path + open.who.id, R"({"extra_minutes": -1})"), 422);
}

TEST_CASE("lms: attempts at a quiz are listed to its author, and to learners their own", "[lms][attempts]") {
  const auto room = make_quiz_room(root(teacher()));
  const auto one = begin(room), two = begin(room);
  REQUIRE_STATUS(one.answer(1, R"(["A"])"), 200);
  REQUIRE_STATUS(two.submit(), 200);
  const auto all = lms(teacher()).get("/quizzes/" + room.quiz + "/attempts");
  CHECK_SHAPE(
      all, {{"items.*.id", "uuid"}, {"items.*.student_id", "uuid"}, {"items.*.status", "text"}, {"total", "integer"}});
  CHECK(all.integer("total") == 2);
  CHECK(all.text("items.0.status") == "submitted");
  CHECK(all.text("items.1.last_question_id") == room.questions[1]);
  const auto own = one.lms.get("/quizzes/" + room.quiz + "/attempts");
  CHECK(own.integer("total") == 1);
  CHECK(own.text("items.0.id") == one.attempt);
}

TEST_CASE("lms: shuffled questions keep their order for one attempt", "[lms][attempts]") {
  const auto room = make_quiz_room(root(teacher()), {.more = R"("shuffle_questions": true)", .choices = 16});
  const auto ids = [](const response& seen) {
    std::vector<std::string> out;
    for (const auto& q : seen.at("questions").items()) out.push_back(find_at(q, "id")->text());
    return out;
  };
  std::set<std::vector<std::string>> orders;
  for (int i = 0; i < 3; ++i) {
    const auto t = begin(room);
    const auto first = ids(t.get());
    CHECK(first.size() == 20);
    CHECK(ids(t.get()) == first);
    CHECK(ids(t.lms.post("/quizzes/" + room.quiz + "/attempts")) == first);
    orders.insert(first);
  }
  CHECK(orders.size() > 1);
}

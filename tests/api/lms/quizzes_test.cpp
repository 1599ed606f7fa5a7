// Quizzes and their questions as lms documents them, and who may see and change what.
#include "tests/api/learnflow/learnflow.hpp"
#include "tests/api/lms/quiz_room.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client root(const person& who) { return shared_server().client().as(who.access); }
client lms(const person& who) { return root(who).below(lms_base); }
client lms() { return shared_server().client().below(lms_base); }

const shape quiz_shape{{"id", "uuid"},
                       {"title", "text"},
                       {"description", "string"},
                       {"time_limit_minutes", "integer"},
                       {"passing_score_percentage", "integer"},
                       {"shuffle_questions", "boolean"},
                       {"is_published", "boolean"},
                       {"question_count", "integer"},
                       {"questions", "array"}};
const shape question_shape{
    {"questions.*.id", "uuid"},       {"questions.*.question_text", "text"}, {"questions.*.question_type", "text"},
    {"questions.*.options", "array"}, {"questions.*.points", "integer"},     {"questions.*.order", "integer"}};

bool lists(const response& page, const std::string& quiz) {
  for (const auto& item : page.at("items").items())
    if (find_at(item, "id")->text() == quiz) return true;
  return false;
}

std::vector<std::string> wrong_fields(const response& answer) {
  std::vector<std::string> out;
  for (const auto& e : answer.at("detail").items()) out.push_back(find_at(e, "loc.1")->text());
  return out;
}

}  // namespace

TEST_CASE("lms: a quiz is begun, read, changed, published and taken away", "[lms][quizzes]") {
  const auto teacher = fresh_instructor(shared_server());
  const auto room = make_quiz_room(root(teacher), {.published = false});
  const auto mine = lms(teacher);
  const auto draft = mine.get("/quizzes/" + room.quiz);
  REQUIRE_STATUS(draft, 200);
  CHECK_SHAPE(draft, quiz_shape + question_shape);
  CHECK(draft.text("title") == "Python Basics Quiz");
  CHECK_FALSE(draft.truth("is_published"));
  CHECK(draft.integer("question_count") == 4);
  CHECK(draft.text("questions.0.correct_answer") == "B");
  CHECK(draft.at("questions.1.correct_answer").items().size() == 2);
  CHECK(draft.text("questions.2.correct_answer") == "true");
  CHECK(draft.text("questions.0.explanation") == quiz_secrets::explanation);

  const auto changed = mine.patch("/quizzes/" + room.quiz,
                                  R"({"title": "Basics", "time_limit_minutes": null, "passing_score_percentage": 50})");
  REQUIRE_STATUS(changed, 200);
  CHECK(changed.text("title") == "Basics");
  CHECK(changed.at("time_limit_minutes").is_null());
  CHECK(changed.integer("passing_score_percentage") == 50);
  CHECK(changed.text("description") == "Test your knowledge");

  const auto published = mine.post("/quizzes/" + room.quiz + "/publish");
  REQUIRE_STATUS(published, 200);
  CHECK(published.truth("is_published"));
  CHECK_STATUS(mine.post("/quizzes/" + room.quiz + "/publish"), 200);
  CHECK_STATUS(mine.del("/quizzes/" + room.quiz), 204);
  CHECK_STATUS(mine.get("/quizzes/" + room.quiz), 404);
  CHECK_STATUS(mine.del("/quizzes/" + room.quiz), 404);
  CHECK_FALSE(lists(mine.get("/quizzes?course_id=" + room.course), room.quiz));
}

TEST_CASE("lms: what is wrong with a quiz is told field by field", "[lms][quizzes]") {
  const auto teacher = fresh_instructor(shared_server());
  const auto room = make_quiz_room(root(teacher), {.published = false});
  const auto mine = lms(teacher);
  const auto bad = mine.post("/quizzes", R"({"course_id": "x", "time_limit_minutes": 0, "passing_score_percentage": 101,
                                             "max_attempts": -1, "shuffle_questions": "maybe"})");
  REQUIRE_STATUS(bad, 422);
  for (const auto& e : bad.at("detail").items())
    CHECK(misfits(e, {{"loc", "array"}, {"msg", "text"}, {"type", "text"}}).empty());
  CHECK(wrong_fields(bad).size() == 6);
  CHECK_STATUS(mine.post("/quizzes", object({{"course_id", room.quiz}, {"title", "No such course"}})), 404);
  CHECK_STATUS(mine.patch("/quizzes/" + room.quiz, R"({"title": null})"), 422);
  CHECK_STATUS(mine.patch("/quizzes/" + room.quiz, R"({"lesson_id": ")" + room.quiz + R"("})"), 404);

  const auto add = [&](const std::string& body) { return mine.post("/quizzes/" + room.quiz + "/questions", body); };
  CHECK(wrong_fields(add("{}")) == std::vector<std::string>{"question_text", "question_type", "correct_answer"});
  const auto none = add(question_body("Which?", "multiple_choice", R"(["A", "B"])", R"("C")"));
  REQUIRE_STATUS(none, 422);
  CHECK(wrong_fields(none) == std::vector<std::string>{"correct_answer"});
  CHECK(wrong_fields(add(question_body("Which?", "multiple_choice", "[]", R"("C")"))) ==
        std::vector<std::string>{"options"});
  CHECK_STATUS(add(question_body("Which?", "essay", "[]", R"("C")")), 422);
}

TEST_CASE("lms: questions are changed, moved and taken out", "[lms][quizzes]") {
  const auto teacher = fresh_instructor(shared_server());
  const auto room = make_quiz_room(root(teacher));
  const auto mine = lms(teacher);
  const auto moved = mine.patch("/questions/" + room.questions[3], R"({"order": 1, "points": 3})");
  REQUIRE_STATUS(moved, 200);
  CHECK(moved.integer("order") == 1);
  CHECK(moved.integer("points") == 3);
  CHECK(moved.text("question_text") == "Who made it?");
  auto quiz = mine.get("/quizzes/" + room.quiz);
  CHECK(quiz.text("questions.0.id") == room.questions[3]);
  CHECK(quiz.integer("questions.3.order") == 4);
  CHECK_STATUS(mine.del("/questions/" + room.questions[0]), 204);
  CHECK_STATUS(mine.del("/questions/" + room.questions[0]), 404);
  quiz = mine.get("/quizzes/" + room.quiz);
  CHECK(quiz.integer("question_count") == 3);
  CHECK(quiz.text("questions.1.id") == room.questions[1]);
  CHECK_STATUS(mine.del("/questions/" + room.questions[1]), 204);
  CHECK_STATUS(mine.del("/questions/" + room.questions[2]), 204);
  const auto last = mine.del("/questions/" + room.questions[3]);
  CHECK_STATUS(last, 400);
  CHECK(last.text("code") == "QUIZ_NOT_READY");
}

TEST_CASE("lms: a quiz without questions is not published", "[lms][quizzes]") {
  const auto teacher = fresh_instructor(shared_server());
  const auto room = make_quiz_room(root(teacher));
  const auto mine = lms(teacher);
  const auto empty = mine.post("/quizzes", object({{"course_id", room.course}, {"title", "Empty"}}));
  REQUIRE_STATUS(empty, 201);
  const auto refused = mine.post("/quizzes/" + empty.text("id") + "/publish");
  CHECK_STATUS(refused, 400);
  CHECK(refused.text("code") == "QUIZ_NOT_READY");
}

TEST_CASE("lms: learners see questions without keys, passers-by none, and drafts nobody", "[lms][quizzes]") {
  const auto teacher = fresh_instructor(shared_server());
  const auto room = make_quiz_room(root(teacher));
  const auto hidden = make_quiz_room(root(teacher), {.published = false});
  const auto learner = fresh_account(), passer_by = fresh_account(), other = fresh_instructor(shared_server());
  enter(root(learner), room);
  const auto seen = lms(learner).get("/quizzes/" + room.quiz);
  REQUIRE_STATUS(seen, 200);
  CHECK_SHAPE(seen, quiz_shape + question_shape);
  CHECK(seen.at("questions").items().size() == 4);
  CHECK(seen.body.find(quiz_secrets::explanation) == std::string::npos);
  CHECK(seen.body.find(quiz_secrets::word) == std::string::npos);
  CHECK(seen.body.find("correct") == std::string::npos);
  CHECK(seen.at("questions.2.options").items().size() == 2);

  const auto outside = lms(passer_by).get("/quizzes/" + room.quiz);
  REQUIRE_STATUS(outside, 200);
  CHECK_SHAPE(outside, quiz_shape);
  CHECK(outside.at("questions").items().empty());
  CHECK(outside.integer("question_count") == 4);
  CHECK_STATUS(lms().get("/quizzes/" + room.quiz), 401);

  // A draft of somebody else answers exactly like an id nobody has.
  const auto unknown = lms(learner).get("/quizzes/" + room.course);
  for (const auto& who : {learner, passer_by, other}) {
    const auto draft = lms(who).get("/quizzes/" + hidden.quiz);
    CHECK_STATUS(draft, 404);
    CHECK(draft.body == unknown.body);
  }
  CHECK_STATUS(lms(other).patch("/quizzes/" + hidden.quiz, R"({"title": "Mine"})"), 404);
  CHECK_STATUS(lms(other).patch("/questions/" + hidden.questions[0], R"({"points": 2})"), 404);
  CHECK_STATUS(lms(other).patch("/quizzes/" + room.quiz, R"({"title": "Mine"})"), 403);
  CHECK_STATUS(
      lms(other).post("/quizzes/" + room.quiz + "/questions", question_body("Mine?", "true_false", "null", "true")),
      403);
  CHECK_STATUS(lms(other).del("/quizzes/" + room.quiz), 403);
  CHECK_STATUS(lms(other).post("/quizzes", object({{"course_id", room.course}, {"title", "Mine"}})), 403);
  CHECK_STATUS(lms(learner).post("/quizzes", object({{"course_id", room.course}, {"title", "Mine"}})), 403);
}

TEST_CASE("lms: quizzes are listed by course, lesson and state, to those who may see them", "[lms][quizzes]") {
  const auto teacher = fresh_instructor(shared_server());
  const auto room = make_quiz_room(root(teacher));
  const auto mine = lms(teacher);
  const auto lesson =
      root(teacher).get("/learnflow/api/v1/courses/" + room.course + "/").text("curriculum.0.lessons.0.id");
  const auto draft =
      mine.post("/quizzes", object({{"course_id", room.course}, {"title", "Of the lesson"}, {"lesson_id", lesson}}));
  REQUIRE_STATUS(draft, 201);
  CHECK(draft.text("lesson_id") == lesson);
  const auto of_course = "/quizzes?course_id=" + room.course;
  const auto all = mine.get(of_course);
  CHECK_SHAPE(all, {{"items.*.id", "uuid"},
                    {"items.*.title", "text"},
                    {"items.*.is_published", "boolean"},
                    {"items.*.question_count", "integer"},
                    {"total", "integer"},
                    {"page", "integer"},
                    {"page_size", "integer"},
                    {"pages", "integer"}});
  CHECK(all.integer("total") == 2);
  CHECK(mine.get(of_course + "&published_only=true").integer("total") == 1);
  CHECK(mine.get("/quizzes?lesson_id=" + lesson).integer("total") == 1);
  CHECK(mine.get(of_course + "&page=2&page_size=1").text("items.0.title") == "Of the lesson");
  CHECK(mine.get(of_course + "&page=9").at("items").items().empty());
  CHECK(mine.get(of_course + "&page=9").integer("total") == 2);
  CHECK_STATUS(mine.get("/quizzes?course_id=nonsense"), 422);
  CHECK_STATUS(mine.get("/quizzes?published_only=perhaps"), 422);
  const auto open = lms().get(of_course);
  REQUIRE_STATUS(open, 200);
  CHECK(open.integer("total") == 1);
  CHECK(lists(open, room.quiz));
  CHECK(open.body.find("\"questions\":") == std::string::npos);
  CHECK(lms(fresh_account()).get(of_course).integer("total") == 1);
}

// The question bank over HTTP: who may, files as bodies and as answers.
#include <algorithm>

#include "tests/api/lms/lms.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client bank(const person& who) { return server_in_use().client().below("/lms/api/v1/question-bank").as(who.access); }

const shape question_shape = {{"id", "uuid"},
                              {"question_text", "text"},
                              {"question_type", "text"},
                              {"options", "array"},
                              {"correct_answer", "string|array"},
                              {"points", "integer"},
                              {"explanation", "string"},
                              {"tags", "array"},
                              {"created_at", "time"},
                              {"updated_at", "time"}};

}  // namespace

TEST_CASE("question bank: for instructors", "[lms][question_bank]") {
  const auto student = fresh_account();
  const auto nobody = lms().below("/question-bank");
  for (const char* path : {"/questions", "/tags", "/export"}) {
    CHECK_STATUS(nobody.get(path), 401);
    CHECK_STATUS(bank(student).get(path), 403);
  }
  for (const char* path : {"/questions", "/import"}) {
    CHECK_STATUS(nobody.post(path), 401);
    CHECK_STATUS(bank(student).post(path), 403);
  }
}

TEST_CASE("question bank: a question is written, changed and taken away", "[lms][question_bank]") {
  const auto who = fresh_instructor(server_in_use());
  const auto body = object({{"question_text", "Which is even?"},
                            {"question_type", "multiple_choice"},
                            {"options", std::vector<std::string>{"1", "2"}},
                            {"correct_answer", "2"},
                            {"points", 2},
                            {"tags", std::vector<std::string>{"numbers"}}});
  const auto made = bank(who).post("/questions", body);
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, question_shape);
  CHECK(made.text("correct_answer") == "2");
  const auto path = "/questions/" + made.text("id");
  CHECK(bank(who).get(path).body == made.body);
  const auto list = bank(who).get("/questions");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list, below("items.*", question_shape) + shape{{"total", "integer"}});
  CHECK(bank(who).get("/tags").text("items.0.tag") == "numbers");
  const auto changed = bank(who).patch(path, R"({"correct_answer": "1", "tags": null})");
  REQUIRE_STATUS(changed, 200);
  CHECK(changed.text("correct_answer") == "1");

  const auto refused = bank(who).patch(path, R"({"correct_answer": "3"})");
  CHECK_STATUS(refused, 422);
  CHECK(refused.text("detail.0.loc.1") == "correct_answer");
  CHECK_STATUS(bank(who).post("/questions", "{}"), 422);
  const auto other = fresh_instructor(server_in_use());
  CHECK_STATUS(bank(other).get(path), 404);
  CHECK_STATUS(bank(other).del(path), 404);
  CHECK_STATUS(bank(who).get("/questions/none"), 404);
  CHECK_STATUS(bank(who).del(path), 204);
  CHECK_STATUS(bank(who).get(path), 404);
}

TEST_CASE("question bank: files in and out, by either format", "[lms][question_bank]") {
  const auto who = fresh_instructor(server_in_use()), other = fresh_instructor(server_in_use());
  const auto sent = [](const person& by, const std::string& type, const std::string& body) {
    return bank(by).with("Content-Type", type).post("/import", body);
  };
  const std::string gift =
      "// [tag:sky] [points:3]\nWhich colour has the sky? {\n~green\n=blue # By day.\n}\n\n"
      "Both?{~%50%yes ~%50%also ~%-100%no}\n\nWrite a letter. {}\n\nTwo plus two is {=four =4}.\n";
  const auto imported = sent(who, "text/plain; charset=utf-8", gift);
  REQUIRE_STATUS(imported, 201);
  CHECK_SHAPE(imported, below("items.*", question_shape) + shape{{"imported", "integer"}} +
                            below("left_out.*", {{"file", "string"}, {"line", "integer"}, {"message", "text"}}));
  CHECK(imported.integer("imported") == 3);
  CHECK(imported.integer("left_out.0.line") == 9);

  const auto as_gift = bank(who).get("/export?format=gift");
  REQUIRE_STATUS(as_gift, 200);
  CHECK(as_gift.header("content-type") == "text/plain; charset=utf-8");
  CHECK(as_gift.header("content-disposition") == "attachment; filename=\"questions.gift.txt\"");
  const auto as_qti = bank(who).get("/export?format=qti");
  REQUIRE_STATUS(as_qti, 200);
  CHECK(as_qti.header("content-type") == "application/zip");
  CHECK(as_qti.body.starts_with("PK"));
  CHECK_STATUS(bank(who).get("/export?format=word"), 422);
  REQUIRE_STATUS(sent(other, "application/zip", as_qti.body), 201);
  CHECK(bank(other).get("/export").body == as_gift.body);

  const auto broken = sent(other, "text/plain", "Fine?{T}\n\nNot fine?{=yes\n");
  CHECK_STATUS(broken, 422);
  CHECK(broken.text("detail.0.msg").starts_with("line 3: "));
  CHECK_STATUS(sent(other, "application/xml", "<assessmentItem>"), 422);
  CHECK_STATUS(sent(other, "application/zip", "PK\x03\x04"), 422);
  CHECK_STATUS(sent(other, "text/plain", ""), 422);
  CHECK_STATUS(sent(other, "text/plain", std::string((2 << 20) + 1, ' ')), 413);
  CHECK(bank(other).get("/questions").integer("total") == 3);
}

TEST_CASE("question bank: a quiz draws some of a tag, the same ones for as long as an attempt lasts",
          "[lms][question_bank]") {
  const auto author = fresh_instructor(server_in_use()), learner = fresh_account();
  const auto course = lms_course_of(author, 1);
  REQUIRE_STATUS(lms(learner).post("/enrollments", object({{"course_id", course.id}})), 201);
  std::string file;
  for (int i = 0; i < 6; ++i) file += "// [tag:drawn]\nIs " + std::to_string(2 * i) + " even?{T}\n\n";
  REQUIRE_STATUS(bank(author).with("Content-Type", "text/plain").post("/import", file), 201);
  const auto quiz = lms(author).post("/quizzes", object({{"course_id", course.id}, {"title", "Numbers"}}));
  REQUIRE_STATUS(quiz, 201);
  const auto draws = "/quizzes/" + quiz.text("id") + "/draws";

  CHECK_LMS_REFUSED(bank(fresh_instructor(server_in_use())).post(draws, R"({"tag": "drawn"})"), 404, "QUIZ_NOT_FOUND");
  CHECK_LMS_REFUSED(bank(author).post("/quizzes/" + std::string(unknown_id) + "/draws", R"({"tag": "drawn"})"), 404,
                    "QUIZ_NOT_FOUND");
  CHECK_INVALID(bank(author).post(draws, R"({"tag": "drawn", "count": 0})"), "count");
  const auto drawn = bank(author).post(draws, R"({"tag": "drawn", "count": 2})");
  REQUIRE_STATUS(drawn, 200);
  CHECK_SHAPE(
      drawn,
      {{"quiz_id", "uuid"}, {"tag", "text"}, {"added", "integer"}, {"available", "integer"}, {"count", "integer"}});
  CHECK(drawn.integer("added") == 6);
  CHECK(bank(author).post(draws, R"({"tag": "drawn", "count": 2})").integer("added") == 0);
  REQUIRE_STATUS(lms(author).post("/quizzes/" + quiz.text("id") + "/publish"), 200);

  const auto attempt = lms(learner).post("/quizzes/" + quiz.text("id") + "/attempts");
  REQUIRE_STATUS(attempt, 201);
  REQUIRE(attempt.at("questions").items().size() == 2);
  // The bank and the quiz change; the attempt asks what it asked.
  const auto first = bank(author).get("/questions").text("items.0.id");
  CHECK_STATUS(bank(author).del("/questions/" + first), 204);
  const auto again = lms(learner).get("/attempts/" + attempt.text("id"));
  for (const char* which : {"questions.0.id", "questions.1.id"}) CHECK(again.text(which) == attempt.text(which));
}

// The question bank over HTTP: who may, files as bodies and as answers.
#include <algorithm>

#include "tests/api/learnflow/learnflow.hpp"

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
  const auto nobody = server_in_use().client().below("/lms/api/v1/question-bank");
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

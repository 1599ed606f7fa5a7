#include "actors/quiz/quiz_rules.hpp"

#include <catch2/catch.hpp>

#include "actors/quiz/question_json.hpp"

using namespace stoa;
using namespace stoa::actors;

namespace {

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

quiz draft_quiz() {
  quiz_draft d;
  d.title = "Basics";
  return quiz_rules::create(d, quiz_id::make(), course_id::make(), noon).value();
}

question_draft choice(std::string text = "Which?") {
  question_draft d;
  d.text = std::move(text);
  d.type = question_type::multiple_choice;
  d.options = {"A", "B", "C"};
  d.correct = {"B"};
  return d;
}

quiz with_questions(int count) {
  auto q = draft_quiz();
  for (int i = 0; i < count; ++i)
    q = quiz_rules::add_question(q, question_id::make(), choice("Q" + std::to_string(i + 1)), noon).value();
  return q;
}

std::vector<std::string> texts(const quiz& q) {
  std::vector<std::string> out;
  for (const auto& each : q.questions) out.push_back(each.text);
  return out;
}

std::string wrong_field(const result<question>& r) { return r.ok() ? "" : r.refusal().fields.at(0).field; }

question of(question_type type, std::vector<std::string> options, std::vector<std::string> correct) {
  question q;
  q.text = "Which?";
  q.type = type;
  q.options = std::move(options);
  q.correct = std::move(correct);
  return q;
}

}  // namespace

TEST_CASE("a draft is its author's alone", "[quiz]") {
  auto q = draft_quiz();
  const quiz_rules::standing author{true, false, true}, learner{false, true, true}, stranger{false, false, true};
  CHECK(*quiz_rules::view_of(q, author) == quiz_view::author);
  CHECK(quiz_rules::view_of(q, learner).refusal().code == "QUIZ_NOT_FOUND");
  CHECK(quiz_rules::may_change(q, stranger).refusal().code == "QUIZ_NOT_FOUND");

  q.published_at = noon;
  CHECK(*quiz_rules::view_of(q, learner) == quiz_view::learner);
  CHECK(*quiz_rules::view_of(q, stranger) == quiz_view::outside);
  CHECK(quiz_rules::may_change(q, learner).refusal().code == "PERMISSION_DENIED");
  CHECK(quiz_rules::may_change(q, author).ok());

  // Of a course that was withdrawn, those who have it keep it.
  const quiz_rules::standing former{false, true, false}, passer_by{false, false, false};
  CHECK(*quiz_rules::view_of(q, former) == quiz_view::learner);
  CHECK(quiz_rules::view_of(q, passer_by).refusal().code == "QUIZ_NOT_FOUND");

  q.deleted = true;
  CHECK(quiz_rules::view_of(q, author).refusal().code == "QUIZ_NOT_FOUND");
}

TEST_CASE("a quiz without questions is not published, and a published one keeps its last", "[quiz]") {
  CHECK(quiz_rules::publish(draft_quiz(), noon).refusal().code == "QUIZ_NOT_READY");
  const auto q = quiz_rules::publish(with_questions(1), noon).value();
  CHECK(q.published());
  CHECK(quiz_rules::remove_question(q, q.questions[0].id, noon).refusal().code == "QUIZ_NOT_READY");
  CHECK(quiz_rules::remove_question(quiz_rules::unpublish(q, noon), q.questions[0].id, noon).ok());
}

TEST_CASE("as many of a tag must be there as are drawn", "[quiz]") {
  auto q = draft_quiz();
  for (int i = 0; i < 3; ++i) {
    auto d = choice("T" + std::to_string(i));
    d.tags = {"loops"};
    q = quiz_rules::add_question(q, question_id::make(), d, noon).value();
  }
  quiz_draft draws;
  draws.draws = {{"loops", 4}};
  CHECK(quiz_rules::publish(quiz_rules::change(q, draws, noon).value(), noon).refusal().code == "QUIZ_NOT_READY");
  draws.draws = {{"loops", 2}};
  const auto good = quiz_rules::publish(quiz_rules::change(q, draws, noon).value(), noon);
  REQUIRE(good.ok());
  CHECK(good->asked() == 2);
  draws.draws = {{"loops", 2}, {"loops", 1}};
  CHECK(quiz_rules::change(q, draws, noon).refusal().fields.at(0).field == "draws");
}

TEST_CASE("questions take their places, and the others move", "[quiz]") {
  auto q = with_questions(3);
  auto second = choice("new");
  second.position = 2;
  q = quiz_rules::add_question(q, question_id::make(), second, noon).value();
  CHECK(texts(q) == std::vector<std::string>{"Q1", "new", "Q2", "Q3"});
  question_draft to_end;
  to_end.position = 99;
  q = quiz_rules::change_question(q, q.questions[0].id, to_end, noon).value();
  CHECK(texts(q) == std::vector<std::string>{"new", "Q2", "Q3", "Q1"});
  q = quiz_rules::remove_question(q, q.questions[1].id, noon).value();
  CHECK(texts(q) == std::vector<std::string>{"new", "Q3", "Q1"});
  for (std::size_t i = 0; i < q.questions.size(); ++i) CHECK(q.questions[i].position == static_cast<int>(i + 1));
  CHECK(quiz_rules::change_question(q, question_id::make(), to_end, noon).refusal().code == "QUESTION_NOT_FOUND");
}

TEST_CASE("a question says what is right in the way of its type", "[quiz]") {
  using t = question_type;
  const auto good = [](question q) { return quiz_rules::well_formed(std::move(q)); };
  CHECK(good(of(t::multiple_choice, {" A ", "B"}, {"A"})).value().options == std::vector<std::string>{"A", "B"});
  CHECK(wrong_field(good(of(t::multiple_choice, {"A"}, {"A"}))) == "options");
  CHECK(wrong_field(good(of(t::multiple_choice, {"A", "A"}, {"A"}))) == "options");
  CHECK(wrong_field(good(of(t::multiple_choice, {"A", "B"}, {"C"}))) == "correct");
  CHECK(wrong_field(good(of(t::multiple_choice, {"A", "B"}, {"A", "B"}))) == "correct");
  CHECK(wrong_field(good(of(t::multiple_choice, {"A", "B"}, {}))) == "correct");
  CHECK(good(of(t::multiple_select, {"A", "B"}, {"A", "B"})).ok());
  CHECK(wrong_field(good(of(t::multiple_select, {"A", "B"}, {"A", "A"}))) == "correct");
  const auto truth = good(of(t::true_false, {"yes", "no"}, {"True"}));
  CHECK(truth.value().correct == std::vector<std::string>{"true"});
  CHECK(truth.value().options.empty());
  CHECK(wrong_field(good(of(t::true_false, {}, {"maybe"}))) == "correct");
  CHECK(good(of(t::short_answer, {}, {"colour", "color"})).ok());
  CHECK(wrong_field(good(of(t::short_answer, {}, {" "}))) == "correct");
  auto worthless = of(t::short_answer, {}, {"x"});
  worthless.points = 0;
  CHECK(wrong_field(good(worthless)) == "points");
}

TEST_CASE("a quiz takes so many questions and no more", "[quiz]") {
  auto q = with_questions(1);
  q.questions.resize(quiz_limits::questions, q.questions[0]);
  CHECK(quiz_rules::add_question(q, question_id::make(), choice(), noon).refusal().code == "QUIZ_FULL");
}

TEST_CASE("a paper reads back as it was written", "[quiz]") {
  auto q = with_questions(2);
  q.questions[1].text = "Line one\nand \"two\" \xE2\x9C\x93";
  q.questions[1].tags = {"loops"};
  quiz_paper p;
  p.id = uuid::make_v7();
  p.quiz = q.id;
  p.quiz_version = 7;
  p.title = "Basics";
  p.passing_score = 65;
  p.questions = q.questions;
  const auto back = question_json::read_paper(p.id, p.quiz, 7, question_json::paper_json(p));
  CHECK(back.title == p.title);
  CHECK(back.passing_score == 65);
  REQUIRE(back.questions.size() == 2);
  CHECK(back.questions[1].text == p.questions[1].text);
  CHECK(back.questions[1].tags == p.questions[1].tags);
  CHECK(back.questions[0].correct == p.questions[0].correct);
  CHECK(back.questions[0].options == p.questions[0].options);
}

#include "actors/attempt/attempt_rules.hpp"

#include <catch2/catch.hpp>

#include <set>

#include "actors/attempt/attempt.hpp"
#include "tests/actors/attempt/sample_attempt.hpp"

using namespace stoa;
using namespace stoa::actors;
using namespace stoa::testing;

namespace {

answer_draft say(const attempt& a, std::size_t at, std::vector<std::string> value) {
  return {a.paper->questions[at].id, std::move(value)};
}

std::vector<std::string> fields_of(const fault& f) {
  std::vector<std::string> out;
  for (const auto& e : f.fields) out.push_back(e.field);
  return out;
}

}  // namespace

TEST_CASE("only those a quiz's questions are for begin it, and as often as it says", "[attempt]") {
  auto q = sample_quiz();
  CHECK(attempt_rules::may_start(q, quiz_view::learner).ok());
  CHECK(attempt_rules::may_start(q, quiz_view::author).ok());
  CHECK(attempt_rules::may_start(q, quiz_view::outside).refusal().code == "NOT_ENROLLED");
  q.published_at.reset();
  CHECK(attempt_rules::may_start(q, quiz_view::author).refusal().code == "QUIZ_NOT_READY");
  CHECK(attempt_rules::may_begin_another(std::nullopt, 1000).ok());
  CHECK(attempt_rules::may_begin_another(2, 1).ok());
  CHECK(attempt_rules::may_begin_another(2, 2).refusal().code == "MAX_ATTEMPTS_REACHED");
}

TEST_CASE("an order is its seed's, and without shuffling the quiz's", "[attempt]") {
  auto q = sample_quiz();
  CHECK(attempt_rules::order_of(q, 7) == std::vector<std::uint16_t>{0, 1, 2, 3});
  q.questions.resize(12, q.questions[0]);
  q.shuffle_questions = true;
  const auto first = attempt_rules::order_of(q, 7);
  CHECK(first == attempt_rules::order_of(q, 7));
  CHECK(first != attempt_rules::order_of(q, 8));
  CHECK(std::set<std::uint16_t>(first.begin(), first.end()).size() == 12);
}

TEST_CASE("of a tag so many are drawn, each once, and the others always", "[attempt]") {
  auto q = sample_quiz();
  for (int i = 0; i < 6; ++i) {
    auto drawn = question_of(question_type::true_false, {}, {"true"});
    drawn.tags = {"pool"};
    q.questions.push_back(drawn);
  }
  q.draws = {{"pool", 2}};
  std::set<std::uint16_t> ever;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto order = attempt_rules::order_of(q, seed);
    REQUIRE(order.size() == 6);
    CHECK(std::set<std::uint16_t>(order.begin(), order.end()).size() == 6);
    for (std::uint16_t i = 0; i < 4; ++i) CHECK(order[i] == i);
    ever.insert(order.begin(), order.end());
  }
  CHECK(ever.size() == 10);
}

TEST_CASE("an answer is saved until the deadline, by the learner alone", "[attempt]") {
  const auto a = sample_attempt(sample_quiz());
  const auto saved = attempt_rules::save(a, a.learner, say(a, 0, {" B "}), noon + minutes{29});
  REQUIRE(saved.ok());
  CHECK(saved->sequence == 2);
  CHECK(saved->answer_to(a.paper->questions[0].id)->value == std::vector<std::string>{"B"});
  const auto again = attempt_rules::save(*saved, a.learner, say(a, 0, {"C"}), noon + minutes{29});
  CHECK(again->answers.size() == 1);
  CHECK(again->sequence == 3);
  CHECK(attempt_rules::save(a, user_id::make(), say(a, 0, {"B"}), noon).refusal().code == "ATTEMPT_NOT_FOUND");
  CHECK(attempt_rules::save(a, a.learner, say(a, 0, {"B"}), noon + minutes{30}).refusal().code == "ATTEMPT_CLOSED");
}

TEST_CASE("foreign, double and misshapen answers are told by their fields", "[attempt]") {
  const auto a = sample_attempt(sample_quiz());
  const answer_draft foreign{question_id::make(), {"B"}};
  CHECK(fields_of(attempt_rules::save(a, a.learner, foreign, noon).refusal()) ==
        std::vector<std::string>{"question_id"});
  const auto bad = attempt_rules::submit(
      a, a.learner, {say(a, 0, {"B"}), foreign, say(a, 0, {"A"}), say(a, 2, {"true", "false"})}, noon);
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.refusal().kind == fault_kind::invalid);
  CHECK(fields_of(bad.refusal()) ==
        std::vector<std::string>{"answers.1.question_id", "answers.2.question_id", "answers.3.answer"});
}

TEST_CASE("submitting closes once, and again changes nothing", "[attempt]") {
  const auto a = sample_attempt(sample_quiz());
  const auto closed = attempt_rules::submit(a, a.learner, {say(a, 0, {"B"}), say(a, 2, {"true"})}, noon + minutes{5});
  REQUIRE(closed.ok());
  REQUIRE(*closed);
  CHECK((*closed)->ended_at == noon + minutes{5});
  CHECK((*closed)->ended_by == attempt_end::submitted);
  CHECK((*closed)->result->score == 40);
  CHECK((*closed)->sequence == 5);
  const auto twice = attempt_rules::submit(**closed, a.learner, {say(a, 0, {"A"})}, noon + minutes{6});
  REQUIRE(twice.ok());
  CHECK_FALSE(*twice);
  CHECK(attempt_rules::save(**closed, a.learner, say(a, 0, {"B"}), noon + minutes{6}).refusal().code ==
        "ATTEMPT_CLOSED");
}

TEST_CASE("an attempt whose time is over is closed by that, with what was saved", "[attempt]") {
  const auto a = sample_attempt(sample_quiz());
  const auto saved = attempt_rules::save(a, a.learner, say(a, 0, {"B"}), noon + minutes{10}).value();
  CHECK_FALSE(attempt_rules::close_overdue(saved, noon + minutes{30} - microseconds{1}));
  const auto closed = attempt_rules::close_overdue(saved, noon + hours{5});
  REQUIRE(closed);
  CHECK(closed->ended_at == noon + minutes{30});
  CHECK(closed->ended_by == attempt_end::time);
  CHECK(closed->result->earned == 100);
  // Whoever submits late gets that, too, and what comes along does not count.
  const auto late = attempt_rules::submit(saved, a.learner, {say(a, 2, {"true"})}, noon + minutes{31});
  REQUIRE(late.ok());
  CHECK((*late)->ended_by == attempt_end::time);
  CHECK((*late)->result->earned == 100);
  CHECK_FALSE(attempt_rules::close_overdue(*closed, noon + hours{6}));
}

TEST_CASE("the alarm of an attempt is its deadline, as long as it is open", "[attempt]") {
  auto a = sample_attempt(sample_quiz());
  CHECK(alarm_of(attempt_kind{}, a)->at == *a.deadline);
  CHECK_FALSE(alarm_of(attempt_kind{}, *attempt_rules::close_overdue(a, noon + hours{1})));
  a.deadline.reset();
  CHECK_FALSE(alarm_of(attempt_kind{}, a));
}

TEST_CASE("extra time moves the deadline of an open attempt", "[attempt]") {
  CHECK(attempt_rules::deadline_of(30, 10, noon) == noon + minutes{40});
  CHECK_FALSE(attempt_rules::deadline_of(std::nullopt, 10, noon));
  const auto a = sample_attempt(sample_quiz());
  const auto longer = attempt_rules::with_deadline(a, noon + minutes{40}, noon + minutes{20});
  REQUIRE(longer);
  CHECK(longer->time_left(noon + minutes{20}) == minutes{20});
  CHECK_FALSE(attempt_rules::with_deadline(a, noon + minutes{40}, noon + minutes{31}));
}

TEST_CASE("grading anew is for closed attempts, and tells whether anything changes", "[attempt]") {
  const auto a = sample_attempt(sample_quiz());
  const std::vector<grading::question_key> keys{{a.paper->questions[0].id, {"A"}, 1}};
  CHECK_FALSE(attempt_rules::regrade(a, keys, 70));
  const auto closed = **attempt_rules::submit(a, a.learner, {say(a, 0, {"B"})}, noon);
  const auto anew = attempt_rules::regrade(closed, keys, 70);
  REQUIRE(anew);
  CHECK(anew->result->earned == 0);
  CHECK_FALSE(attempt_rules::regrade(*anew, keys, 70));
  const std::vector<grading::question_key> same{{a.paper->questions[0].id, {"B"}, 1}};
  CHECK_FALSE(attempt_rules::regrade(closed, same, 70));
}

TEST_CASE("time left is whole seconds, never below zero", "[attempt]") {
  const auto a = sample_attempt(sample_quiz());
  CHECK(a.time_left(noon) == minutes{30});
  CHECK(a.time_left(noon + milliseconds{500}) == seconds{1799});
  CHECK(a.time_left(noon + hours{1}) == seconds{0});
  CHECK_FALSE(sample_attempt(sample_quiz(), std::nullopt).time_left(noon));
}

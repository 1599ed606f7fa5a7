#include "actors/attempt/grading.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/attempt/sample_attempt.hpp"

using namespace stoa;
using namespace stoa::actors;
using namespace stoa::testing;

namespace {

using texts = std::vector<std::string>;

void give(attempt& a, std::size_t at, texts value) {
  a.answers.push_back({a.paper->questions[at].id, std::move(value), ++a.sequence, noon});
}

}  // namespace

TEST_CASE("a choice earns all or nothing", "[grading]") {
  const auto q = question_of(question_type::multiple_choice, {"A", "B"}, {"B"}, 3);
  CHECK(grading::earned(q, {"B"}) == 300);
  CHECK(grading::earned(q, {"A"}) == 0);
  CHECK(grading::earned(q, {"b"}) == 0);
  CHECK(grading::earned(q, {}) == 0);
  const auto truth = question_of(question_type::true_false, {}, {"false"});
  CHECK(grading::earned(truth, {"False"}) == 100);
  CHECK(grading::earned(truth, {"true"}) == 0);
}

TEST_CASE("a selection earns in part, and what is wrong costs as much", "[grading]") {
  const auto q = question_of(question_type::multiple_select, {"A", "B", "C", "D", "E"}, {"A", "B", "C"});
  CHECK(grading::earned(q, {"A", "B", "C"}) == 100);
  CHECK(grading::earned(q, {"C", "A", "B"}) == 100);
  CHECK(grading::earned(q, {"A"}) == 33);
  CHECK(grading::earned(q, {"A", "B"}) == 67);
  CHECK(grading::earned(q, {"A", "B", "D"}) == 33);
  CHECK(grading::earned(q, {"A", "B", "C", "D"}) == 67);
  CHECK(grading::earned(q, {"A", "B", "C", "D", "E"}) == 33);
  CHECK(grading::earned(q, {"D", "E"}) == 0);
}

TEST_CASE("a short answer is compared by what it says", "[grading]") {
  const auto q = question_of(question_type::short_answer, {}, {"Straße", "3.14", "C++"});
  CHECK(grading::earned(q, {"STRASSE"}) == 100);
  CHECK(grading::earned(q, {"  stra\xC3\x9F"
                            "e. "}) == 100);
  CHECK(grading::earned(q, {"\xEF\xBC\xA3\xEF\xBC\x8B\xEF\xBC\x8B"}) == 100);  // full-width C++
  CHECK(grading::earned(q, {"\xE2\x80\x9C"
                            "3.14\xE2\x80\x9D"}) == 100);
  CHECK(grading::earned(q, {"314"}) == 0);
  CHECK(grading::earned(q, {"C"}) == 0);
  const auto name = question_of(question_type::short_answer, {}, {"Guido van Rossum"});
  CHECK(grading::earned(name, {"guido \t van\xC2\xA0rossum"}) == 100);
  CHECK(grading::earned(name, {"guido vanrossum"}) == 0);
  // Letters with marks may come composed or in parts.
  const auto cafe = question_of(question_type::short_answer, {}, {"caf\xC3\xA9"});
  CHECK(grading::earned(cafe, {"Cafe\xCC\x81"}) == 100);
  CHECK(grading::earned(cafe, {"cafe"}) == 0);
}

TEST_CASE("what is nothing but marks is compared as it is", "[grading]") {
  const auto q = question_of(question_type::short_answer, {}, {"!"});
  CHECK(grading::earned(q, {"!"}) == 100);
  CHECK(grading::earned(q, {"?"}) == 0);
}

TEST_CASE("per cent rounds half up", "[grading]") {
  CHECK(grading::per_cent(1, 3) == 33);
  CHECK(grading::per_cent(2, 3) == 67);
  CHECK(grading::per_cent(1, 200) == 1);
  CHECK(grading::per_cent(199, 200) == 100);
  CHECK(grading::per_cent(0, 0) == 0);
}

TEST_CASE("an attempt comes to the sum of its questions", "[grading]") {
  auto a = sample_attempt(sample_quiz());
  give(a, 0, {"B"});
  give(a, 1, {"A"});
  give(a, 3, {"guido."});
  const auto r = grading::grade(a);
  CHECK(r.points == 500);
  CHECK(r.earned == 300);
  CHECK(r.score == 60);
  CHECK_FALSE(r.passed);
  REQUIRE(r.questions.size() == 4);
  CHECK(r.questions[0].correct);
  CHECK_FALSE(r.questions[1].correct);
  CHECK(r.questions[1].earned == 100);
  CHECK_FALSE(r.questions[2].answered);
  give(a, 2, {"TRUE"});
  CHECK(grading::grade(a).score == 80);
  CHECK(grading::grade(a).passed);
}

TEST_CASE("another key changes what an answer earns, and questions without one keep what they earned", "[grading]") {
  auto a = sample_attempt(sample_quiz());
  give(a, 0, {"A"});
  give(a, 2, {"true"});
  a.result = grading::grade(a);
  CHECK(a.result->earned == 100);
  const auto anew = grading::grade_anew(a, {{a.paper->questions[0].id, {"A"}, 5}}, 60);
  CHECK(anew.earned == 600);
  CHECK(anew.points == 900);
  CHECK(anew.score == 67);
  CHECK(anew.passed);
  CHECK(anew.questions[0].key == texts{"A"});
  CHECK_FALSE(anew.questions[2].key);
}

#include "plugins/analytics/tally.hpp"

#include <catch2/catch.hpp>

using namespace stoa_plugin::analytics;

namespace {

const stoa::timestamp noon = *stoa::parse_rfc3339("2026-01-27T12:07:33Z");

counted_course course_of(stoa::user_id teacher) { return {stoa::course_id::make(), teacher}; }

const figures& of(const tally& t, scope s, stoa::uuid id) { return t.in_all.at({s, id}); }

}  // namespace

TEST_CASE("what happens in a course counts for it, its teacher and the whole", "[analytics]") {
  const auto teacher = stoa::user_id::make(), ada = stoa::user_id::make();
  const auto one = course_of(teacher), other = course_of(teacher), foreign = course_of(stoa::user_id::make());
  const auto lesson = stoa::lesson_id::make();
  tally t;
  CHECK(t.empty());
  t.enrolled(one, ada, noon);
  t.enrolled(other, ada, noon);
  t.enrolled(foreign, ada, noon + stoa::days{1});
  t.finished_lesson(one, lesson, 20, ada, noon);
  t.finished_course(one, ada, noon);
  CHECK_FALSE(t.empty());
  CHECK(of(t, scope::course, one.id.value).enrollments == 1);
  CHECK(of(t, scope::instructor, teacher.value).enrollments == 2);
  CHECK(of(t, scope::system, {}).enrollments == 3);
  CHECK(of(t, scope::course, one.id.value).lessons == 1);
  CHECK(of(t, scope::instructor, teacher.value).completions == 1);
  CHECK(t.by_day.at({{scope::system, {}}, day_of(noon)}).enrollments == 2);
  CHECK(t.by_day.at({{scope::system, {}}, day_of(noon) + stoa::days{1}}).enrollments == 1);
  CHECK(t.lessons.at({one.id, lesson}) == 1);
  const auto& own = t.learners.at(ada);
  CHECK(own.enrolled == 3);
  CHECK(own.completed == 1);
  CHECK(own.lessons == 1);
  CHECK(own.minutes == 20);
}

TEST_CASE("steps are kept by quarters of an hour", "[analytics]") {
  const auto c = course_of(stoa::user_id::make());
  const auto ada = stoa::user_id::make();
  tally t;
  t.finished_lesson(c, stoa::lesson_id::make(), 5, ada, noon);
  t.finished_lesson(c, stoa::lesson_id::make(), 7, ada, noon + stoa::minutes{7});
  t.finished_lesson(c, stoa::lesson_id::make(), 7, ada, noon + stoa::minutes{8});
  REQUIRE(t.activity.size() == 2);
  const auto& first = t.activity.at({ada, *stoa::parse_rfc3339("2026-01-27T12:00:00Z")});
  CHECK(first.lessons == 2);
  CHECK(first.minutes == 12);
  CHECK(t.activity.at({ada, *stoa::parse_rfc3339("2026-01-27T12:15:00Z")}).lessons == 1);
}

TEST_CASE("attempts count their scores, and again when they are graded anew", "[analytics]") {
  const auto c = course_of(stoa::user_id::make());
  const auto ada = stoa::user_id::make();
  const auto easy = stoa::question_id::make(), hard = stoa::question_id::make();
  attempt_outcome first;
  first.quiz = stoa::quiz_id::make();
  first.score = 50;
  first.answers = {{easy, true, true, 100, 100}, {hard, false, false, 0, 100}};
  tally t;
  t.tried_quiz(c, first, ada, noon);
  auto better = first;
  better.score = 100;
  better.passed = true;
  better.answers[1] = {hard, true, true, 100, 100};
  t.graded_anew(c, first, better, ada, noon);
  const auto& f = of(t, scope::course, c.id.value);
  CHECK(f.attempts == 1);
  CHECK(f.passed == 1);
  CHECK(f.scores == 100);
  const auto& q = t.questions.at({c.id, first.quiz, hard});
  CHECK(q.asked == 1);
  CHECK(q.answered == 1);
  CHECK(q.correct == 1);
  CHECK(q.earned == 100);
  CHECK(t.questions.at({c.id, first.quiz, easy}).asked == 1);
  CHECK(t.learners.at(ada).quizzes == 1);
  CHECK(t.learners.at(ada).scores == 100);
}

TEST_CASE("sales and registrations by their days", "[analytics]") {
  const auto c = course_of(stoa::user_id::make());
  tally t;
  t.sold(c, 4999, "usd", noon);
  t.sold(c, 1, "usd", noon);
  t.sold(c, 700, "eur", noon);
  CHECK(t.earned.at({scope::course, c.id.value, "usd", day_of(noon)}) == 5000);
  CHECK(t.earned.at({scope::system, {}, "eur", day_of(noon)}) == 700);
  t.registered(day_of(noon), 3);
  t.registered(day_of(noon));
  CHECK(of(t, scope::system, {}).registrations == 4);
}

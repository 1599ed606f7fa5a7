#include "actors/dashboard/dashboard_rules.hpp"

#include <catch2/catch.hpp>

#include "actors/dashboard/learner_numbers.hpp"
#include "tests/actors/enrollment/courses.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa::actors::dashboard_rules;

namespace {

const timestamp now = at("2026-01-27T17:00:00Z");

int streak(std::vector<const char*> days_done) {
  auto c = make_course({std::vector<int>(20, 1)});
  auto e = make_enrollment(c);
  for (std::size_t i = 0; i < days_done.size(); ++i) finish(e, c, i, at(days_done[i]));
  return streak_days(*make_studies({{e, c}}).learner, now);
}

}  // namespace

TEST_CASE("a streak is days in a row up to today or yesterday, in UTC") {
  CHECK(streak({}) == 0);
  CHECK(streak({"2026-01-27T00:00:00Z"}) == 1);
  CHECK(streak({"2026-01-26T23:59:59Z"}) == 1);
  CHECK(streak({"2026-01-25T23:59:59Z"}) == 0);
  CHECK(streak({"2026-01-25T10:00:00Z", "2026-01-26T10:00:00Z", "2026-01-27T10:00:00Z", "2026-01-27T11:00:00Z"}) == 3);
  CHECK(streak({"2026-01-24T10:00:00Z", "2026-01-26T10:00:00Z", "2026-01-27T10:00:00Z"}) == 2);
}

TEST_CASE("a streak runs across the courses of a learner") {
  const auto a = make_course(), b = make_course();
  auto x = make_enrollment(a), y = make_enrollment(b);
  finish(x, a, 0, at("2026-01-26T10:00:00Z"));
  finish(y, b, 0, at("2026-01-27T10:00:00Z"));
  CHECK(streak_days(*make_studies({{x, a}, {y, b}}).learner, now) == 2);
}

TEST_CASE("time spent is the lesson's length, or the time it was watched where that is longer") {
  const auto c = make_course({{10, 20, 30}});
  auto e = make_enrollment(c);
  finish(e, c, 0, at("2026-01-02T10:00:00Z"));        // 600 by its length
  finish(e, c, 1, at("2026-01-03T10:00:00Z"), 1500);  // watched longer than its 1200
  lesson_progress open{std::nullopt, 90, at("2026-01-20T10:00:00Z")};
  e.lessons[c.lessons_in_order()[2]->id] = open;  // begun only
  const auto of = make_studies({{e, c}});
  CHECK(seconds_spent(of.all[0]) == 600 + 1500 + 90);
  CHECK(seconds_spent(of.all[0], at("2026-01-03T00:00:00Z")) == 1500 + 90);
}

TEST_CASE("a goal rounds half up, is full only when reached, and never more") {
  CHECK(goal_of(std::nullopt, 0).target_hours_per_month == default_hours_per_month);
  CHECK(goal_of(40, 81'000).progress_percent == 56);  // 22.5 h: 56.25
  CHECK(goal_of(40, 0).progress_percent == 0);
  CHECK(goal_of(1, 18).progress_percent == 1);  // 0.5
  CHECK(goal_of(1, 3599).progress_percent == 99);
  CHECK(goal_of(1, 3600).progress_percent == 100);
  CHECK(goal_of(1, 360'000).progress_percent == 100);
}

TEST_CASE("the numbers of somebody who never learnt anything are zeros") {
  const auto n = numbers_of(make_studies({}), now);
  CHECK(n.courses_enrolled == 0);
  CHECK(n.hours_learned == 0);
  CHECK(n.streak_days == 0);
  CHECK_FALSE(n.last_activity);
  CHECK(n.goal.progress_percent == 0);
}

TEST_CASE("numbers count by the current curriculum") {
  auto done = make_course({{60}}), grown = make_course({{30, 30}}), plain = make_course({{30}});
  plain.certificate_included = false;
  auto a = make_enrollment(done), b = make_enrollment(grown), c = make_enrollment(plain);
  finish(a, done, 0, at("2025-12-31T23:59:59Z"));
  finish(b, grown, 0, at("2026-01-01T00:00:00Z"));
  b.completed_at = at("2026-01-01T00:00:00Z");  // the second lesson came later
  finish(c, plain, 0, at("2026-01-10T00:00:00Z"));
  a.completed_at = at("2025-12-31T23:59:59Z");
  const auto n = numbers_of(make_studies({{a, done}, {b, grown}, {c, plain}}, 2), now);
  CHECK(n.courses_enrolled == 3);
  CHECK(n.courses_completed == 2);
  CHECK(n.hours_learned == 2);
  CHECK(n.hours_this_month == 1);
  CHECK(n.goal.target_hours_per_month == 2);
  CHECK(n.goal.progress_percent == 50);
  CHECK(n.last_activity == at("2026-01-10T00:00:00Z"));
}

TEST_CASE("a course is estimated by its learner's own pace") {
  const auto c = make_course({{60, 60, 60, 60}});
  auto e = make_enrollment(c, at("2026-01-14T09:00:00Z"));
  finish(e, c, 0, at("2026-01-20T10:00:00Z"));
  finish(e, c, 1, at("2026-01-27T10:00:00Z"));
  // 120 minutes in 14 days, 120 are left.
  const auto of = make_studies({{e, c}});
  CHECK(estimated_completion(of.all[0], std::nullopt, 1, now) == parse_iso_date("2026-02-10"));
}

TEST_CASE("a burst on the first day is taken for a week's work") {
  const auto c = make_course({{60, 60}});
  auto e = make_enrollment(c, now);
  finish(e, c, 0, now);
  const auto of = make_studies({{e, c}});
  CHECK(estimated_completion(of.all[0], std::nullopt, 1, now) == parse_iso_date("2026-02-03"));
}

TEST_CASE("without a pace the goal counts, shared by all unfinished courses") {
  const auto c = make_course({{300, 300}});
  auto e = make_enrollment(c, at("2025-06-01T09:00:00Z"));
  finish(e, c, 0, at("2025-06-02T10:00:00Z"));  // too long ago to be a pace
  const auto of = make_studies({{e, c}});
  // 300 minutes at 10 hours a month, 20 minutes a day: 15 days; shared by two: 30.
  CHECK(estimated_completion(of.all[0], std::nullopt, 1, now) == parse_iso_date("2026-02-11"));
  CHECK(estimated_completion(of.all[0], std::nullopt, 2, now) == parse_iso_date("2026-02-26"));
  CHECK(estimated_completion(of.all[0], 20, 1, now) == parse_iso_date("2026-02-04"));  // 7.5 days
}

TEST_CASE("continue-learning lists what is unfinished, the one touched last first") {
  const auto a = make_course({{10}}, "A"), b = make_course({{10}}, "B"), done = make_course({{10}}, "C");
  auto x = make_enrollment(a), y = make_enrollment(b), z = make_enrollment(done);
  x.last_accessed_at = at("2026-01-20T00:00:00Z");
  y.last_accessed_at = at("2026-01-21T00:00:00Z");
  finish(z, done, 0, now);
  const auto of = make_studies({{x, a}, {y, b}, {z, done}});
  const auto list = continue_learning(of, now);
  REQUIRE(list.size() == 2);
  CHECK(list[0].what.course->title == "B");
  CHECK(list[1].what.course->title == "A");
  CHECK(list[0].what.progress.current_position == 1);
}

TEST_CASE("days are those of the learner's clock: streaks, months and estimates") {
  auto c = make_course({std::vector<int>(20, 60)});
  auto e = make_enrollment(c);
  e.enrolled_at = at("2025-11-01T12:00:00Z");
  // In Tokyo the 26th, 27th and 28th; in UTC two of them on one day.
  finish(e, c, 0, at("2026-01-25T16:00:00Z"));
  finish(e, c, 1, at("2026-01-26T15:30:00Z"));
  finish(e, c, 2, at("2026-01-27T16:30:00Z"));
  const auto of = make_studies({{e, c}});
  const auto tokyo = stoa::actors::calendar_of("Asia/Tokyo"), new_york = stoa::actors::calendar_of("America/New_York");
  CHECK(streak_days(*of.learner, now, tokyo) == 3);
  CHECK(streak_days(*of.learner, at("2026-01-28T14:59:00Z"), tokyo) == 3);
  CHECK(streak_days(*of.learner, at("2026-01-29T15:00:00Z"), tokyo) == 0);
  // Two lessons of one evening in UTC are two days where midnight lies between them.
  auto x = make_enrollment(c);
  finish(x, c, 0, at("2026-01-27T04:30:00Z"));
  finish(x, c, 1, at("2026-01-27T05:30:00Z"));
  const auto evening = make_studies({{x, c}});
  CHECK(streak_days(*evening.learner, now) == 1);
  CHECK(streak_days(*evening.learner, now, new_york) == 2);

  auto y = make_enrollment(c);
  finish(y, c, 0, at("2025-12-31T15:30:00Z"));
  const auto new_year = make_studies({{y, c}});
  CHECK(numbers_of(new_year, now).seconds_this_month == 0);
  CHECK(numbers_of(new_year, now, tokyo).seconds_this_month == 3600);
  CHECK(numbers_of(new_year, at("2026-02-01T02:00:00Z"), new_york).seconds_this_month == 0);

  const auto utc = estimated_completion(of.all[0], {}, 1, now),
             there = estimated_completion(of.all[0], {}, 1, now, tokyo);
  CHECK(there == utc + days{1});  // it is tomorrow there
}

TEST_CASE("a day begins when the clock says so, also where it is put forward or back") {
  const auto berlin = stoa::actors::calendar_of("Europe/Berlin");
  const auto begins = [&](const char* day) { return berlin.begin_of(*parse_iso_date(day)); };
  CHECK(begins("2026-01-27") == at("2026-01-26T23:00:00Z"));
  CHECK(begins("2026-07-01") == at("2026-06-30T22:00:00Z"));
  CHECK(begins("2026-03-29") == at("2026-03-28T23:00:00Z"));  // forward at two
  CHECK(begins("2026-03-30") == at("2026-03-29T22:00:00Z"));
  CHECK(begins("2026-10-25") == at("2026-10-24T22:00:00Z"));  // back at three
  CHECK(begins("2026-10-26") == at("2026-10-25T23:00:00Z"));
  const auto nowhere = stoa::actors::calendar_of("Mars/Olympus"), none = stoa::actors::calendar_of("");
  CHECK(nowhere.begin_of(*parse_iso_date("2026-01-27")) == at("2026-01-27T00:00:00Z"));
  CHECK(none.day_of(at("2026-01-27T23:59:59Z")) == *parse_iso_date("2026-01-27"));
}

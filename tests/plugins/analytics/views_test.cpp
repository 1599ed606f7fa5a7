#include "plugins/analytics/views.hpp"

#include <catch2/catch.hpp>

using namespace stoa_plugin::analytics;
using stoa::days;

namespace {

const stoa::date today = *stoa::parse_iso_date("2026-01-27");

account_of numbers() {
  account_of n;
  n.in_all.enrollments = 3;
  n.in_all.completions = 1;
  n.in_all.lessons = 7;
  n.in_all.attempts = 2;
  n.in_all.passed = 1;
  n.in_all.scores = 125;
  day_figures d;
  d.day = today - days{1};
  d.enrollments = 2;
  n.days.push_back(d);
  n.earned.push_back({"usd", 1999});
  earned_day e;
  e.day = today;
  e.currency = "usd";
  e.minor = 1999;
  n.earned_days.push_back(e);
  return n;
}

stoa::course course_of(int lessons) {
  stoa::course c;
  c.id = stoa::course_id::make();
  c.title = "C++";
  c.sections.emplace_back();
  for (int i = 0; i < lessons; ++i) {
    auto& l = c.sections.back().lessons.emplace_back();
    l.id = stoa::lesson_id::make();
    l.title = "Lesson " + std::to_string(i + 1);
  }
  return c;
}

}  // namespace

TEST_CASE("every day of a period is there", "[analytics]") {
  const auto shown = show_system(numbers(), {today - days{2}, today}, 4, true);
  REQUIRE(shown.daily.size() == 3);
  CHECK(shown.daily[0].enrollments == 0);
  CHECK(shown.daily[1].enrollments == 2);
  CHECK(shown.daily[1].revenue.empty());
  REQUIRE(shown.daily[2].revenue.size() == 1);
  CHECK(shown.daily[2].revenue[0].amount.minor == 1999);
  CHECK(shown.daily[2].date == today);
  CHECK(shown.published_courses == 4);
  CHECK(shown.daily_registrations.size() == 3);
}

TEST_CASE("rates and averages of what there is, and zero of nothing", "[analytics]") {
  const auto shown = show_system(numbers(), {today, today}, 0, false);
  CHECK(stoa::wire::write(shown.completion_rate) == "33.3");
  CHECK(shown.average_quiz_score == 63);
  CHECK(stoa::wire::write(shown.quiz_pass_rate) == "50");
  CHECK_FALSE(shown.history_complete);
  const auto none = show_system({}, {today, today}, 0, true);
  CHECK(none.average_quiz_score == 0);
  CHECK(none.completion_rate.value == 0);
  CHECK(none.daily.size() == 1);
}

TEST_CASE("a course's lessons are shown as the curriculum has them", "[analytics]") {
  const auto c = course_of(3);
  const auto& l = c.sections[0].lessons;
  const std::vector<lesson_count> counts{{l[1].id, 1}, {l[0].id, 3}, {stoa::lesson_id::make(), 9}};
  question_count q;
  stoa::quiz quiz;
  quiz.id = q.quiz = stoa::quiz_id::make();
  quiz.title = "Basics";
  quiz.questions.emplace_back();
  quiz.questions[0].id = q.question = stoa::question_id::make();
  quiz.questions[0].text = "Which?";
  const known_quizzes known{{quiz.id, std::make_shared<const stoa::quiz>(quiz)}};
  auto gone = q;
  gone.quiz = stoa::quiz_id::make();
  q.asked = 4;
  q.answered = 3;
  q.correct = 1;
  q.earned = 150;
  q.points = 400;
  const auto shown = show_course(c, numbers(), {today, today}, counts, {q, gone}, known, true);
  REQUIRE(shown.lessons.size() == 3);
  CHECK(shown.lessons[0].completions == 3);
  CHECK(shown.lessons[0].order == 1);
  CHECK(stoa::wire::write(shown.lessons[0].completion_rate) == "100");
  CHECK(stoa::wire::write(shown.lessons[1].completion_rate) == "33.3");
  CHECK(shown.lessons[2].completions == 0);
  REQUIRE(shown.questions.size() == 2);
  CHECK(shown.questions[0].quiz_title == "Basics");
  CHECK(shown.questions[0].question_text == "Which?");
  CHECK_FALSE(shown.questions[1].question_text);
  CHECK(stoa::wire::write(shown.questions[0].correct_rate) == "25");
  CHECK(stoa::wire::write(shown.questions[0].difficulty) == "0.63");
}

TEST_CASE("a learner's last thirty days end with theirs", "[analytics]") {
  learner_numbers n;
  n.quizzes = 2;
  n.scores = 171;
  active_day before, now;
  before.day = today - days{1};
  before.lessons = 2;
  before.minutes = 40;
  now.day = today;
  const auto shown = show_student(n, {before, now});
  CHECK(shown.average_quiz_score == 86);
  REQUIRE(shown.daily_activity.size() == 30);
  CHECK(shown.daily_activity.back().date == today);
  CHECK(shown.daily_activity[28].lessons_completed == 2);
  CHECK(shown.daily_activity[28].learning_time_minutes == 40);
  CHECK(shown.daily_activity[0].lessons_completed == 0);
}

TEST_CASE("an instructor's courses are those that are taught now", "[analytics]") {
  stoa::catalog_page taught;
  taught.count = 2;
  for (int i = 0; i < 2; ++i) taught.courses.push_back(std::make_shared<const stoa::course>(course_of(1)));
  course_figures f;
  f.id = taught.courses[1]->id;
  f.enrollments = 4;
  f.completions = 1;
  const auto shown = show_instructor(numbers(), {today, today}, taught, {f}, true);
  CHECK(shown.total_courses == 2);
  REQUIRE(shown.courses.size() == 2);
  CHECK(shown.courses[0].enrollments == 0);
  CHECK(shown.courses[1].enrollments == 4);
  CHECK(stoa::wire::write(shown.courses[1].completion_rate) == "25");
}

#include "actors/enrollment/enrollment_rules.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <set>

#include "tests/actors/enrollment/courses.hpp"

using namespace stoa;
using namespace stoa::testing;
namespace rules = stoa::actors::enrollment_rules;

namespace {

const timestamp now = at("2026-01-27T17:00:00Z");

caller student() {
  caller who;
  who.signed_in = true;
  who.user = user_id::make();
  who.roles.add(role::student);
  return who;
}

caller admin() {
  auto who = student();
  who.roles.add(role::admin);
  return who;
}

}  // namespace

TEST_CASE("a free course is entered by anybody, once") {
  const auto c = make_course();
  learner l;
  const auto id = enrollment_id::make();
  auto made = rules::enroll(l, c, student(), id, now);
  REQUIRE(made.ok());
  CHECK(made->id == id);
  CHECK(made->course == c.id);
  CHECK(made->enrolled_at == now);
  CHECK(made->last_accessed_at == now);
  CHECK_FALSE(made->completed_at);
  CHECK_FALSE(made->order);

  l.enrollments.push_back(*made);
  const auto again = rules::enroll(l, c, student(), enrollment_id::make(), now);
  REQUIRE_FALSE(again.ok());
  CHECK(again.refusal().code == "ALREADY_ENROLLED");
  CHECK(again.refusal().kind == fault_kind::conflict);
}

TEST_CASE("a course with a price is entered through a payment, or by an admin") {
  auto c = make_course();
  c.price.minor = 1;
  auto refused = rules::enroll({}, c, student(), enrollment_id::make(), now);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.refusal().code == "PAYMENT_REQUIRED");
  CHECK(refused.refusal().kind == fault_kind::payment_required);

  auto teacher = student();
  teacher.user = c.instructor.id;
  teacher.roles.add(role::instructor);
  CHECK_FALSE(rules::enroll({}, c, teacher, enrollment_id::make(), now).ok());
  CHECK(rules::enroll({}, c, admin(), enrollment_id::make(), now).ok());

  // Who has it is told so, whatever it costs by now.
  learner l;
  l.enrollments.push_back(make_enrollment(c));
  CHECK(rules::enroll(l, c, student(), enrollment_id::make(), now).refusal().code == "ALREADY_ENROLLED");
}

TEST_CASE("what is not published answers like an unknown course, its price notwithstanding") {
  auto c = make_course();
  c.price.minor = 4999;
  for (auto status : {course_status::draft, course_status::archived}) {
    c.status = status;
    const auto refused = rules::enroll({}, c, student(), enrollment_id::make(), now);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.refusal().code == "COURSE_NOT_FOUND");
    CHECK(refused.refusal().kind == fault_kind::not_found);
  }
}

TEST_CASE("other people's enrolments are unknown") {
  const auto c = make_course();
  learner l;
  l.enrollments.push_back(make_enrollment(c));
  CHECK(rules::find(l, l.enrollments[0].id).ok());
  const auto refused = rules::find(l, enrollment_id::make());
  CHECK(refused.refusal().code == "ENROLLMENT_NOT_FOUND");
}

TEST_CASE("lessons are done one by one, the course with the last") {
  const auto c = make_course({{10, 20}, {30}});
  const auto lessons = c.lessons_in_order();
  auto e = make_enrollment(c);

  auto first = rules::complete_lesson(e, c, lessons[2]->id, now);
  REQUIRE(first.ok());
  CHECK(first->lesson_is_new);
  CHECK_FALSE(first->course_is_new);
  CHECK(first->completed_at == now);
  CHECK(first->after.last_accessed_at == now);
  e = first->after;

  const auto later = now + minutes{5};
  auto again = rules::complete_lesson(e, c, lessons[2]->id, later);
  REQUIRE(again.ok());
  CHECK_FALSE(again->changes());
  CHECK(again->completed_at == now);
  CHECK(again->after.last_accessed_at == now);

  e = rules::complete_lesson(e, c, lessons[0]->id, later)->after;
  auto last = rules::complete_lesson(e, c, lessons[1]->id, later);
  CHECK(last->course_is_new);
  CHECK(last->after.completed_at == later);
  e = last->after;
  CHECK_FALSE(rules::complete_lesson(e, c, lessons[1]->id, later)->changes());
}

TEST_CASE("a lesson of another course cannot be done here") {
  const auto c = make_course();
  const auto other = make_course();
  const auto refused = rules::complete_lesson(make_enrollment(c), c, other.lessons_in_order()[0]->id, now);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.refusal().code == "LESSON_NOT_FOUND");
  CHECK(refused.refusal().kind == fault_kind::not_found);
}

TEST_CASE("a course that shrank to what was done is completed by doing any of it again") {
  auto c = make_course({{10, 20}});
  auto e = make_enrollment(c);
  finish(e, c, 0, now);
  c.sections[0].lessons.pop_back();
  const auto step = rules::complete_lesson(e, c, c.lessons_in_order()[0]->id, now + minutes{1});
  CHECK_FALSE(step->lesson_is_new);
  CHECK(step->course_is_new);
  CHECK(step->completed_at == now);
}

TEST_CASE("a lesson is begun before it is completed, and nothing is taken back") {
  const auto c = make_course({{10, 20}});
  const auto curriculum = rules::curriculum_of(c);
  auto e = make_enrollment(c);
  const auto lesson = curriculum[0];
  CHECK(e.status_of(lesson) == lesson_status::not_started);
  const auto says = [&](lesson_status s, timestamp when) {
    return rules::mark_lesson(e, curriculum, lesson, {s, std::nullopt}, when);
  };
  CHECK_FALSE(says(lesson_status::not_started, now)->changes());
  const auto begun = says(lesson_status::in_progress, now);
  REQUIRE(begun.ok());
  CHECK(begun->marked);
  CHECK_FALSE(begun->lesson_is_new);
  e = begun->after;
  CHECK(e.status_of(lesson) == lesson_status::in_progress);
  CHECK(e.lessons.at(lesson).started_at == now);
  CHECK(progress_of(e, c).percent == 0);
  CHECK_FALSE(says(lesson_status::in_progress, now + minutes{1})->changes());
  CHECK(says(lesson_status::not_started, now).refusal().code == "PROGRESS_GOES_BACK");

  const auto done = says(lesson_status::completed, now + minutes{2});
  REQUIRE(done.ok());
  CHECK(done->lesson_is_new);
  CHECK(done->completed_at == now + minutes{2});
  e = done->after;
  CHECK(e.status_of(lesson) == lesson_status::completed);
  CHECK(says(lesson_status::in_progress, now).refusal().kind == fault_kind::conflict);
  // Who watched has begun.
  e.lessons[curriculum[1]].watch_seconds = 5;
  CHECK(e.status_of(curriculum[1]) == lesson_status::in_progress);
}

TEST_CASE("notes stand beside a lesson and complete nothing") {
  const auto c = make_course({{10}});
  const auto curriculum = rules::curriculum_of(c);
  const auto e = make_enrollment(c);
  lesson_mark mark;
  mark.notes = "Twice";
  const auto noted = rules::mark_lesson(e, curriculum, curriculum[0], mark, now);
  REQUIRE(noted.ok());
  CHECK(noted->changes());
  CHECK(noted->after.status_of(curriculum[0]) == lesson_status::not_started);
  CHECK_FALSE(noted->after.completed_at);
  mark.notes = std::string(lesson_mark::longest_notes + 1, 'x');
  const auto refused = rules::mark_lesson(e, curriculum, curriculum[0], mark, now);
  CHECK(refused.refusal().fields.at(0).field == "notes");
  mark.notes = "";
  CHECK(rules::mark_lesson(e, curriculum, lesson_id::make(), mark, now).refusal().code == "LESSON_NOT_FOUND");
}

TEST_CASE("a row's number is made of two and tells both") {
  std::set<std::int64_t> seen;
  for (std::int64_t e = 0; e < 60; ++e)
    for (std::int64_t l = 0; l < 60; ++l) {
      const auto row = rules::row_number(e, l);
      CHECK(seen.insert(row).second);
      const auto back = rules::numbers_of(row);
      REQUIRE(back);
      CHECK(back->enrollment == e);
      CHECK(back->lesson == l);
    }
  for (const auto& [e, l] : {std::pair{94'000'000LL, 5LL}, std::pair{7LL, 2'999'999'999LL},
                             std::pair{2'999'999'998LL, 2'999'999'998LL}, std::pair{94'906'264LL, 94'906'264LL}}) {
    const auto back = rules::numbers_of(rules::row_number(e, l));
    REQUIRE(back);
    CHECK(back->enrollment == e);
    CHECK(back->lesson == l);
  }
  CHECK_FALSE(rules::numbers_of(-1));
  CHECK_FALSE(rules::numbers_of(std::numeric_limits<std::int64_t>::max()));
}

TEST_CASE("a row belongs to the learner whose enrolment it is of") {
  const auto c = make_course();
  learner l;
  l.enrollments.push_back(make_enrollment(c));
  l.enrollments[0].number = 12;
  const auto row = rules::row_number(12, 34);
  const auto place = rules::place_of_row(l, row);
  REQUIRE(place);
  CHECK(place->entered == &l.enrollments[0]);
  CHECK(place->lesson == 34);
  CHECK_FALSE(rules::place_of_row(l, rules::row_number(13, 34)));
  CHECK_FALSE(rules::place_of_row({}, row));
  CHECK_FALSE(rules::place_of_row(l, -row));
}

TEST_CASE("progress is derived from the current curriculum") {
  auto c = make_course({{10, 20, 30}, {40}});
  auto e = make_enrollment(c);
  auto p = progress_of(e, c);
  CHECK(p.total_lessons == 4);
  CHECK(p.percent == 0);
  CHECK(p.current == c.lessons_in_order()[0]);
  CHECK(p.current_position == 1);

  finish(e, c, 0, now);
  finish(e, c, 3, now);
  p = progress_of(e, c);
  CHECK(p.lessons_completed == 2);
  CHECK(p.percent == 50);
  CHECK(p.minutes_completed == 50);
  CHECK(p.current_position == 2);
  CHECK_FALSE(p.completed);

  // A lesson that was removed counts no more.
  c.sections[1].lessons.clear();
  p = progress_of(e, c);
  CHECK(p.total_lessons == 3);
  CHECK(p.lessons_completed == 1);
  CHECK(p.percent == 33);

  finish(e, c, 1, now);
  finish(e, c, 2, now);
  p = progress_of(e, c);
  CHECK(p.completed);
  CHECK(p.percent == 100);
  CHECK(p.current == nullptr);
}

TEST_CASE("progress rounds half up and is 100 with the last lesson only") {
  const auto percent = [](std::size_t done, std::size_t of) {
    auto c = make_course({std::vector<int>(of, 1)});
    auto e = make_enrollment(c);
    for (std::size_t i = 0; i < done; ++i) finish(e, c, i, now);
    return progress_of(e, c).percent;
  };
  CHECK(percent(1, 8) == 13);  // 12.5
  CHECK(percent(18, 40) == 45);
  CHECK(percent(19, 40) == 48);  // 47.5
  CHECK(percent(1, 3) == 33);
  CHECK(percent(2, 3) == 67);
  CHECK(percent(399, 400) == 99);
  CHECK(percent(400, 400) == 100);
  CHECK(percent(1, 400) == 0);
}

TEST_CASE("a course without lessons is never done") {
  const auto c = make_course({});
  const auto p = progress_of(make_enrollment(c), c);
  CHECK(p.percent == 0);
  CHECK_FALSE(p.completed);
  CHECK(p.current == nullptr);
}

#include "actors/course/course_curriculum.hpp"

#include <catch2/catch.hpp>

#include "actors/course/course_access.hpp"
#include "actors/course/course_size.hpp"

namespace {

using namespace stoa;
namespace rules = stoa::actors::course_rules;

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

/// Sections of so many lessons.
course course_of(const std::vector<std::size_t>& sections) {
  course c;
  c.id = course_id::make();
  c.instructor.id = user_id::make();
  for (const auto n : sections) {
    section s;
    s.id = section_id::make();
    s.position = static_cast<int>(c.sections.size() + 1);
    for (std::size_t i = 0; i < n; ++i) {
      lesson l;
      l.id = lesson_id::make();
      l.section = s.id;
      l.position = static_cast<int>(i + 1);
      s.lessons.push_back(l);
    }
    c.sections.push_back(std::move(s));
  }
  return c;
}

std::vector<lesson_id> ids_of(const course& c) {
  std::vector<lesson_id> out;
  for (const auto* l : c.lessons_in_order()) out.push_back(l->id);
  return out;
}

caller someone(user_id id) {
  caller who;
  who.signed_in = true;
  who.user = id;
  return who;
}

learner in_course(user_id id, course_id into) {
  learner l;
  l.id = id;
  l.enrollments.emplace_back();
  l.enrollments.back().course = into;
  return l;
}

}  // namespace

TEST_CASE("lessons are put into another order across sections", "[course]") {
  const auto c = course_of({2, 0, 3});
  auto order = ids_of(c);
  std::swap(order.front(), order.back());
  const auto next = rules::order_lessons(c, order, noon);
  REQUIRE(next);
  CHECK(ids_of(*next) == order);
  CHECK(next->sections[0].lessons.size() == 2);
  CHECK(next->sections[1].lessons.empty());
  CHECK(next->sections[2].lessons.size() == 3);
  for (const auto& s : next->sections) {
    int place = 0;
    for (const auto& l : s.lessons) {
      CHECK(l.section == s.id);
      CHECK(l.position == ++place);
    }
  }
  CHECK(rules::same(*rules::order_lessons(c, ids_of(c), noon), c));
  CHECK(rules::order_lessons(course_of({}), {}, noon));
}

TEST_CASE("an order names each lesson exactly once", "[course]") {
  const auto c = course_of({2, 1});
  const auto l = ids_of(c);
  const auto strange = lesson_id::make();
  const std::vector<std::vector<lesson_id>> wrong{{},
                                                  {l[0], l[1]},
                                                  {l[0], l[1], l[1]},
                                                  {l[0], l[1], strange},
                                                  {l[0], l[1], l[2], l[0]},
                                                  {l[0], l[1], l[2], strange}};
  for (const auto& order : wrong) {
    const auto refused = rules::order_lessons(c, order, noon);
    REQUIRE_FALSE(refused);
    CHECK(refused.refusal().kind == fault_kind::invalid);
    CHECK(refused.refusal().fields.at(0).field == "lesson_ids");
  }
}

TEST_CASE("a lesson behind all others finds a section", "[course]") {
  const auto fresh = section_id::make();
  const auto empty = rules::place_behind(course_of({}), fresh);
  REQUIRE(empty);
  CHECK(empty->section == fresh);
  REQUIRE(empty->in.sections.size() == 1);
  CHECK(empty->in.sections[0].title == rules::plain_section);

  const auto two = course_of({1, 1});
  const auto last = rules::place_behind(two, fresh);
  REQUIRE(last);
  CHECK(last->section == two.sections[1].id);
  CHECK(last->in.sections.size() == 2);

  const auto full = rules::place_behind(course_of({rules::most_lessons}), fresh);
  REQUIRE(full);
  CHECK(full->section == fresh);
  CHECK(full->in.sections.size() == 2);

  std::vector<std::size_t> all(rules::most_sections, 1);
  all.back() = rules::most_lessons;
  const auto refused = rules::place_behind(course_of(all), fresh);
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal().code == "COURSE_FULL");
}

TEST_CASE("the place of a lesson counts all sections", "[course]") {
  const auto c = course_of({2, 2});
  CHECK(rules::place_of(c, c.sections[0].lessons[0].id) == 1);
  CHECK(rules::place_of(c, c.sections[1].lessons[1].id) == 4);
  CHECK(rules::place_of(c, lesson_id::make()) == 0);
}

TEST_CASE("what a course shows to whom", "[course]") {
  auto c = course_of({1});
  const auto author = someone(c.instructor.id), other = someone(user_id::make()), in = someone(user_id::make());
  auto admin = someone(user_id::make());
  admin.roles.add(role::admin);
  const auto as_learner = in_course(in.user, c.id);
  const auto shows = [&](const caller& who, const learner* l, bool visible, bool entitled) {
    const auto access = actors::access_of(c, who, l);
    CHECK(access.visible == visible);
    CHECK(access.entitled == entitled);
  };
  c.status = course_status::published;
  shows(caller{}, nullptr, true, false);
  shows(other, nullptr, true, false);
  shows(in, &as_learner, true, true);
  shows(author, nullptr, true, true);
  shows(admin, nullptr, true, true);
  c.status = course_status::draft;
  shows(caller{}, nullptr, false, false);
  shows(other, nullptr, false, false);
  shows(in, &as_learner, true, true);
  shows(author, nullptr, true, true);
  shows(admin, nullptr, true, true);
  c.status = course_status::removed;
  shows(caller{}, nullptr, false, false);
  shows(author, nullptr, false, false);
  shows(admin, nullptr, false, false);
  shows(in, &as_learner, true, true);
  CHECK(rules::may_change(c, author).refusal().code == "COURSE_NOT_FOUND");
  CHECK(rules::may_see(c, admin).refusal().code == "COURSE_NOT_FOUND");
}

TEST_CASE("what lessons hold is shown to those who have it, and previews to all", "[course]") {
  lesson l;
  l.id = lesson_id::make();
  l.video_url = "https://v.example.com/1";
  l.content = "text";
  const auto nothing = actors::material_of(l, false, {});
  CHECK_FALSE(nothing.video_url);
  CHECK_FALSE(nothing.content);
  CHECK_FALSE(nothing.resources);
  CHECK(actors::material_of(l, true, {}).content == "text");
  l.is_preview = true;
  CHECK(actors::material_of(l, false, {}).video_url == "https://v.example.com/1");
  l.video_url.clear();
  CHECK_FALSE(actors::material_of(l, false, {}).video_url);
}

TEST_CASE("the time a course takes is what its author says, or its lessons", "[course]") {
  course_draft d;
  d.title = "Bread";
  auto c = *rules::create(d, course_id::make(), user_id::make(), noon);
  CHECK(c.minutes_to_take() == 0);
  d.estimated_minutes = std::optional<int>(90);
  c = *rules::change(c, d, noon);
  CHECK(c.minutes_to_take() == 90);
  d.estimated_minutes = std::optional<int>();
  CHECK(rules::change(c, d, noon)->minutes_to_take() == 0);
  d.estimated_minutes = std::optional<int>(-1);
  CHECK_FALSE(rules::change(c, d, noon));
}

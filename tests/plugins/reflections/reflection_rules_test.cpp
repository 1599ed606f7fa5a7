#include "plugins/reflections/reflection_rules.hpp"

#include <catch2/catch.hpp>

#include "tests/plugins/support/plugin_bench.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::reflections;

namespace {

const std::vector<std::string_view> visibilities{for_author, for_instructor, for_course};

std::string code(const result<done>& r) { return r ? "none" : r.refusal().code; }

}  // namespace

TEST_CASE("what somebody is to a course", "[reflections]") {
  known_courses courses;
  known_learners learners;
  const auto teacher = user_id::make(), ada = user_id::make();
  const auto course = courses.add(teacher, "C++"), other = courses.add(user_id::make(), "Go");
  learners.enter(ada, course->id);
  const auto is = [&](const course_ptr& c, const caller& who) {
    return standing_of(*c, who, *wait_for<learner_ptr>(learners.get(who.user)).value());
  };
  CHECK(is(course, plugin_bench::signed_in(ada)) == standing::learner);
  CHECK(is(other, plugin_bench::signed_in(ada)) == standing::stranger);
  CHECK(is(course, plugin_bench::signed_in(teacher, {role::instructor})) == standing::teacher);
  CHECK(is(other, plugin_bench::signed_in(teacher, {role::instructor})) == standing::stranger);
  CHECK(is(other, plugin_bench::signed_in(ada, {role::admin})) == standing::teacher);
}

TEST_CASE("who sees which reflections", "[reflections]") {
  reflection r;
  r.user = user_id::make();
  const auto other = user_id::make();
  for (const auto visibility : visibilities) {
    r.visibility = visibility;
    INFO(visibility);
    for (const auto s : {standing::stranger, standing::learner, standing::teacher}) CHECK(may_see(r, r.user, s));
    CHECK_FALSE(may_see(r, other, standing::stranger));
    CHECK(may_see(r, other, standing::learner) == (visibility == for_course));
    CHECK(may_see(r, other, standing::teacher) == (visibility != for_author));
  }
  CHECK(seen_of_others(standing::stranger).empty());
}

TEST_CASE("who writes, replies and looks around", "[reflections]") {
  course c;
  c.status = course_status::published;
  CHECK(code(may_write(c, standing::learner)) == "none");
  CHECK(code(may_write(c, standing::teacher)) == "none");
  CHECK(code(may_write(c, standing::stranger)) == "NOT_ENROLLED");
  CHECK(code(may_look_around(c, standing::stranger)) == "none");
  for (const auto status : {course_status::draft, course_status::archived}) {
    c.status = status;
    CHECK(code(may_write(c, standing::stranger)) == "LESSON_NOT_FOUND");
    CHECK(code(may_write(c, standing::learner)) == "none");
    CHECK(code(may_look_around(c, standing::stranger)) == "COURSE_NOT_FOUND");
    CHECK(code(may_look_around(c, standing::learner)) == "none");
  }

  reflection r;
  r.user = user_id::make();
  const auto other = user_id::make();
  r.visibility = for_course;
  CHECK(code(may_reply(r, other, standing::teacher)) == "none");
  CHECK(code(may_reply(r, other, standing::learner)) == "PERMISSION_DENIED");
  CHECK(code(may_reply(r, r.user, standing::learner)) == "PERMISSION_DENIED");
  CHECK(code(may_reply(r, other, standing::stranger)) == "REFLECTION_NOT_FOUND");
  r.visibility = for_instructor;
  CHECK(code(may_reply(r, other, standing::teacher)) == "none");
  CHECK(code(may_reply(r, other, standing::learner)) == "REFLECTION_NOT_FOUND");
  r.visibility = for_author;
  CHECK(code(may_reply(r, other, standing::teacher)) == "REFLECTION_NOT_FOUND");
}

TEST_CASE("a second lies within its lesson", "[reflections]") {
  lesson l;
  l.duration_minutes = 10;
  CHECK(check_second(l, std::nullopt));
  CHECK(check_second(l, 0));
  CHECK(check_second(l, 600));
  CHECK(check_second(l, 659));
  CHECK(check_second(l, 660).refusal().fields.at(0).field == "timestamp_seconds");
  l.duration_minutes = 0;
  CHECK(check_second(l, 100'000));
}

TEST_CASE("tags stand once, and a change leaves the rest as it is", "[reflections]") {
  using tags = std::vector<std::string>;
  CHECK(distinct_tags({"Hooks", "state", "hooks", "STATE", "x"}) == tags{"Hooks", "state", "x"});
  CHECK(distinct_tags({}).empty());

  const auto now = *parse_rfc3339("2026-01-27T16:05:00Z");
  reflection r;
  r.kind = "note";
  r.content = "before";
  r.visibility = for_author;
  r.at_second = 5;
  r.tags = {"a"};
  const auto same = changed(r, {}, now);
  CHECK(same.content == "before");
  CHECK(same.at_second == 5);
  CHECK(same.tags == tags{"a"});
  CHECK(same.updated_at == now);
  reflection_change c;
  c.content = "after";
  c.tags = tags{"b", "B"};
  c.at_second.emplace();
  const auto other = changed(r, c, now);
  CHECK(other.content == "after");
  CHECK(other.kind == "note");
  CHECK(other.tags == tags{"b"});
  CHECK_FALSE(other.at_second);

  for (const auto before : visibilities)
    for (const auto after : visibilities) {
      const bool first_time = before == for_author && after != for_author;
      CHECK(newly_shown(before, after) == first_time);
    }
}

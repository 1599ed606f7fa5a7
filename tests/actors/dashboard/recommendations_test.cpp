#include "actors/dashboard/recommendations.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/actors/enrollment/courses.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa::actors;
using namespace stoa::actors::dashboard_rules;

namespace {

const timestamp now = at("2026-01-27T17:00:00Z");

category category_named(const char* name) { return {category_id{uuid::from_name(name)}, 1, name, name}; }

course course_in(const char* category, course_level level, std::string title) {
  auto c = make_course({{10}}, std::move(title));
  c.category = category_named(category);
  c.level = level;
  return c;
}

course_ptr shared(course c) { return std::make_shared<course>(std::move(c)); }

void rate(course& c, std::int64_t count, std::int64_t stars) {
  c.numbers.rating_count = count;
  c.numbers.rating_sum = count * stars;
}

}  // namespace

TEST_CASE("the next level after a completed course comes first, with its reason") {
  const auto web = course_in("Development", course_level::beginner, "Web");
  auto e = make_enrollment(web);
  finish(e, web, 0, now);
  const auto of = make_studies({{e, web}});
  auto next = course_in("Development", course_level::intermediate, "React");
  rate(next, 1'000'000, 5);
  const auto r = judge(of, shared(next));
  CHECK(r.score == Approx(0.95));
  CHECK(r.reason == "You completed Web. This is a natural next step.");

  const auto same = judge(of, shared(course_in("Development", course_level::beginner, "CSS")));
  CHECK(same.score == Approx(0.60));
  CHECK(same.reason.find("Development") != std::string::npos);
}

TEST_CASE("the next level after a course in progress counts less") {
  const auto web = course_in("Development", course_level::beginner, "Web");
  const auto of = make_studies({{make_enrollment(web), web}});
  const auto r = judge(of, shared(course_in("Development", course_level::intermediate, "React")));
  CHECK(r.score == Approx(0.75));
  CHECK(r.reason.find("Web") != std::string::npos);
}

TEST_CASE("an instructor taken before is a reason") {
  const auto web = course_in("Development", course_level::beginner, "Web");
  const auto of = make_studies({{make_enrollment(web), web}});
  auto c = course_in("Design", course_level::beginner, "Colours");
  c.instructor = web.instructor;
  const auto r = judge(of, shared(c));
  CHECK(r.score == Approx(0.65));
  CHECK(r.reason == "You took Web with Ada Lovelace.");
}

TEST_CASE("strangers get what is popular and well rated") {
  const auto of = make_studies({});
  auto c = course_in("Design", course_level::beginner, "Colours");
  c.numbers.students = 67890;
  rate(c, 20, 4);
  const auto r = judge(of, shared(c));
  CHECK(r.reason == "Chosen by 67890 learners and rated 4.0 out of 5.");
  CHECK(r.score == Approx(0.44));  // 0.5 - 0.1 * (1 - 0.8 / 2)
  CHECK(judge(of, shared(course_in("Design", course_level::beginner, "New"))).reason == "Something new to try.");
}

TEST_CASE("a course without a category is recommended as well") {
  auto web = make_course({{10}}, "Web");
  const auto of = make_studies({{make_enrollment(web), web}});
  CHECK(judge(of, shared(make_course({{10}}, "Other"))).score == Approx(0.40));
}

TEST_CASE("recommendations leave out what is enrolled, withdrawn or doubled, and are the same each time") {
  const auto web = course_in("Development", course_level::beginner, "Web");
  const auto of = make_studies({{make_enrollment(web), web}});
  auto draft = course_in("Development", course_level::intermediate, "Draft");
  draft.status = course_status::draft;
  std::vector<course_ptr> candidates{shared(web), shared(draft)};
  for (int i = 0; i < 20; ++i) candidates.push_back(shared(course_in("Design", course_level::beginner, "D")));
  candidates.push_back(shared(course_in("Development", course_level::intermediate, "React")));
  candidates.push_back(candidates.back());

  const auto first = recommend(of, candidates, 10);
  REQUIRE(first.size() == 10);
  CHECK(first[0].course->title == "React");
  CHECK(first[1].course->title == "D");
  std::reverse(candidates.begin(), candidates.end());
  const auto again = recommend(of, candidates, 10);
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(first[i].course->id == again[i].course->id);
}

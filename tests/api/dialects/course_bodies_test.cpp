#include <catch2/catch.hpp>

#include "api/learnflow/course_views.hpp"

namespace {

using namespace stoa;

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

course_ptr course_of(std::size_t text, std::int64_t version = 1, course_id id = course_id::make()) {
  auto c = std::make_shared<course>();
  c->id = id;
  c->version = version;
  c->status = course_status::published;
  c->title = "A course";
  c->description = std::string(text, 'x');
  return c;
}

}  // namespace

TEST_CASE("an encoded course is kept for its version, and keeps no snapshot in memory", "[bodies]") {
  learnflow::course_bodies bodies;
  auto c = course_of(1000);
  const auto first = bodies.detail(c, false, noon);
  CHECK(bodies.detail(c, false, noon) == first);
  CHECK(bodies.detail(c, true, noon) != first);
  const auto next = course_of(1000, 2, c->id);
  CHECK(bodies.detail(next, false, noon) != first);
  const std::weak_ptr<const course> seen = c;
  c = nullptr;
  CHECK(seen.expired());
  // Another snapshot of the same version, its numbers changed, is another body.
  const auto again = course_of(1000, 2, next->id);
  CHECK(bodies.detail(again, false, noon) != bodies.detail(next, false, noon));
}

TEST_CASE("encoded courses stay within their bytes, however many are asked for", "[bodies]") {
  learnflow::course_bodies bodies;
  std::vector<std::weak_ptr<const learnflow::detail_body>> made;
  for (int i = 0; i < 6000; ++i) made.push_back(bodies.detail(course_of(20'000), false, noon));
  std::size_t kept = 0;
  for (const auto& one : made) kept += one.expired() ? 0 : 1;
  CHECK(kept > 500);
  CHECK(kept * 20'000 < 64u << 20);
}

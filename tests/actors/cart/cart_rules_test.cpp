#include "actors/cart/cart_rules.hpp"

#include "actors/kept_courses/kept_courses.hpp"

#include <catch2/catch.hpp>

using namespace stoa;
using namespace stoa::actors;

namespace {

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

course published_course() {
  course c;
  c.id = course_id::make();
  c.status = course_status::published;
  return c;
}

}  // namespace

TEST_CASE("a published course may be bought once, a draft never", "[cart]") {
  auto c = published_course();
  learner nobody;
  CHECK(cart_rules::may_buy(c, nobody).ok());

  c.status = course_status::draft;
  CHECK(cart_rules::may_buy(c, nobody).refusal().code == "COURSE_NOT_FOUND");

  c.status = course_status::published;
  learner owner;
  enrollment e;
  e.course = c.id;
  owner.enrollments.push_back(e);
  auto refused = cart_rules::may_buy(c, owner);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.refusal().code == "ALREADY_ENROLLED");
  CHECK(refused.refusal().kind == fault_kind::conflict);
}

TEST_CASE("a cart takes a course once and has a bound", "[cart]") {
  cart c;
  const auto course = course_id::make();
  auto item = cart_rules::add(c, course, cart_item_id::make(), noon);
  REQUIRE(item.ok());
  CHECK(item->course == course);
  CHECK(item->added_at == noon);
  c.items.push_back(*item);
  CHECK(cart_rules::add(c, course, cart_item_id::make(), noon).refusal().code == "ITEM_ALREADY_IN_CART");

  while (c.items.size() < cart_rules::most_items) c.items.push_back({cart_item_id::make(), course_id::make(), noon});
  CHECK(cart_rules::add(c, course_id::make(), cart_item_id::make(), noon).refusal().code == "CART_FULL");
}

TEST_CASE("an item that is not in this cart is unknown", "[cart]") {
  cart c;
  c.items.push_back({cart_item_id::make(), course_id::make(), noon});
  CHECK(kept_courses::find(c, c.items.front().id).ok());
  CHECK(kept_courses::find(c, cart_item_id::make()).refusal().code == "CART_ITEM_NOT_FOUND");
}

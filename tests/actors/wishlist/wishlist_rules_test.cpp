#include "actors/wishlist/wishlist_rules.hpp"

#include "actors/kept_courses/kept_courses.hpp"

#include <catch2/catch.hpp>

#include "tests/actors/enrollment/courses.hpp"

using namespace stoa;
using namespace stoa::testing;
namespace rules = stoa::actors::wishlist_rules;

TEST_CASE("a course stands on a wishlist once") {
  wishlist w;
  const auto course = course_id::make();
  const auto now = at("2026-01-27T17:00:00Z");
  auto item = rules::add(w, course, wishlist_item_id::make(), now);
  REQUIRE(item.ok());
  CHECK(item->course == course);
  CHECK(item->added_at == now);
  w.items.push_back(*item);
  const auto again = rules::add(w, course, wishlist_item_id::make(), now);
  CHECK(again.refusal().code == "ITEM_ALREADY_IN_WISHLIST");
  CHECK(again.refusal().kind == fault_kind::conflict);

  CHECK(actors::kept_courses::find(w, item->id)->id == item->id);
  CHECK(actors::kept_courses::find(w, wishlist_item_id::make()).refusal().code == "WISHLIST_ITEM_NOT_FOUND");
}

TEST_CASE("a wishlist is bounded") {
  wishlist w;
  for (std::size_t i = 0; i < rules::most_items; ++i)
    w.items.push_back({wishlist_item_id::make(), course_id::make(), timestamp{}});
  CHECK(rules::add(w, course_id::make(), wishlist_item_id::make(), timestamp{}).refusal().code == "WISHLIST_FULL");
}

TEST_CASE("only what is published can be wished for") {
  auto c = make_course();
  CHECK(rules::may_wish(c).ok());
  c.status = course_status::draft;
  CHECK(rules::may_wish(c).refusal().code == "COURSE_NOT_FOUND");
}

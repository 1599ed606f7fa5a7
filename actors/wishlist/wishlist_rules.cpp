#include "actors/wishlist/wishlist_rules.hpp"

#include "actors/kept_courses/kept_courses.hpp"

namespace stoa::actors::wishlist_rules {

result<done> may_wish(const course& c) {
  if (!c.published()) return not_found(course_id{});
  return done{};
}

result<wishlist_item> add(const wishlist& in, course_id course, wishlist_item_id id, timestamp now) {
  constexpr kept_courses::terms terms{most_items, "ITEM_ALREADY_IN_WISHLIST", "This course is already in your wishlist",
                                      "WISHLIST_FULL", "A wishlist holds at most 500 courses."};
  return kept_courses::add(in, course, id, now, terms);
}

}  // namespace stoa::actors::wishlist_rules

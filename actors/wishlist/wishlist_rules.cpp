#include "actors/wishlist/wishlist_rules.hpp"

namespace stoa::actors::wishlist_rules {

result<done> may_wish(const course& c) {
  if (!c.published()) return not_found(course_id{});
  return done{};
}

result<wishlist_item> add(const wishlist& in, course_id course, wishlist_item_id id, timestamp now) {
  if (in.find(course))
    return fault(fault_kind::conflict, "ITEM_ALREADY_IN_WISHLIST", "This course is already in your wishlist");
  if (in.items.size() >= most_items)
    return fault(fault_kind::rejected, "WISHLIST_FULL", "A wishlist holds at most 500 courses.");
  return wishlist_item{id, course, now};
}

result<wishlist_item> find(const wishlist& in, wishlist_item_id id) {
  if (const auto* item = in.find(id)) return *item;
  return not_found(wishlist_item_id{});
}

}  // namespace stoa::actors::wishlist_rules

#include "actors/wishlist/wishlist_rules.hpp"

namespace stoa::actors::wishlist_rules {

result<done> may_wish(const course& c) {
  if (!c.published()) return fault(fault_kind::not_found, "COURSE_NOT_FOUND", "The requested course does not exist");
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
  return fault(fault_kind::not_found, "WISHLIST_ITEM_NOT_FOUND", "The requested wishlist item does not exist");
}

}  // namespace stoa::actors::wishlist_rules

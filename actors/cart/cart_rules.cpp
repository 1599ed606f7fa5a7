#include "actors/cart/cart_rules.hpp"

namespace stoa::actors::cart_rules {

result<done> may_buy(const course& c, const learner& buyer) {
  if (!c.published()) return fault(fault_kind::not_found, "COURSE_NOT_FOUND", "The requested course does not exist");
  if (buyer.find(c.id))
    return fault(fault_kind::conflict, "ALREADY_ENROLLED", "You are already enrolled in this course");
  return done{};
}

result<cart_item> add(const cart& in, course_id course, cart_item_id id, timestamp now) {
  if (in.find(course))
    return fault(fault_kind::conflict, "ITEM_ALREADY_IN_CART", "This course is already in your cart");
  if (in.items.size() >= most_items)
    return fault(fault_kind::rejected, "CART_FULL", "A cart holds at most 200 courses.");
  return cart_item{id, course, now};
}

result<cart_item> find(const cart& in, cart_item_id id) {
  if (const auto* item = in.find(id)) return *item;
  return fault(fault_kind::not_found, "CART_ITEM_NOT_FOUND", "The requested cart item does not exist");
}

}  // namespace stoa::actors::cart_rules

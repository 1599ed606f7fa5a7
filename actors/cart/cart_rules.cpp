#include "actors/cart/cart_rules.hpp"

namespace stoa::actors::cart_rules {

result<done> may_buy(const course& c, const learner& buyer) {
  if (!c.published()) return not_found(course_id{});
  if (buyer.find(c.id))
    return fault(fault_kind::conflict, "ALREADY_ENROLLED", "You are already enrolled in this course");
  return done{};
}

std::optional<std::string> not_for_sale(const course& c, const learner& buyer) {
  if (!c.published()) return "COURSE_NOT_AVAILABLE";
  if (buyer.find(c.id)) return "ALREADY_ENROLLED";
  return std::nullopt;
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
  return not_found(cart_item_id{});
}

}  // namespace stoa::actors::cart_rules

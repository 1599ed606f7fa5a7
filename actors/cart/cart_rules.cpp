#include "actors/cart/cart_rules.hpp"

#include "actors/kept_courses/kept_courses.hpp"

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
  constexpr kept_courses::terms terms{most_items, "ITEM_ALREADY_IN_CART", "This course is already in your cart",
                                      "CART_FULL", "A cart holds at most 200 courses."};
  return kept_courses::add(in, course, id, now, terms);
}

}  // namespace stoa::actors::cart_rules

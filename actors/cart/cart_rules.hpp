// The rules of a cart: pure functions over its state.
#pragma once

#include <optional>
#include <string>

#include "stoa/areas/carts.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::cart_rules {

inline constexpr std::size_t most_items = 200;

/// Whether a course may go into this person's cart: published, and not theirs already.
result<done> may_buy(const course& c, const learner& buyer);

/// Why a course that lies in this person's cart cannot be ordered, with the code that ordering it answers:
/// COURSE_NOT_AVAILABLE (withdrawn), ALREADY_ENROLLED. None where it can.
std::optional<std::string> not_for_sale(const course& c, const learner& buyer);

/// The item that a course becomes. ITEM_ALREADY_IN_CART, CART_FULL.
result<cart_item> add(const cart& in, course_id course, cart_item_id id, timestamp now);

}  // namespace stoa::actors::cart_rules

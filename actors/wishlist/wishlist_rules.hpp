// The rules of a wishlist: pure functions over its state.
#pragma once

#include "stoa/areas/carts.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::wishlist_rules {

inline constexpr std::size_t most_items = 500;

/// Whether a course may be wished for: published. A course that is owned already may stay on the list.
result<done> may_wish(const course& c);

/// The item that a course becomes. ITEM_ALREADY_IN_WISHLIST, WISHLIST_FULL.
result<wishlist_item> add(const wishlist& in, course_id course, wishlist_item_id id, timestamp now);

}  // namespace stoa::actors::wishlist_rules

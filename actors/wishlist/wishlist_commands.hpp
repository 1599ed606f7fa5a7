// What a wishlist can be told.
#pragma once

#include "stoa/areas/carts.hpp"
#include "stoa/result.hpp"

namespace stoa::actors {

struct read_wishlist {};
struct add_to_wishlist {
  course_id course;
};
struct remove_from_wishlist {
  wishlist_item_id item;
};

}  // namespace stoa::actors

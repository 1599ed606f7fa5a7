// What a cart can be told.
#pragma once

#include "stoa/areas/carts.hpp"
#include "stoa/result.hpp"

namespace stoa::actors {

struct read_cart {};
struct add_to_cart {
  course_id course;
};
struct remove_from_cart {
  cart_item_id item;
};
struct clear_cart {};
struct refresh_cart {};
struct reload_cart {};

}  // namespace stoa::actors

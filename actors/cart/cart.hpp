// What a cart is as an entity, what it can be told, and what follows.
#pragma once

#include "actors/cart/cart_rules.hpp"
#include "actors/kept_courses/kept_courses.hpp"
#include "stoa/areas/carts.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

struct add_to_cart {
  course_id course;
  using reply = cart_item;
};
BOOST_DESCRIBE_STRUCT(add_to_cart, (), (course))

struct remove_from_cart {
  cart_item_id item;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(remove_from_cart, (), (item))

struct clear_cart {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(clear_cart, (), ())

/// CART `cart/<user>`: what one person means to buy.
struct cart_kind {
  static constexpr const char* name = "cart";
  using key = user_id;
  using state = cart;
  using commands = command_list<
      // Puts a course in.
      add_to_cart,
      // Takes an item out.
      remove_from_cart,
      // Takes all out.
      clear_cart>;
};

inline result<outcome<cart, cart_item>> decide(const cart& now, const add_to_cart& told, const moment& m) {
  return kept_courses::with(now, cart_rules::add(now, told.course, cart_item_id{m.fresh}, m.now), m.now);
}

inline result<outcome<cart, done>> decide(const cart& now, const remove_from_cart& told, const moment& m) {
  return kept_courses::without(now, kept_courses::find(now, told.item), m.now);
}

inline result<outcome<cart, done>> decide(const cart& now, const clear_cart&, const moment& m) {
  if (now.items.empty()) return outcome<cart, done>{};
  cart next = now;
  next.updated_at = m.now;
  next.items.clear();
  return outcome<cart, done>{std::move(next)};
}

}  // namespace stoa::actors

// The SQL of carts. Every write names the version it saw and answers no row when another writer was faster.
#pragma once

#include "actors/cart/cart.hpp"
#include "stoa/columns.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::cart_store {

/// The row of a cart itself.
struct root {
  uuid id;
  std::int64_t version = 0;
  timestamp updated_at;
};
BOOST_DESCRIBE_STRUCT(root, (), (id, version, updated_at))

inline constexpr statement load{"cart.load", kept_courses::load_sql<"cart", root, cart_item>};
inline constexpr statement add_item{"cart.add_item", kept_courses::add_sql<"cart", ", id", ", :p7::uuid">};
inline constexpr statement remove_item{"cart.remove_item", kept_courses::remove_sql<"cart">};

inline constexpr statement clear{"cart.clear", R"(
  with root as (
    update cart set version = version + 1, updated_at = :p2::timestamptz
    where user_id = :p1::uuid and version = :p3::bigint
    returning user_id, version),
  gone as (delete from cart_item using root where cart_item.user_id = root.user_id),
  told as (
    )" STOA_TELL_ONE(":p4") R"(, root)
  select version from root)"};

/// The cart that rows of `load` describe; an empty one, at version 0, for none.
cart read(user_id owner, const rows& r);

}  // namespace stoa::actors::cart_store

namespace stoa::actors {

inline bound_statement load(const cart_kind&, const user_id& owner) {
  return {&cart_store::load, {owner}, acts_as(owner)};
}
inline result<cart> read(const cart_kind&, const user_id& owner, const rows& found) {
  return cart_store::read(owner, found);
}

inline bound_statement save(const cart& before, const cart& after, const add_to_cart& told, const moment& m) {
  return kept_courses::added(cart_store::add_item, before, after, cart_item_added{told.course}, m, {after.id});
}
inline bound_statement save(const cart& before, const cart&, const remove_from_cart& told, const moment& m) {
  return kept_courses::removed(cart_store::remove_item, before, told.item,
                               cart_item_removed{before.find(told.item)->course}, m);
}
inline bound_statement save(const cart& before, const cart& after, const clear_cart&, const moment& m) {
  return {&cart_store::clear,
          {after.owner, m.now, before.version, one_event(m.now, after.owner, after.owner, cart_cleared{})},
          acts_as(after.owner)};
}

}  // namespace stoa::actors

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

/// Cart row and items in one answer; no rows where the person never had a cart.
inline constexpr auto load_sql = "select " + columns<root, "c"> + ", " + columns<cart_item, "i"> + R"(
  from cart c left join cart_item i on i.user_id = c.user_id
  where c.user_id = :p1::uuid
  order by i.added_at, i.id)";
inline constexpr statement load{"cart.load", load_sql};

inline constexpr statement add_item{"cart.add_item", R"(
  with root as (
    insert into cart (user_id, id, version, updated_at)
    select :p1::uuid, :p2::uuid, 1, :p3::timestamptz
    on conflict (user_id) do update set version = cart.version + 1, updated_at = excluded.updated_at
      where cart.version = :p4::bigint
    returning user_id, version),
  item as (
    insert into cart_item (id, user_id, course_id, added_at)
    select :p5::uuid, user_id, :p6::uuid, :p3::timestamptz from root),
  told as (
    )" STOA_TELL_ONE(":p7") R"(, root)
  select version from root)"};

inline constexpr statement remove_item{"cart.remove_item", R"(
  with root as (
    update cart set version = version + 1, updated_at = :p2::timestamptz
    where user_id = :p1::uuid and version = :p3::bigint
    returning user_id, version),
  gone as (delete from cart_item using root where cart_item.user_id = root.user_id and cart_item.id = :p4::uuid returning cart_item.course_id),
  told as (
    )" STOA_TELL_ONE(":p5") R"(, gone)
  select version from root)"};

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
  return {&cart_store::add_item,
          {after.owner, after.id, m.now, before.version, after.items.back().id, told.course,
           one_event(m.now, after.owner, after.items.back().id, cart_item_added{told.course})},
          acts_as(after.owner)};
}
inline bound_statement save(const cart& before, const cart& after, const remove_from_cart& told, const moment& m) {
  const auto* gone = before.find(told.item);
  return {&cart_store::remove_item,
          {after.owner, m.now, before.version, told.item,
           one_event(m.now, after.owner, told.item, cart_item_removed{gone->course})},
          acts_as(after.owner)};
}
inline bound_statement save(const cart& before, const cart& after, const clear_cart&, const moment& m) {
  return {&cart_store::clear,
          {after.owner, m.now, before.version, one_event(m.now, after.owner, after.owner, cart_cleared{})},
          acts_as(after.owner)};
}

}  // namespace stoa::actors

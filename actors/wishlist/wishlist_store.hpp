// The SQL of wishlists. Every write names the version it saw and answers no row when another writer was faster.
#pragma once

#include "actors/wishlist/wishlist.hpp"
#include "stoa/columns.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::wishlist_store {

/// The row of a wishlist itself.
struct root {
  std::int64_t version = 0;
  timestamp updated_at;
};
BOOST_DESCRIBE_STRUCT(root, (), (version, updated_at))

/// Wishlist row and items in one answer; no rows where the person never had a wishlist.
inline constexpr auto load_sql = "select " + columns<root, "w"> + ", " + columns<wishlist_item, "i"> + R"(
  from wishlist w left join wishlist_item i on i.user_id = w.user_id
  where w.user_id = :p1::uuid
  order by i.added_at, i.id)";
inline constexpr statement load{"wishlist.load", load_sql};

inline constexpr statement add_item{"wishlist.add_item", R"(
  with root as (
    insert into wishlist (user_id, version, updated_at)
    select :p1::uuid, 1, :p2::timestamptz
    on conflict (user_id) do update set version = wishlist.version + 1, updated_at = excluded.updated_at
      where wishlist.version = :p3::bigint
    returning user_id, version),
  item as (
    insert into wishlist_item (id, user_id, course_id, added_at)
    select :p4::uuid, user_id, :p5::uuid, :p2::timestamptz from root),
  told as (
    )" STOA_TELL_ONE(":p6") R"(, root)
  select version from root)"};

inline constexpr statement remove_item{"wishlist.remove_item", R"(
  with root as (
    update wishlist set version = version + 1, updated_at = :p2::timestamptz
    where user_id = :p1::uuid and version = :p3::bigint
    returning user_id, version),
  gone as (delete from wishlist_item using root where wishlist_item.user_id = root.user_id and wishlist_item.id = :p4::uuid),
  told as (
    )" STOA_TELL_ONE(":p5") R"(, root)
  select version from root)"};

/// The wishlist that rows of `load` describe; an empty one, at version 0, for none.
wishlist read(user_id owner, const rows& r);

}  // namespace stoa::actors::wishlist_store

namespace stoa::actors {

inline bound_statement load(const wishlist_kind&, const user_id& owner) {
  return {&wishlist_store::load, {owner}, acts_as(owner)};
}
inline result<wishlist> read(const wishlist_kind&, const user_id& owner, const rows& found) {
  return wishlist_store::read(owner, found);
}

inline bound_statement save(const wishlist& before, const wishlist& after, const add_to_wishlist& told,
                            const moment& m) {
  const auto item = after.items.back().id;
  return {
      &wishlist_store::add_item,
      {after.owner, m.now, before.version, item, told.course, one_event(m.now, after.owner, item, wishlist_changed{})},
      acts_as(after.owner)};
}
inline bound_statement save(const wishlist& before, const wishlist& after, const remove_from_wishlist& told,
                            const moment& m) {
  return {&wishlist_store::remove_item,
          {after.owner, m.now, before.version, told.item, one_event(m.now, after.owner, told.item, wishlist_changed{})},
          acts_as(after.owner)};
}

}  // namespace stoa::actors

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

inline constexpr statement load{"wishlist.load", kept_courses::load_sql<"wishlist", root, wishlist_item>};
inline constexpr statement add_item{"wishlist.add_item", kept_courses::add_sql<"wishlist">};
inline constexpr statement remove_item{"wishlist.remove_item", kept_courses::remove_sql<"wishlist">};

}  // namespace stoa::actors::wishlist_store

namespace stoa::actors {

inline bound_statement load(const wishlist_kind&, const user_id& owner) {
  return {&wishlist_store::load, {owner}, acts_as(owner)};
}
inline result<wishlist> read(const wishlist_kind&, const user_id& owner, const rows& found) {
  return kept_courses::read<wishlist, wishlist_store::root>(owner, found);
}

inline bound_statement save(const wishlist& before, const wishlist& after, const add_to_wishlist&, const moment& m) {
  return kept_courses::added(wishlist_store::add_item, before, after, wishlist_changed{}, m);
}
inline bound_statement save(const wishlist& before, const wishlist&, const remove_from_wishlist& told,
                            const moment& m) {
  return kept_courses::removed(wishlist_store::remove_item, before, told.item, wishlist_changed{}, m);
}

}  // namespace stoa::actors

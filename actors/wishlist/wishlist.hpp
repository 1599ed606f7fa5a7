// What a wishlist is as an entity, what it can be told, and what follows.
#pragma once

#include "actors/wishlist/wishlist_rules.hpp"
#include "stoa/areas/carts.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

struct add_to_wishlist {
  course_id course;
  using reply = wishlist_item;
};
BOOST_DESCRIBE_STRUCT(add_to_wishlist, (), (course))

struct remove_from_wishlist {
  wishlist_item_id item;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(remove_from_wishlist, (), (item))

/// WISHLIST `wishlist/<user>`: what one person dreams of.
struct wishlist_kind {
  static constexpr const char* name = "wishlist";
  using key = user_id;
  using state = wishlist;
  using commands = command_list<
      // Puts a course on it.
      add_to_wishlist,
      // Takes an item off.
      remove_from_wishlist>;
};

inline result<outcome<wishlist, wishlist_item>> decide(const wishlist& now, const add_to_wishlist& told,
                                                       const moment& m) {
  auto added = wishlist_rules::add(now, told.course, wishlist_item_id{m.fresh}, m.now);
  if (!added) return std::move(added).refusal();
  wishlist next = now;
  next.updated_at = m.now;
  next.items.push_back(*added);
  return outcome<wishlist, wishlist_item>{std::move(next), *added};
}

inline result<outcome<wishlist, done>> decide(const wishlist& now, const remove_from_wishlist& told, const moment& m) {
  const auto gone = wishlist_rules::find(now, told.item);
  if (!gone) return gone.refusal();
  wishlist next = now;
  next.updated_at = m.now;
  std::erase_if(next.items, [&](const wishlist_item& i) { return i.id == told.item; });
  return outcome<wishlist, done>{std::move(next)};
}

}  // namespace stoa::actors

// What a wishlist is as an entity, what it can be told, and what follows.
#pragma once

#include "actors/kept_courses/kept_courses.hpp"
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
  return kept_courses::with(now, wishlist_rules::add(now, told.course, wishlist_item_id{m.fresh}, m.now), m.now);
}

inline result<outcome<wishlist, done>> decide(const wishlist& now, const remove_from_wishlist& told, const moment& m) {
  return kept_courses::without(now, kept_courses::find(now, told.item), m.now);
}

}  // namespace stoa::actors

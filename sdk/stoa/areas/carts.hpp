// Carts and wishlists: what a person means to buy, and dreams of.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include <memory>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/events.hpp"
#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area carts{"carts", 1};
}

/// A course in a cart, with what was shown of it when it was put there.
struct cart_item {
  cart_item_id id;
  course_id course;
  timestamp added_at;
};
BOOST_DESCRIBE_STRUCT(cart_item, (), (id, course, added_at))

/// A cart at one version: immutable, shared by readers.
struct cart {
  user_id owner;
  uuid id;  ///< stable for the owner
  std::int64_t version = 0;
  std::vector<cart_item> items;  ///< oldest first
  timestamp updated_at;

  const cart_item* find(course_id course) const;
  const cart_item* find(cart_item_id item) const;
};
using cart_ptr = std::shared_ptr<const cart>;

fault not_found(const cart_item_id&);      ///< CART_ITEM_NOT_FOUND
fault not_found(const wishlist_item_id&);  ///< WISHLIST_ITEM_NOT_FOUND

/// Faults: COURSE_NOT_FOUND, CART_ITEM_NOT_FOUND (not_found), ITEM_ALREADY_IN_CART, ALREADY_ENROLLED (conflict),
/// CART_FULL (rejected).
/// Thread-safe. The core owns it and keeps it for as long as any plugin; who awaits goes on where it was begun.
class carts {
 public:
  static constexpr interface_id interface { areas::carts, "carts" };
  virtual ~carts();
  /// The cart as it was last committed; empty for whoever never had one. Any thread;
  /// `unavailable` while the database is away, as for all of these.
  virtual task<cart_ptr> get(user_id owner) = 0;
  /// The snapshot in memory, without waiting; null where it is not loaded.
  virtual cart_ptr peek(user_id owner) const = 0;
  virtual task<cart_item> add(user_id owner, course_id course) = 0;
  virtual task<done> remove(user_id owner, cart_item_id item) = 0;
  /// Of an empty cart, too.
  virtual task<done> clear(user_id owner) = 0;
  /// Tells a loaded cart that its rows were changed by another owner's transaction (a paid order). Returns at once.
  virtual void refresh(user_id owner) = 0;
  /// Reads the rows anew and ends when every later `get` on this node shows them.
  virtual task<done> reload(user_id owner) = 0;
};

/// A course on a wish list.
struct wishlist_item {
  wishlist_item_id id;
  course_id course;
  timestamp added_at;
};
BOOST_DESCRIBE_STRUCT(wishlist_item, (), (id, course, added_at))

/// All of one person's, at one version: immutable, shared by readers.
struct wishlist {
  user_id owner;
  std::int64_t version = 0;
  std::vector<wishlist_item> items;  ///< oldest first
  timestamp updated_at;

  const wishlist_item* find(course_id course) const;
  const wishlist_item* find(wishlist_item_id item) const;
};
using wishlist_ptr = std::shared_ptr<const wishlist>;

/// Faults: COURSE_NOT_FOUND, WISHLIST_ITEM_NOT_FOUND (not_found), ITEM_ALREADY_IN_WISHLIST (conflict), WISHLIST_FULL
/// (rejected).
/// Thread-safe. The core owns it and keeps it for as long as any plugin; who awaits goes on where it was begun.
class wishlists {
 public:
  static constexpr interface_id interface { areas::carts, "wishlists" };
  virtual ~wishlists();
  /// As it was last committed; empty for whoever never had one.
  virtual task<wishlist_ptr> get(user_id owner) = 0;
  /// The one in memory, without waiting; null where it is not loaded.
  virtual wishlist_ptr peek(user_id owner) const = 0;
  virtual task<wishlist_item> add(user_id owner, course_id course) = 0;
  virtual task<done> remove(user_id owner, wishlist_item_id item) = 0;
};

// -- events

/// An event: a course was put into a cart.
struct cart_item_added {
  static constexpr std::string_view kind = "cart.item_added";
  static constexpr std::string_view about = "A course was put into a cart.";
  static constexpr std::string_view entity = "the item";
  stoa::course_id course_id;
};
BOOST_DESCRIBE_STRUCT(cart_item_added, (), (course_id))

/// An event: a course was taken out of a cart.
struct cart_item_removed {
  static constexpr std::string_view kind = "cart.item_removed";
  static constexpr std::string_view about = "A course was taken out of a cart.";
  static constexpr std::string_view entity = "the item";
  stoa::course_id course_id;
};
BOOST_DESCRIBE_STRUCT(cart_item_removed, (), (course_id))

/// An event: a cart was emptied by its owner.
struct cart_cleared {
  static constexpr std::string_view kind = "cart.cleared";
  static constexpr std::string_view about = "A cart was emptied by its owner.";
  static constexpr std::string_view entity = "the owner";
};
BOOST_DESCRIBE_STRUCT(cart_cleared, (), ())

/// An event: a course came into a wishlist or left it.
struct wishlist_changed {
  static constexpr std::string_view kind = "wishlist.changed";
  static constexpr std::string_view about = "A course came into a wishlist or left it.";
  static constexpr std::string_view entity = "the item";
};
BOOST_DESCRIBE_STRUCT(wishlist_changed, (), ())

}  // namespace stoa

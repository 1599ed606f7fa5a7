#include "stoa/areas/carts.hpp"

#include <algorithm>

namespace stoa {
namespace {

template <class Items, class Test>
auto first_of(const Items& items, Test test) -> decltype(items.data()) {
  const auto at = std::find_if(items.begin(), items.end(), test);
  return at == items.end() ? nullptr : &*at;
}

}  // namespace

const cart_item* cart::find(course_id course) const {
  return first_of(items, [&](const cart_item& i) { return i.course == course; });
}

const cart_item* cart::find(cart_item_id item) const {
  return first_of(items, [&](const cart_item& i) { return i.id == item; });
}

const wishlist_item* wishlist::find(course_id course) const {
  return first_of(items, [&](const wishlist_item& i) { return i.course == course; });
}

const wishlist_item* wishlist::find(wishlist_item_id item) const {
  return first_of(items, [&](const wishlist_item& i) { return i.id == item; });
}

carts::~carts() = default;

wishlists::~wishlists() = default;

fault not_found(const cart_item_id&) {
  return {fault_kind::not_found, "CART_ITEM_NOT_FOUND", "The requested cart item does not exist"};
}

fault not_found(const wishlist_item_id&) {
  return {fault_kind::not_found, "WISHLIST_ITEM_NOT_FOUND", "The requested wishlist item does not exist"};
}

}  // namespace stoa

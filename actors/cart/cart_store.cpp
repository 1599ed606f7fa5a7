#include "actors/cart/cart_store.hpp"

namespace stoa::actors::cart_store {

cart read(user_id owner, const rows& r) {
  auto c = kept_courses::read<cart, root>(owner, r);
  if (r.empty()) c.id = uuid::from_name("cart of " + owner.str());
  return c;
}

}  // namespace stoa::actors::cart_store

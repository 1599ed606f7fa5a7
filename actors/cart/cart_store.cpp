#include "actors/cart/cart_store.hpp"

namespace stoa::actors::cart_store {

cart read(user_id owner, const rows& r) {
  cart c;
  c.owner = owner;
  if (r.empty()) {
    c.id = uuid::from_name("cart of " + owner.str());
    return c;
  }
  c.id = r.front().as_uuid(0);
  c.version = r.front().integer(1);
  c.updated_at = r.front().time(2);
  for (auto row : r)
    if (!row.null(3)) c.items.push_back({row.as<cart_item_id>(3), row.as<course_id>(4), row.time(5)});
  return c;
}

}  // namespace stoa::actors::cart_store

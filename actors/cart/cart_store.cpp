#include "actors/cart/cart_store.hpp"

namespace stoa::actors::cart_store {

cart read(user_id owner, const rows& r) {
  cart c;
  c.owner = owner;
  if (r.empty()) {
    c.id = uuid::from_name("cart of " + owner.str());
    return c;
  }
  const auto found = read_columns<root>(r.front());
  c.id = found.id;
  c.version = found.version;
  c.updated_at = found.updated_at;
  c.items = read_joined<cart_item>(r, column_count<root>);
  return c;
}

}  // namespace stoa::actors::cart_store

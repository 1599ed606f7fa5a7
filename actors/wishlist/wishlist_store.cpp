#include "actors/wishlist/wishlist_store.hpp"

namespace stoa::actors::wishlist_store {

wishlist read(user_id owner, const rows& r) {
  wishlist w;
  w.owner = owner;
  if (r.empty()) return w;
  const auto found = read_columns<root>(r.front());
  w.version = found.version;
  w.updated_at = found.updated_at;
  w.items = read_joined<wishlist_item>(r, column_count<root>);
  return w;
}

}  // namespace stoa::actors::wishlist_store

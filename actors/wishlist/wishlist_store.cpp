#include "actors/wishlist/wishlist_store.hpp"

namespace stoa::actors::wishlist_store {

wishlist read(user_id owner, const rows& r) {
  wishlist w;
  w.owner = owner;
  if (r.empty()) return w;
  w.version = r.front().integer(0);
  w.updated_at = r.front().time(1);
  for (auto row : r)
    if (!row.null(2)) w.items.push_back({row.as<wishlist_item_id>(2), row.as<course_id>(3), row.time(4)});
  return w;
}

}  // namespace stoa::actors::wishlist_store

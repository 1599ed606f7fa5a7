#include "actors/cart/cart_steps.hpp"

namespace stoa::actors::cart_steps {

namespace {

/// The root goes first, as in the cart's own writes.
constexpr statement take{"cart.take_within", R"(
  with root as (
    update cart set version = version + 1, updated_at = :p2::timestamptz
    where user_id = :p1::uuid
      and exists (select 1 from cart_item i where i.user_id = :p1::uuid and i.course_id = any(:p3::uuid[]))
    returning user_id)
  delete from cart_item using root where cart_item.user_id = root.user_id and cart_item.course_id = any(:p3::uuid[]))"};

}  // namespace

void take_within(connection& db, user_id owner, const std::vector<course_id>& courses, timestamp now) {
  db.run(take, {owner, now, value::array(courses)});
}

}  // namespace stoa::actors::cart_steps

#include "actors/cart/cart_rules.hpp"
#include "api/fields.hpp"
#include "api/learnflow/learnflow.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::learnflow {
namespace {

using api::area_parts;

struct cart_course {
  course_id id;
  std::string title;
  wire::decimal price;
  std::optional<wire::decimal> original_price;
  wire::shown_url thumbnail;
};
BOOST_DESCRIBE_STRUCT(cart_course, (), (id, title, price, original_price, thumbnail))

struct cart_item_out {
  cart_item_id id;
  cart_course course;
  timestamp added_at;
  bool available = true;
  std::optional<std::string> unavailable_reason;
};
BOOST_DESCRIBE_STRUCT(cart_item_out, (), (id, course, added_at, available, unavailable_reason))

struct cart_out {
  std::string id;
  std::vector<cart_item_out> items;
  std::int64_t total_items = 0;
  wire::decimal total_price, total_original_price, total_discount;
  timestamp updated_at;
};
BOOST_DESCRIBE_STRUCT(cart_out, (),
                      (id, items, total_items, total_price, total_original_price, total_discount, updated_at))

struct add_item {
  api::id_text course_id;
};
BOOST_DESCRIBE_STRUCT(add_item, (), (course_id))

cart_item_out to_wire(const cart_item& item, const course& c) {
  auto out = wire::same_named<cart_item_out, "course">(item);
  out.course = wire::same_named<cart_course>(c);
  out.course.thumbnail = c.thumbnail_url;
  if (c.original_price_minor) out.course.original_price = wire::decimal(*c.original_price_minor);
  return out;
}

task<cart_out> show(const area_parts& a, const request& q) {
  auto cart = co_await a.domain.carts.get(q.who.user);
  auto buyer = co_await a.domain.enrollments.get(q.who.user);
  cart_out out;
  out.id = cart->id.str();
  // A cart nobody has put anything into yet was last changed never: the moment of asking stands for that.
  out.updated_at = cart->version == 0 ? q.now : cart->updated_at;
  for (const auto& item : cart->items) {
    auto c = co_await a.domain.courses.get(item.course);
    out.items.push_back(to_wire(item, *c));
    auto& shown = out.items.back();
    shown.unavailable_reason = actors::cart_rules::not_for_sale(*c, *buyer);
    shown.available = !shown.unavailable_reason;
    // What cannot be bought is shown, so that it can be taken out, and costs nothing.
    if (!shown.available) continue;
    out.total_price.minor += c->price.minor;
    out.total_original_price.minor += c->original_price_minor.value_or(c->price.minor);
  }
  out.total_items = static_cast<std::int64_t>(out.items.size());
  out.total_discount.minor = out.total_original_price.minor - out.total_price.minor;
  co_return out;
}

task<cart_item_out> add(const area_parts& a, const request& q, add_item in) {
  const auto id = co_await api::id_named<course_id>(in.course_id);
  auto item = co_await a.domain.carts.add(q.who.user, id);
  auto c = co_await a.domain.courses.get(id);
  co_return to_wire(item, *c);
}

task<wire::nothing> remove(const area_parts& a, const request& q, in_path<"id", cart_item_id> item) {
  co_await a.domain.carts.remove(q.who.user, *item);
  co_return wire::nothing{};
}

task<wire::nothing> clear(const area_parts& a, const request& q) {
  co_await a.domain.carts.clear(q.who.user);
  co_return wire::nothing{};
}

}  // namespace

void add_cart_routes(route_table& routes, const api::parts_ptr& parts) {
  auto cart = routes.area("cart", parts);
  cart.get("/cart/", {.auth = auth::required, .summary = "The cart with its totals"}, show);
  cart.del("/cart/", {.auth = auth::required, .status = 204, .summary = "Empty the cart"}, clear);
  cart.post("/cart/items/",
            {.auth = auth::required,
             .status = 201,
             .summary = "Put a course into the cart",
             .refuses = {fault_kind::not_found, fault_kind::conflict, fault_kind::rejected}},
            add);
  cart.del("/cart/items/{id}/", {.auth = auth::required, .status = 204, .summary = "Take an item out of the cart"},
           remove);
}

}  // namespace stoa::learnflow

#include "api/learnflow/cart.hpp"

namespace stoa::learnflow {
namespace {

struct cart_course {
  course_id id;
  std::string title;
  wire::decimal price;
  std::optional<wire::decimal> original_price;
  std::string thumbnail;
};
BOOST_DESCRIBE_STRUCT(cart_course, (), (id, title, price, original_price, thumbnail))

struct cart_item_out {
  cart_item_id id;
  cart_course course;
  timestamp added_at;
};
BOOST_DESCRIBE_STRUCT(cart_item_out, (), (id, course, added_at))

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
  wire::text<1, 64> course_id;
};
BOOST_DESCRIBE_STRUCT(add_item, (), (course_id))

cart_item_out to_wire(const cart_item& item, const course& c) {
  cart_item_out out{item.id, {c.id, c.title, c.price, std::nullopt, c.thumbnail_url}, item.added_at};
  if (c.original_price_minor) out.course.original_price = wire::decimal(*c.original_price_minor);
  return out;
}

}  // namespace

void add_cart_routes(route_table& routes, stoa::domain& domain) {
  routes.get<wire::nothing, cart_out>(
      "/cart/", {.auth = auth::required, .summary = "The cart with its totals", .tag = "cart"},
      [&domain](const request& q, wire::nothing) -> task<cart_out> {
        auto reading = domain.carts.get(q.who.user);
        auto cart = co_await std::move(reading);
        cart_out out;
        out.id = cart->id.str();
        // A cart nobody has put anything into yet was last changed never: the moment of asking stands for that.
        out.updated_at = cart->version == 0 ? q.now : cart->updated_at;
        for (const auto& item : cart->items) {
          auto loading = domain.courses.get(item.course);
          auto c = co_await std::move(loading);
          out.items.push_back(to_wire(item, *c));
          out.total_price.minor += c->price.minor;
          out.total_original_price.minor += c->original_price_minor.value_or(c->price.minor);
        }
        out.total_items = static_cast<std::int64_t>(out.items.size());
        out.total_discount.minor = out.total_original_price.minor - out.total_price.minor;
        co_return out;
      });

  routes.post<add_item, cart_item_out>(
      "/cart/items/", {.auth = auth::required, .status = 201, .summary = "Put a course into the cart", .tag = "cart"},
      [&domain](const request& q, add_item in) -> task<cart_item_out> {
        const auto id = course_id::parse(in.course_id);
        if (!id) co_return fault(fault_kind::not_found, "COURSE_NOT_FOUND", "The requested course does not exist");
        auto adding = domain.carts.add(q.who.user, *id);
        auto item = co_await std::move(adding);
        auto loading = domain.courses.get(*id);
        auto c = co_await std::move(loading);
        co_return to_wire(item, *c);
      });

  routes.del<wire::nothing, wire::nothing>(
      "/cart/items/{id}/",
      {.auth = auth::required, .status = 204, .summary = "Take an item out of the cart", .tag = "cart"},
      [&domain](const request& q, wire::nothing) -> task<wire::nothing> {
        fault unknown(fault_kind::not_found, "CART_ITEM_NOT_FOUND", "The requested cart item does not exist");
        const auto id = co_await q.path_id<cart_item_id>("id", std::move(unknown));
        auto removing = domain.carts.remove(q.who.user, id);
        co_await std::move(removing);
        co_return wire::nothing{};
      });

  routes.del<wire::nothing, wire::nothing>(
      "/cart/", {.auth = auth::required, .status = 204, .summary = "Empty the cart", .tag = "cart"},
      [&domain](const request& q, wire::nothing) -> task<wire::nothing> {
        auto clearing = domain.carts.clear(q.who.user);
        co_await std::move(clearing);
        co_return wire::nothing{};
      });
}

}  // namespace stoa::learnflow

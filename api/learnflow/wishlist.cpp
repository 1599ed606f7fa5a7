#include "api/fields.hpp"
#include "api/learnflow/learnflow.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::learnflow {
namespace {

using api::area_parts;

struct wished_course {
  course_id id;
  std::string title;
  std::string slug;
  wire::decimal price;
  std::optional<wire::decimal> original_price;
  wire::shown_url thumbnail;
  wire::rounded<1> rating;
  std::string level;
};
BOOST_DESCRIBE_STRUCT(wished_course, (), (id, title, slug, price, original_price, thumbnail, rating, level))

struct wishlist_item_out {
  wishlist_item_id id;
  wished_course course;
  timestamp added_at;
};
BOOST_DESCRIBE_STRUCT(wishlist_item_out, (), (id, course, added_at))

struct wishlist_out {
  std::vector<wishlist_item_out> items;
  std::int64_t total_items = 0;
  timestamp updated_at;
};
BOOST_DESCRIBE_STRUCT(wishlist_out, (), (items, total_items, updated_at))

struct wish {
  api::id_text course_id;
};
BOOST_DESCRIBE_STRUCT(wish, (), (course_id))

wishlist_item_out to_wire(const wishlist_item& item, const course& c) {
  auto out = wire::same_named<wishlist_item_out, "course">(item);
  out.course = wire::same_named<wished_course>(c);
  if (c.original_price_minor) out.course.original_price = wire::decimal(*c.original_price_minor);
  out.course.thumbnail = c.thumbnail_url;
  out.course.rating.value = c.numbers.rating();
  out.course.level = title_of(c.level);
  return out;
}

task<wishlist_out> show(const area_parts& a, const request& q) {
  auto wishes = co_await a.domain.wishlists.get(q.who.user);
  wishlist_out out;
  // A wishlist nobody has put anything on yet was last changed never: the moment of asking stands for that.
  out.updated_at = wishes->version == 0 ? q.now : wishes->updated_at;
  for (const auto& item : wishes->items) {
    auto c = co_await a.domain.courses.get(item.course);
    // What was withdrawn comes back with its publication.
    if (c->published()) out.items.push_back(to_wire(item, *c));
  }
  out.total_items = static_cast<std::int64_t>(out.items.size());
  co_return out;
}

task<wishlist_item_out> add(const area_parts& a, const request& q, wish in) {
  const auto id = co_await api::id_named<course_id>(in.course_id);
  auto item = co_await a.domain.wishlists.add(q.who.user, id);
  auto c = co_await a.domain.courses.get(id);
  co_return to_wire(item, *c);
}

task<wire::nothing> remove(const area_parts& a, const request& q, in_path<"id", wishlist_item_id> item) {
  co_await a.domain.wishlists.remove(q.who.user, *item);
  co_return wire::nothing{};
}

}  // namespace

void add_wishlist_routes(route_table& routes, const api::parts_ptr& parts) {
  auto list = routes.area("wishlist", parts);
  list.get("/wishlist/", {.auth = auth::required, .summary = "The wishlist", .addition = true}, show);
  list.post("/wishlist/items/",
            {.auth = auth::required,
             .status = 201,
             .summary = "Put a course on the wishlist",
             .addition = true,
             .refuses = {fault_kind::not_found, fault_kind::conflict, fault_kind::rejected}},
            add);
  list.del("/wishlist/items/{id}/",
           {.auth = auth::required, .status = 204, .summary = "Take an item off the wishlist", .addition = true},
           remove);
}

}  // namespace stoa::learnflow

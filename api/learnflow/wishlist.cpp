#include "api/learnflow/wishlist.hpp"

namespace stoa::learnflow {
namespace {

struct wished_course {
  course_id id;
  std::string title;
  std::string slug;
  wire::decimal price;
  std::optional<wire::decimal> original_price;
  std::string thumbnail;
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
  wire::text<1, 64> course_id;
};
BOOST_DESCRIBE_STRUCT(wish, (), (course_id))

wishlist_item_out to_wire(const wishlist_item& item, const course& c) {
  wishlist_item_out out;
  out.id = item.id;
  out.added_at = item.added_at;
  out.course.id = c.id;
  out.course.title = c.title;
  out.course.slug = c.slug;
  out.course.price = c.price;
  if (c.original_price_minor) out.course.original_price = wire::decimal(*c.original_price_minor);
  out.course.thumbnail = c.thumbnail_url;
  out.course.rating.value = c.numbers.rating();
  out.course.level = title_of(c.level);
  return out;
}

}  // namespace

void add_wishlist_routes(route_table& routes, stoa::domain& domain) {
  routes.get<wire::nothing, wishlist_out>("/wishlist/",
                                          {.auth = auth::required, .summary = "The wishlist", .tag = "wishlist"},
                                          [&domain](const request& q, wire::nothing) -> task<wishlist_out> {
                                            auto reading = domain.wishlists.get(q.who.user);
                                            auto wishes = co_await std::move(reading);
                                            wishlist_out out;
                                            // A wishlist nobody has put anything on yet was last changed never: the
                                            // moment of asking stands for that.
                                            out.updated_at = wishes->version == 0 ? q.now : wishes->updated_at;
                                            for (const auto& item : wishes->items) {
                                              auto loading = domain.courses.get(item.course);
                                              auto c = co_await std::move(loading);
                                              // What was withdrawn comes back with its publication.
                                              if (c->published()) out.items.push_back(to_wire(item, *c));
                                            }
                                            out.total_items = static_cast<std::int64_t>(out.items.size());
                                            co_return out;
                                          });

  routes.post<wish, wishlist_item_out>(
      "/wishlist/items/",
      {.auth = auth::required, .status = 201, .summary = "Put a course on the wishlist", .tag = "wishlist"},
      [&domain](const request& q, wish in) -> task<wishlist_item_out> {
        const auto id = course_id::parse(in.course_id);
        if (!id) co_return fault(fault_kind::not_found, "COURSE_NOT_FOUND", "The requested course does not exist");
        auto adding = domain.wishlists.add(q.who.user, *id);
        auto item = co_await std::move(adding);
        auto loading = domain.courses.get(*id);
        auto c = co_await std::move(loading);
        co_return to_wire(item, *c);
      });

  routes.del<wire::nothing, wire::nothing>(
      "/wishlist/items/{id}/",
      {.auth = auth::required, .status = 204, .summary = "Take an item off the wishlist", .tag = "wishlist"},
      [&domain](const request& q, wire::nothing) -> task<wire::nothing> {
        fault unknown(fault_kind::not_found, "WISHLIST_ITEM_NOT_FOUND", "The requested wishlist item does not exist");
        const auto id = co_await q.path_id<wishlist_item_id>("id", std::move(unknown));
        auto removing = domain.wishlists.remove(q.who.user, id);
        co_await std::move(removing);
        co_return wire::nothing{};
      });
}

}  // namespace stoa::learnflow

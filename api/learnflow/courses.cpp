#include "api/learnflow/courses.hpp"

#include "api/learnflow/course_views.hpp"
#include "api/learnflow/page_of.hpp"

namespace stoa::learnflow {
namespace {

struct course_filter {
  std::optional<std::string> category;
  std::optional<wire::choice<"beginner", "intermediate", "advanced">> level;
  std::optional<wire::decimal> min_price, max_price;
  std::optional<double> rating_min;
  std::optional<std::string> search, language;
  std::optional<bool> is_free, is_bestseller;
  std::optional<user_id> instructor;
  std::optional<std::string> ordering;
  std::optional<wire::whole<1, 1'000'000'000>> page, page_size;
};
BOOST_DESCRIBE_STRUCT(course_filter, (),
                      (category, level, min_price, max_price, rating_min, search, language, is_free, is_bestseller,
                       instructor, ordering, page, page_size))

fault course_not_found() {
  return fault(fault_kind::not_found, "COURSE_NOT_FOUND", "The requested course does not exist");
}

result<catalog_query> to_query(course_filter in) {
  catalog_query q;
  if (in.rating_min && !(*in.rating_min >= 0 && *in.rating_min <= 5))
    return fault::field("rating_min", "Ensure this value is between 0 and 5.");
  if (in.category) q.category = std::move(*in.category);
  if (in.level) q.level = course_level_named(*in.level);
  if (in.min_price) q.min_price = in.min_price->minor;
  if (in.max_price) q.max_price = in.max_price->minor;
  q.rating_min = in.rating_min;
  if (in.search) q.search = std::move(*in.search);
  if (in.language) q.language = std::move(*in.language);
  q.free = in.is_free;
  q.bestseller = in.is_bestseller;
  q.instructor = in.instructor;
  if (in.ordering) q.ordering = std::move(*in.ordering);
  if (in.page) q.page = static_cast<int>(in.page->value);
  if (in.page_size) q.page_size = static_cast<int>(std::min<std::int64_t>(in.page_size->value, 100));
  return q;
}

/// The envelope up to the value of `results`.
std::string envelope(const request& q, const http::page_request& page, std::int64_t count) {
  const auto links = http::links_of(q, page, count);
  json_writer w;
  w.begin_object();
  w.key("count"), w.integer(count);
  w.key("next"), wire::encode(w, links.next);
  w.key("previous"), wire::encode(w, links.previous);
  w.key("total_pages"), w.integer(page.pages(count));
  w.key("current_page"), w.integer(page.page);
  w.key("results");
  return w.take();
}

}  // namespace

void add_course_routes(route_table& routes, stoa::domain& domain, const stoa::clock&) {
  auto bodies = std::make_shared<course_bodies>();

  routes.get<course_filter, encoded<page_of<course_item>>>(
      "/courses/",
      {.auth = auth::optional, .summary = "Published courses: filtered, searched, ordered, in pages", .tag = "courses"},
      [&domain, bodies](const request& q, course_filter in) -> task<encoded<page_of<course_item>>> {
        auto wanted = co_await to_query(std::move(in));
        http::page_request page;
        page.page = wanted.page;
        page.size = wanted.page_size;
        auto looking = domain.catalog.page(std::move(wanted));
        auto found = co_await std::move(looking);
        auto asking = personal_of(domain, q.who);
        const auto mine = co_await std::move(asking);
        const auto body = bodies->page(found, q.now);
        encoded<page_of<course_item>> out;
        out.out.body.reserve(2);
        out.out.body.push_back({envelope(q, page, found->count), nullptr});
        out.out.body.push_back(page_results(*body, mine));
        co_return out;
      });

  routes.get<wire::nothing, encoded<course_detail>>(
      "/courses/{id}/", {.auth = auth::optional, .summary = "A course with curriculum and reviews", .tag = "courses"},
      [&domain, bodies](const request& q, wire::nothing) -> task<encoded<course_detail>> {
        const std::string& text = q.path_param("id");
        auto id = course_id::parse(text);
        if (!id) {
          auto looking = domain.courses.find_slug(text);
          id = co_await std::move(looking);
        }
        auto c = domain.courses.peek(*id);
        if (!c) {
          auto loading = domain.courses.get(*id);
          c = co_await std::move(loading);
        }
        const bool owner = c->owned_by(q.who);
        if (!c->published() && !owner) co_return course_not_found();
        auto asking = personal_of(domain, q.who);
        const auto mine = co_await std::move(asking);
        const bool entitled = owner || (mine.learner && mine.learner->find(c->id));
        encoded<course_detail> out;
        out.out = detail_reply(*bodies->detail(c, entitled, q.now), mine);
        co_return out;
      });
}

}  // namespace stoa::learnflow

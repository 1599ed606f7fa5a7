#include "actors/course/course_access.hpp"
#include "api/authoring.hpp"
#include "api/learnflow/course_views.hpp"
#include "api/learnflow/learnflow.hpp"

namespace stoa::learnflow {
namespace {

struct course_filter {
  std::optional<std::string> category;
  std::optional<api::level_word> level;
  std::optional<wire::decimal> min_price, max_price;
  std::optional<double> rating_min;
  std::optional<std::string> search, language;
  std::optional<bool> is_free, is_bestseller;
  std::optional<user_id> instructor;
  // The rules know a few more names; these are the ones to use.
  wire::word_for_rules<"-published_at", "published_at", "-published_at", "title", "-title", "price", "-price", "rating",
                       "-rating", "students", "-students", "review_count", "-review_count", "created_at", "-created_at",
                       "updated_at", "-updated_at", "duration", "-duration">
      ordering;
};
BOOST_DESCRIBE_STRUCT(course_filter, (),
                      (category, level, min_price, max_price, rating_min, search, language, is_free, is_bestseller,
                       instructor, ordering))

result<catalog_query> to_query(paged<course_filter> in) {
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
  q.ordering = std::move(in.ordering);
  q.page = static_cast<int>(in.asked.page);
  q.page_size = static_cast<int>(in.asked.size);
  return q;
}

/// The catalogue and its courses, over bodies that are kept encoded.
class catalogue {
 public:
  explicit catalogue(api::parts_ptr parts) : domain_(parts->domain), parts_(std::move(parts)) {}

  task<encoded<page_of<course_item>>> list(const request& q, paged<course_filter> in) {
    const auto asked = in.asked;
    auto wanted = co_await to_query(std::move(in));
    auto found = co_await domain_.catalog.page(std::move(wanted));
    const auto mine = co_await personal_of(domain_, q.who);
    auto frame = frame_of(q, asked, found->count);
    encoded<page_of<course_item>> out;
    out.out.body.reserve(3);
    out.out.body.push_back({std::move(frame.before), nullptr});
    out.out.body.push_back(page_results(*bodies_.page(found, q.now), mine));
    out.out.body.push_back({std::move(frame.behind), nullptr});
    co_return out;
  }

  task<encoded<course_detail>> show(const request& q, in_path<"id", std::string> id_or_slug) {
    auto id = course_id::parse(*id_or_slug);
    if (!id) id = co_await domain_.courses.find_slug(*id_or_slug);
    auto c = domain_.courses.peek(*id);
    if (!c) c = co_await domain_.courses.get(*id);
    const auto mine = co_await personal_of(domain_, q.who);
    const auto access = actors::access_of(*c, q.who, mine.learner.get());
    if (!access.visible) co_return not_found(c->id);
    auto body = bodies_.ready(c, access.entitled, q.now);
    if (!body) {
      const auto texts = co_await domain_.courses.contents(c, access.entitled);
      body = bodies_.detail(c, access.entitled, q.now, *texts);
    }
    encoded<course_detail> out;
    out.out = detail_reply(*body, *c, mine);
    co_return out;
  }

 private:
  stoa::domain& domain_;
  api::parts_ptr parts_;
  course_bodies bodies_;
};

}  // namespace

void add_course_routes(route_table& routes, const api::parts_ptr& parts) {
  auto courses = routes.area("courses", std::make_shared<catalogue>(parts));
  courses.get("/courses/",
              {.auth = auth::optional, .summary = "Published courses: filtered, searched, ordered, in pages"},
              &catalogue::list);
  courses.get("/courses/{id}/", {.auth = auth::optional, .summary = "A course with curriculum and reviews"},
              &catalogue::show);
}

}  // namespace stoa::learnflow

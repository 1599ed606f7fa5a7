#include "actors/course/course_access.hpp"
#include "actors/course/course_rules.hpp"
#include "api/authoring.hpp"
#include "api/classic/classic.hpp"
#include "api/classic/numbers.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::classic {
namespace {

using api::area_parts;
using api::plain;

using limits = course_limits;
using title_text = wire::text<1, limits::title>;
using status_word = wire::choice<"draft", "published", "archived">;

/// All that may be written about a course beside its title and status. `Given` says what null means where there is no
/// empty value.
template <template <class> class Given>
struct course_members {
  Given<title_text> slug;
  wire::emptiable<wire::text<0, limits::description>> description;
  wire::emptiable<wire::text<0, limits::category>> category;
  Given<api::level_word> level;
  wire::change<wire::whole<1, actors::course_rules::most_weeks>> duration_weeks;
  wire::emptiable<wire::url_text> thumbnail_url;
  Given<wire::decimal> price;

  BOOST_DESCRIBE_CLASS(course_members, (), (slug, description, category, level, duration_weeks, thumbnail_url, price),
                       (), ())
};

struct new_course : course_members<std::optional> {
  title_text title;
};
BOOST_DESCRIBE_STRUCT(new_course, (course_members<std::optional>), (title))

struct course_change : course_members<wire::given> {
  wire::given<title_text> title;
  wire::given<status_word> status;
};
BOOST_DESCRIBE_STRUCT(course_change, (course_members<wire::given>), (title, status))

struct course_filter {
  std::optional<std::string> search;
  std::optional<api::level_word> level;
  wire::word_or<"published", "draft", "published", "archived"> status;
};
BOOST_DESCRIBE_STRUCT(course_filter, (), (search, level, status))

struct course_teacher {
  std::int64_t id = 0;
  std::string first_name, last_name;
};
BOOST_DESCRIBE_STRUCT(course_teacher, (), (id, first_name, last_name))

struct course_item {
  std::int64_t id = 0;
  std::string title, slug, description;
  std::optional<std::string> category;
  std::string level, status;
  std::optional<int> duration_weeks;
  wire::decimal price;
  wire::shown_url thumbnail_url;
  course_teacher instructor;
  timestamp created_at, updated_at;
  std::optional<timestamp> published_at;
};
BOOST_DESCRIBE_STRUCT(course_item, (),
                      (id, title, slug, description, category, level, status, duration_weeks, price, thumbnail_url,
                       instructor, created_at, updated_at, published_at))

struct lesson_line {
  std::int64_t id = 0;
  std::string title;
  int order = 0;
  int duration_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(lesson_line, (), (id, title, order, duration_minutes))

struct course_detail : course_item {
  std::vector<lesson_line> lessons;
};
BOOST_DESCRIBE_STRUCT(course_detail, (course_item), (lessons))

template <template <class> class Given>
course_draft to_draft(const course_members<Given>& in, std::optional<std::string> title) {
  course_draft d;
  d.title = std::move(title);
  d.slug = plain(in.slug);
  d.description = plain(in.description);
  d.category = plain(in.category);
  if (in.level) d.level = course_level_named(*in.level);
  if (in.duration_weeks.present) d.duration_weeks = api::plain_number(in.duration_weeks.value).value_or(0);
  d.thumbnail_url = plain(in.thumbnail_url);
  if (in.price) d.price_minor = in.price->minor;
  return d;
}

template <class Out>
Out begin_with(const course& c) {
  auto out = wire::same_named<Out, "id", "category", "level", "status", "duration_weeks", "instructor", "lessons">(c);
  out.id = c.number;
  if (c.category) out.category = c.category->name;
  out.level = name_of(c.level);
  out.status = name_of(c.status);
  // Courses of contracts that know no weeks have none.
  if (c.duration_weeks > 0) out.duration_weeks = c.duration_weeks;
  out.instructor = {c.instructor.number, c.instructor.first_name, c.instructor.last_name};
  return out;
}

course_detail to_detail(const course& c) {
  auto out = begin_with<course_detail>(c);
  for (const auto* l : c.lessons_in_order()) {
    auto& line = out.lessons.emplace_back(wire::same_named<lesson_line, "id", "order">(*l));
    line.id = l->number;
    line.order = static_cast<int>(out.lessons.size());
  }
  return out;
}

/// What is not published is its author's to see, and an administrator's: for everybody else there is none.
task<catalog_page_ptr> found(const area_parts& a, const request& q, catalog_query wanted, course_status status) {
  if (status == course_status::published) co_return co_await a.domain.catalog.page(std::move(wanted));
  if (!q.who.signed_in) co_return std::make_shared<const catalog_page>();
  wanted.status = status;
  std::optional<user_id> by;
  if (!q.who.is_admin()) by = q.who.user;
  co_return co_await a.domain.catalog.taught_by(by, std::move(wanted));
}

task<page_of<course_item>> list(const area_parts& a, const request& q, paged<course_filter> in) {
  catalog_query wanted;
  wanted.search = in.search.value_or("");
  if (in.level) wanted.level = course_level_named(*in.level);
  wanted.page = static_cast<int>(in.asked.page);
  wanted.page_size = static_cast<int>(in.asked.size);
  const auto status = course_status_named(in.status.text()).value_or(course_status::published);
  const auto page = co_await found(a, q, std::move(wanted), status);
  page_of<course_item> out{in.asked, page->count, {}};
  out.items.reserve(page->courses.size());
  for (const auto& c : page->courses) out.items.push_back(begin_with<course_item>(*c));
  co_return out;
}

task<course_detail> show(const area_parts& a, const request& q, course_number number) {
  const auto id = co_await a.domain.courses.find_number(*number);
  const auto c = co_await actors::seen_by(q.who, id, a.domain.courses, a.domain.enrollments);
  co_return to_detail(*c.of);
}

task<course_detail> create(const area_parts& a, const request& q, new_course in) {
  auto draft = to_draft(in, in.title);
  const auto made = co_await a.domain.courses.create(q.who, std::move(draft));
  co_return to_detail(*made);
}

task<course_detail> change(const area_parts& a, const request& q, course_number number, course_change in) {
  const auto id = co_await a.domain.courses.find_number(*number);
  auto draft = to_draft(in, plain(in.title));
  if (in.status) draft.status = course_status_named(*in.status);
  const auto changed = co_await a.domain.courses.update(q.who, id, std::move(draft));
  co_return to_detail(*changed);
}

task<wire::nothing> remove(const area_parts& a, const request& q, course_number number) {
  const auto id = co_await a.domain.courses.find_number(*number);
  co_await a.domain.courses.remove_unlearnt(q.who, id);
  co_return wire::nothing{};
}

}  // namespace

void add_course_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("courses", parts);
  at.get("/courses/",
         {.auth = auth::optional,
          .summary = "Published courses, the newest first; of another status one's own, and for administrators all"},
         list);
  at.post("/courses/",
          {.auth = auth::required,
           .status = 201,
           .summary = "Begin a course, as a draft",
           .roles = api::teachers(),
           .refuses = {fault_kind::conflict}},
          create);
  at.get("/courses/{id}/", {.auth = auth::optional, .summary = "A course with its lessons"}, show);
  at.put("/courses/{id}/",
         {.auth = auth::required,
          .summary = "Change the members that are given; the status publishes, archives and takes back",
          .roles = api::teachers(),
          .refuses = {fault_kind::conflict, fault_kind::rejected}},
         change);
  at.del("/courses/{id}/",
         {.auth = auth::required,
          .status = 204,
          .summary = "Take a course away that nobody has entered; others are archived",
          .roles = api::teachers(),
          .refuses = {fault_kind::conflict}},
         remove);
}

}  // namespace stoa::classic

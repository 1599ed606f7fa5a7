#include "actors/course/course_access.hpp"
#include "api/authoring.hpp"
#include "api/lms/lms.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::lms {
namespace {

using api::area_parts;
using api::plain;

using limits = course_limits;
using title_text = wire::text<1, limits::title>;

/// All that may be written about a course beside its title. `Given` says what null means where there is no empty value.
template <template <class> class Given>
struct course_members {
  wire::emptiable<wire::text<0, limits::description>> description;
  wire::emptiable<wire::text<0, limits::category>> category;
  Given<api::level_word> difficulty_level;
  wire::change<wire::whole<0, limits::course_minutes>> estimated_duration_minutes;
  wire::emptiable<wire::url_text> thumbnail_url;
  Given<wire::decimal> price;

  BOOST_DESCRIBE_CLASS(course_members, (),
                       (description, category, difficulty_level, estimated_duration_minutes, thumbnail_url, price), (),
                       ())
};

struct new_course : course_members<std::optional> {
  title_text title;
};
BOOST_DESCRIBE_STRUCT(new_course, (course_members<std::optional>), (title))

struct course_change : course_members<wire::given> {
  wire::given<title_text> title;
};
BOOST_DESCRIBE_STRUCT(course_change, (course_members<wire::given>), (title))

struct course_filter {
  std::optional<std::string> category;
  std::optional<api::level_word> difficulty_level;
  std::optional<bool> mine;
};
BOOST_DESCRIBE_STRUCT(course_filter, (), (category, difficulty_level, mine))

struct course_item {
  course_id id;
  std::string title, slug, description;
  std::optional<std::string> category;
  std::string difficulty_level;
  bool is_published = false;
  wire::shown_url thumbnail_url;
  int estimated_duration_minutes = 0;
  wire::decimal price;
  user_id instructor_id;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(course_item, (),
                      (id, title, slug, description, category, difficulty_level, is_published, thumbnail_url,
                       estimated_duration_minutes, price, instructor_id, created_at, updated_at))

struct lesson_line {
  lesson_id id;
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
  d.description = plain(in.description);
  d.category = plain(in.category);
  if (in.difficulty_level) d.level = course_level_named(*in.difficulty_level);
  if (in.estimated_duration_minutes.present)
    d.estimated_minutes = api::plain_number(in.estimated_duration_minutes.value);
  d.thumbnail_url = plain(in.thumbnail_url);
  if (in.price) d.price_minor = in.price->minor;
  return d;
}

template <class Out>
Out begin_with(const course& c) {
  auto out = wire::same_named<Out, "category">(c);
  if (c.category) out.category = c.category->name;
  out.difficulty_level = name_of(c.level);
  out.is_published = c.published();
  out.estimated_duration_minutes = c.minutes_to_take();
  out.instructor_id = c.instructor.id;
  return out;
}

course_detail to_detail(const course& c) {
  auto out = begin_with<course_detail>(c);
  for (const auto* l : c.lessons_in_order()) {
    auto& line = out.lessons.emplace_back(wire::same_named<lesson_line>(*l));
    line.order = static_cast<int>(out.lessons.size());
  }
  return out;
}

task<page_of<course_item>> list(const area_parts& a, const request& q, paged<course_filter> in) {
  const bool mine = in.mine.value_or(false);
  if (mine && !q.who.signed_in)
    co_return fault{fault_kind::unauthenticated, "AUTHENTICATION_REQUIRED",
                    "Authentication credentials were not provided."};
  catalog_query wanted;
  if (in.category) wanted.category = *in.category;
  if (in.difficulty_level) wanted.level = course_level_named(*in.difficulty_level);
  wanted.page = static_cast<int>(in.asked.page);
  wanted.page_size = static_cast<int>(in.asked.size);
  auto asking =
      mine ? a.domain.catalog.taught_by(q.who.user, std::move(wanted)) : a.domain.catalog.page(std::move(wanted));
  const auto found = co_await std::move(asking);
  page_of<course_item> out{in.asked, found->count, {}};
  out.items.reserve(found->courses.size());
  for (const auto& c : found->courses) out.items.push_back(begin_with<course_item>(*c));
  co_return out;
}

using of_course = in_path<"course_id", course_id>;

task<course_detail> show(const area_parts& a, const request& q, of_course id) {
  const auto c = co_await actors::seen_by(q.who, *id, a.domain.courses, a.domain.enrollments);
  co_return to_detail(*c.of);
}

task<course_detail> create(const area_parts& a, const request& q, new_course in) {
  auto draft = to_draft(in, in.title);
  const auto made = co_await a.domain.courses.create(q.who, std::move(draft));
  co_return to_detail(*made);
}

task<course_detail> change(const area_parts& a, const request& q, of_course id, course_change in) {
  auto draft = to_draft(in, plain(in.title));
  const auto changed = co_await a.domain.courses.update(q.who, *id, std::move(draft));
  co_return to_detail(*changed);
}

task<course_detail> publish(const area_parts& a, const request& q, of_course id) {
  const auto c = co_await a.domain.courses.publish(q.who, *id);
  co_return to_detail(*c);
}

task<course_detail> unpublish(const area_parts& a, const request& q, of_course id) {
  const auto c = co_await a.domain.courses.unpublish(q.who, *id);
  co_return to_detail(*c);
}

task<wire::nothing> remove(const area_parts& a, const request& q, of_course id) {
  co_await a.domain.courses.remove(q.who, *id);
  co_return wire::nothing{};
}

}  // namespace

void add_course_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("courses", parts);
  at.get("/courses",
         {.auth = auth::optional,
          .summary = "Published courses, the newest first; with mine=true one's own, drafts included"},
         list);
  at.post("/courses",
          {.auth = auth::required, .status = 201, .summary = "Begin a course, as a draft", .roles = api::teachers()},
          create);
  at.get("/courses/{course_id}", {.auth = auth::optional, .summary = "A course with its lessons"}, show);
  at.patch("/courses/{course_id}",
           {.auth = auth::required, .summary = "Change parts of a course", .roles = api::teachers()}, change);
  at.post("/courses/{course_id}/publish",
          {.auth = auth::required,
           .summary = "Publish a course",
           .roles = api::teachers(),
           .refuses = {fault_kind::rejected}},
          publish);
  at.post("/courses/{course_id}/unpublish",
          {.auth = auth::required, .summary = "Take a course back", .roles = api::teachers(), .addition = true},
          unpublish);
  at.del("/courses/{course_id}",
         {.auth = auth::required,
          .status = 204,
          .summary = "Take a course away; those who had entered it keep it",
          .roles = api::teachers()},
         remove);
}

}  // namespace stoa::lms

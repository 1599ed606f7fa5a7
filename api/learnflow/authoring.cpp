#include "api/authoring.hpp"
#include "api/learnflow/course_views.hpp"
#include "api/learnflow/learnflow.hpp"

namespace stoa::learnflow {
namespace {

using api::area_parts;
using api::plain;
using api::plain_list;
using api::plain_number;

using limits = course_limits;
using texts = wire::list_of<wire::text<1, limits::listed_text>, 0, limits::listed>;
using place = wire::whole<1, limits::position>;

/// All that may be written about a course beside its title. `Given` says what null means where there is no empty value:
/// nothing in what is made, a mistake in what is changed.
template <template <class> class Given>
struct course_members {
  Given<wire::text<1, limits::title>> slug;
  wire::emptiable<wire::text<0, limits::short_description>> short_description;
  wire::emptiable<wire::text<0, limits::description>> description;
  wire::emptiable<wire::text<0, limits::category>> category;
  Given<api::level_word> level;
  Given<wire::text<1, limits::language>> language;
  Given<wire::decimal> price;
  wire::change<wire::decimal> original_price;
  wire::emptiable<wire::url_text> thumbnail, preview_video_url;
  Given<bool> certificate_included;
  wire::emptiable<texts> outcomes, requirements, target_audience, tags;

  BOOST_DESCRIBE_CLASS(course_members, (),
                       (slug, short_description, description, category, level, language, price, original_price,
                        thumbnail, preview_video_url, certificate_included, outcomes, requirements, target_audience,
                        tags),
                       (), ())
};

struct new_course : course_members<std::optional> {
  wire::text<1, limits::title> title;
};
BOOST_DESCRIBE_STRUCT(new_course, (course_members<std::optional>), (title))

struct course_replacement : course_members<wire::given> {
  wire::text<1, limits::title> title;
};
BOOST_DESCRIBE_STRUCT(course_replacement, (course_members<wire::given>), (title))

struct course_change : course_members<wire::given> {
  wire::given<wire::text<1, limits::title>> title;
};
BOOST_DESCRIBE_STRUCT(course_change, (course_members<wire::given>), (title))

struct new_section {
  wire::text<1, limits::title> title;
  std::optional<wire::text<0, limits::part_description>> description;
  std::optional<place> order;
};
BOOST_DESCRIBE_STRUCT(new_section, (), (title, description, order))

struct section_change {
  wire::given<wire::text<1, limits::title>> title;
  wire::emptiable<wire::text<0, limits::part_description>> description;
  wire::given<place> order;
};
BOOST_DESCRIBE_STRUCT(section_change, (), (title, description, order))

template <template <class> class Given>
struct lesson_members {
  wire::emptiable<wire::text<0, limits::part_description>> description;
  Given<api::lesson_kind_word> kind;
  wire::emptiable<wire::whole<0, limits::minutes>> duration_minutes;
  Given<place> order;
  Given<bool> is_preview;
  wire::emptiable<wire::url_text> video_url;
  wire::emptiable<wire::list_of<wire::url_text, 0, limits::listed>> resources;
  wire::emptiable<wire::text<0, limits::content>> content;

  BOOST_DESCRIBE_CLASS(lesson_members, (),
                       (description, kind, duration_minutes, order, is_preview, video_url, resources, content), (), ())
};

struct new_lesson : lesson_members<std::optional> {
  wire::text<1, limits::title> title;
};
BOOST_DESCRIBE_STRUCT(new_lesson, (lesson_members<std::optional>), (title))

struct lesson_change : lesson_members<wire::given> {
  wire::given<wire::text<1, limits::title>> title;
};
BOOST_DESCRIBE_STRUCT(lesson_change, (lesson_members<wire::given>), (title))

template <template <class> class Given>
course_draft to_draft(const course_members<Given>& in, std::optional<std::string> title) {
  course_draft d;
  d.title = std::move(title);
  d.slug = plain(in.slug);
  d.short_description = plain(in.short_description);
  d.description = plain(in.description);
  d.category = plain(in.category);
  if (in.level) d.level = course_level_named(*in.level);
  d.language = plain(in.language);
  if (in.price) d.price_minor = in.price->minor;
  if (in.original_price.present) {
    d.original_price_minor.emplace();
    if (in.original_price.value) *d.original_price_minor = in.original_price.value->minor;
  }
  d.thumbnail_url = plain(in.thumbnail);
  d.preview_video_url = plain(in.preview_video_url);
  d.certificate_included = in.certificate_included;
  d.outcomes = plain_list(in.outcomes);
  d.requirements = plain_list(in.requirements);
  d.target_audience = plain_list(in.target_audience);
  d.tags = plain_list(in.tags);
  return d;
}

template <template <class> class Given>
lesson_draft to_draft(const lesson_members<Given>& in, std::optional<std::string> title) {
  lesson_draft d;
  d.title = std::move(title);
  d.description = plain(in.description);
  d.kind = plain(in.kind);
  d.video_url = plain(in.video_url);
  d.content = plain(in.content);
  d.duration_minutes = plain_number(in.duration_minutes);
  d.position = plain_number(in.order);
  d.is_preview = in.is_preview;
  d.resources = plain_list(in.resources);
  return d;
}

route_options authoring(std::string summary, int status = 200,
                        std::vector<fault_kind> refuses = {fault_kind::rejected}) {
  route_options o;
  o.auth = auth::required;
  o.status = status;
  o.summary = std::move(summary);
  o.addition = true;
  o.roles = api::teachers();
  o.refuses = std::move(refuses);
  return o;
}

using shown_course = encoded<course_detail>;
using of_course = in_path<"id", course_id>;
using of_section = in_path<"id", section_id>;
using of_lesson = in_path<"id", lesson_id>;

/// The course as its author sees it.
task<shown_course> shown(const area_parts& a, const request& q, course_ptr c, int status) {
  const auto mine = co_await personal_of(a.domain, q.who);
  const auto texts = co_await a.domain.courses.contents(c, true);
  shown_course out;
  out.out = detail_reply(*encode_detail(c, true, q.now, *texts), *c, mine, status);
  co_return out;
}

task<shown_course> create(const area_parts& a, const request& q, new_course in) {
  auto draft = to_draft(in, in.title);
  auto made = co_await a.domain.courses.create(q.who, std::move(draft));
  co_return co_await shown(a, q, std::move(made), 201);
}

task<shown_course> change(const area_parts& a, const request& q, course_id id, course_draft draft) {
  auto changed = co_await a.domain.courses.update(q.who, id, std::move(draft));
  co_return co_await shown(a, q, std::move(changed), 200);
}

task<shown_course> replace(const area_parts& a, const request& q, of_course id, course_replacement in) {
  return change(a, q, *id, to_draft(in, in.title));
}

task<shown_course> amend(const area_parts& a, const request& q, of_course id, course_change in) {
  return change(a, q, *id, to_draft(in, plain(in.title)));
}

task<shown_course> publish(const area_parts& a, const request& q, of_course id) {
  auto c = co_await a.domain.courses.publish(q.who, *id);
  co_return co_await shown(a, q, std::move(c), 200);
}

task<shown_course> unpublish(const area_parts& a, const request& q, of_course id) {
  auto c = co_await a.domain.courses.unpublish(q.who, *id);
  co_return co_await shown(a, q, std::move(c), 200);
}

task<section_view> add_section(const area_parts& a, const request& q, of_course id, new_section in) {
  section_draft draft{in.title, plain(in.description), plain_number(in.order)};
  const auto made = co_await a.domain.courses.add_section(q.who, *id, std::move(draft));
  co_return to_view(made, true);
}

task<section_view> change_section(const area_parts& a, const request& q, of_section id, section_change in) {
  section_draft draft{plain(in.title), plain(in.description), plain_number(in.order)};
  const auto changed = co_await a.domain.courses.update_section(q.who, *id, std::move(draft));
  co_return to_view(changed, true);
}

task<wire::nothing> remove_section(const area_parts& a, const request& q, of_section id) {
  co_await a.domain.courses.remove_section(q.who, *id);
  co_return wire::nothing{};
}

task<lesson_view> add_lesson(const area_parts& a, const request& q, of_section id, new_lesson in) {
  auto draft = to_draft(in, in.title);
  const auto made = co_await a.domain.courses.add_lesson(q.who, *id, std::move(draft));
  co_return to_view(made, true);
}

task<lesson_view> change_lesson(const area_parts& a, const request& q, of_lesson id, lesson_change in) {
  auto draft = to_draft(in, plain(in.title));
  const auto changed = co_await a.domain.courses.update_lesson(q.who, *id, std::move(draft));
  co_return to_view(changed, true);
}

task<wire::nothing> remove_lesson(const area_parts& a, const request& q, of_lesson id) {
  co_await a.domain.courses.remove_lesson(q.who, *id);
  co_return wire::nothing{};
}

}  // namespace

void add_authoring_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("authoring", parts);
  at.post("/courses/", authoring("Begin a course, as a draft", 201, {fault_kind::conflict}), create);
  at.put("/courses/{id}/", authoring("Change a course; the title is required", 200, {fault_kind::conflict}), replace);
  at.patch("/courses/{id}/", authoring("Change parts of a course", 200, {fault_kind::conflict}), amend);
  at.post("/courses/{id}/publish/", authoring("Publish a course"), publish);
  at.post("/courses/{id}/unpublish/", authoring("Take a course back"), unpublish);
  at.post("/courses/{id}/sections/", authoring("Add a section", 201), add_section);
  at.patch("/sections/{id}/", authoring("Change a section"), change_section);
  at.del("/sections/{id}/", authoring("Take a section out with its lessons", 204), remove_section);
  at.post("/sections/{id}/lessons/", authoring("Add a lesson", 201), add_lesson);
  at.patch("/lessons/{id}/", authoring("Change a lesson"), change_lesson);
  at.del("/lessons/{id}/", authoring("Take a lesson out", 204), remove_lesson);
}

}  // namespace stoa::learnflow

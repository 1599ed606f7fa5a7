#include <algorithm>

#include "actors/course/course_access.hpp"
#include "actors/course/course_curriculum.hpp"
#include "api/authoring.hpp"
#include "api/classic/classic.hpp"
#include "api/classic/numbers.hpp"
#include "api/fields.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::classic {
namespace {

using api::area_parts;
using api::plain;

using limits = course_limits;
using title_text = wire::text<1, limits::title>;

template <template <class> class Given>
struct lesson_members {
  wire::emptiable<wire::text<0, limits::part_description>> description;
  Given<api::lesson_kind_word> content_type;
  wire::emptiable<wire::text<0, limits::content>> content;
  wire::emptiable<wire::url_text> video_url;
  wire::emptiable<wire::whole<0, limits::minutes>> duration_minutes;
  Given<wire::whole<1, limits::position>> order;
  Given<bool> is_preview;

  BOOST_DESCRIBE_CLASS(lesson_members, (),
                       (description, content_type, content, video_url, duration_minutes, order, is_preview), (), ())
};

struct new_lesson : lesson_members<std::optional> {
  title_text title;
};
BOOST_DESCRIBE_STRUCT(new_lesson, (lesson_members<std::optional>), (title))

struct lesson_change : lesson_members<wire::given> {
  wire::given<title_text> title;
};
BOOST_DESCRIBE_STRUCT(lesson_change, (lesson_members<wire::given>), (title))

struct lesson_view {
  std::int64_t id = 0, course_id = 0;
  std::string title, description, content_type;
  std::optional<std::string> content, video_url;
  int duration_minutes = 0;
  int order = 0;  ///< among all lessons of the course
  bool is_preview = false;
  timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(lesson_view, (),
                      (id, course_id, title, description, content_type, content, video_url, duration_minutes, order,
                       is_preview, created_at))

template <template <class> class Given>
lesson_draft to_draft(const lesson_members<Given>& in, std::optional<std::string> title) {
  lesson_draft d;
  d.title = std::move(title);
  d.description = plain(in.description);
  d.kind = plain(in.content_type);
  d.content = plain(in.content);
  d.video_url = plain(in.video_url);
  d.duration_minutes = api::plain_number(in.duration_minutes);
  d.is_preview = in.is_preview;
  return d;
}

lesson_view to_view(const course& of, const lesson& l, int order, bool entitled, const lesson_contents& contents) {
  auto out = wire::same_named<lesson_view, "id", "content", "video_url">(l);
  out.id = l.number;
  out.course_id = of.number;
  out.content_type = l.kind;
  out.order = order;
  auto material = actors::material_of(l, entitled, contents);
  out.content = std::move(material.content);
  out.video_url = std::move(material.video_url);
  return out;
}

/// As its author sees it.
task<lesson_view> shown(const area_parts& a, course_id home, lesson l) {
  const auto c = co_await a.domain.courses.get(home);
  const lesson_contents none;
  co_return to_view(*c, l, actors::course_rules::place_of(*c, l.id), true, none);
}

/// Puts a lesson at its place among all of its course, others move; too far is the end.
task<wire::nothing> place(const area_parts& a, const request& q, course_id home, lesson_id id, std::int64_t order) {
  const auto c = co_await a.domain.courses.get(home);
  if (actors::course_rules::place_of(*c, id) == order) co_return wire::nothing{};
  std::vector<lesson_id> all;
  for (const auto* l : c->lessons_in_order())
    if (l->id != id) all.push_back(l->id);
  const auto at = std::min(static_cast<std::size_t>(order - 1), all.size());
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), id);
  static constexpr api::field_name names[] = {{"lesson_ids", "order"}};
  auto ordering = a.domain.courses.order_lessons(q.who, home, std::move(all));
  co_await api::with_fields(std::move(ordering), names);
  co_return wire::nothing{};
}

task<actors::seen_course> seen(const area_parts& a, const request& q, std::int64_t number) {
  const auto id = co_await a.domain.courses.find_number(number);
  co_return co_await actors::seen_by(q.who, id, a.domain.courses, a.domain.enrollments);
}

/// A lesson that is to be written. Of a course that this person does not see it is no lesson at all.
task<lesson_id> lesson_of(const area_parts& a, const request& q, std::int64_t course, std::int64_t number) {
  const auto home = co_await seen(a, q, course);
  const auto placed = lesson_numbered(*home.of, number);
  if (!placed) co_return unknown_lesson();
  co_return placed.of->id;
}

task<page_of<lesson_view>> list(const area_parts& a, const request& q, course_number number, paged<> in) {
  const auto home = co_await seen(a, q, *number);
  const auto texts = co_await a.domain.courses.contents(home.of, home.entitled);
  const auto all = home.of->lessons_in_order();
  page_of<lesson_view> out{in.asked, static_cast<std::int64_t>(all.size()), {}};
  const auto first = std::min(in.asked.offset(), out.total), last = std::min(first + in.asked.size, out.total);
  for (auto i = first; i < last; ++i)
    out.items.push_back(
        to_view(*home.of, *all[static_cast<std::size_t>(i)], static_cast<int>(i + 1), home.entitled, *texts));
  co_return out;
}

task<lesson_view> show(const area_parts& a, const request& q, course_number course, lesson_number number) {
  const auto home = co_await seen(a, q, *course);
  const auto placed = lesson_numbered(*home.of, *number);
  if (!placed) co_return unknown_lesson();
  const auto texts = co_await a.domain.courses.contents(home.of, home.entitled);
  co_return to_view(*home.of, *placed.of, placed.order, home.entitled, *texts);
}

task<lesson_view> create(const area_parts& a, const request& q, course_number number, new_lesson in) {
  const auto home = co_await a.domain.courses.find_number(*number);
  auto draft = to_draft(in, in.title);
  auto made = co_await a.domain.courses.append_lesson(q.who, home, std::move(draft));
  if (in.order) co_await place(a, q, home, made.id, *in.order);
  co_return co_await shown(a, home, std::move(made));
}

task<lesson_view> change(const area_parts& a, const request& q, course_number course, lesson_number number,
                         lesson_change in) {
  const auto id = co_await lesson_of(a, q, *course, *number);
  auto draft = to_draft(in, plain(in.title));
  auto changed = co_await a.domain.courses.update_lesson(q.who, id, std::move(draft));
  const auto home = co_await a.domain.courses.home_of(id);
  if (in.order) co_await place(a, q, home, id, *in.order);
  co_return co_await shown(a, home, std::move(changed));
}

task<wire::nothing> remove(const area_parts& a, const request& q, course_number course, lesson_number number) {
  const auto id = co_await lesson_of(a, q, *course, *number);
  co_await a.domain.courses.remove_lesson(q.who, id);
  co_return wire::nothing{};
}

}  // namespace

void add_lesson_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("lessons", parts);
  at.get("/courses/{id}/lessons/",
         {.auth = auth::optional,
          .summary = "The lessons of a course; what they hold is for those who have it",
          .addition = true},
         list);
  at.post("/courses/{id}/lessons/",
          {.auth = auth::required,
           .status = 201,
           .summary = "Add a lesson at its place, or behind the others",
           .roles = api::teachers(),
           .addition = true,
           .refuses = {fault_kind::rejected}},
          create);
  at.get("/courses/{id}/lessons/{lesson_id}/", {.auth = auth::optional, .summary = "A lesson", .addition = true}, show);
  at.put("/courses/{id}/lessons/{lesson_id}/",
         {.auth = auth::required,
          .summary = "Change the members that are given",
          .roles = api::teachers(),
          .addition = true,
          .refuses = {fault_kind::rejected}},
         change);
  at.del("/courses/{id}/lessons/{lesson_id}/",
         {.auth = auth::required,
          .status = 204,
          .summary = "Take a lesson out",
          .roles = api::teachers(),
          .addition = true,
          .refuses = {fault_kind::rejected}},
         remove);
}

}  // namespace stoa::classic

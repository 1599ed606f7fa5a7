#include "actors/course/course_access.hpp"
#include "actors/course/course_curriculum.hpp"
#include "api/authoring.hpp"
#include "api/fields.hpp"
#include "api/lms/lms.hpp"

namespace stoa::lms {
namespace {

using api::area_parts;
using api::plain;

using limits = course_limits;
using title_text = wire::text<1, limits::title>;

template <template <class> class Given>
struct lesson_members {
  Given<api::lesson_kind_word> content_type;
  wire::emptiable<wire::url_text> video_url;
  wire::emptiable<wire::text<0, limits::content>> content;
  wire::emptiable<wire::whole<0, limits::minutes>> duration_minutes;
  Given<bool> is_preview;

  BOOST_DESCRIBE_CLASS(lesson_members, (), (content_type, video_url, content, duration_minutes, is_preview), (), ())
};

struct new_lesson : lesson_members<std::optional> {
  title_text title;
};
BOOST_DESCRIBE_STRUCT(new_lesson, (lesson_members<std::optional>), (title))

struct lesson_change : lesson_members<wire::given> {
  wire::given<title_text> title;
};
BOOST_DESCRIBE_STRUCT(lesson_change, (lesson_members<wire::given>), (title))

struct new_order {
  static constexpr std::size_t most = actors::course_rules::most_sections * actors::course_rules::most_lessons;
  api::id_text course_id;
  wire::list_of<lesson_id, 0, most> lesson_ids;
};
BOOST_DESCRIBE_STRUCT(new_order, (), (course_id, lesson_ids))

struct lesson_view {
  lesson_id id;
  stoa::course_id course_id;
  std::string title, content_type;
  std::optional<std::string> video_url, content;
  int duration_minutes = 0;
  int order = 0;  ///< among all lessons of the course
  bool is_preview = false;
  timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(lesson_view, (),
                      (id, course_id, title, content_type, video_url, content, duration_minutes, order, is_preview,
                       created_at))

template <template <class> class Given>
lesson_draft to_draft(const lesson_members<Given>& in, std::optional<std::string> title) {
  lesson_draft d;
  d.title = std::move(title);
  d.kind = plain(in.content_type);
  d.video_url = plain(in.video_url);
  d.content = plain(in.content);
  d.duration_minutes = api::plain_number(in.duration_minutes);
  d.is_preview = in.is_preview;
  return d;
}

lesson_view to_view(const course& of, const lesson& l, int order, bool entitled, const lesson_contents& contents) {
  auto out = wire::same_named<lesson_view, "video_url", "content">(l);
  out.course_id = of.id;
  out.content_type = l.kind;
  out.order = order;
  auto material = actors::material_of(l, entitled, contents);
  out.video_url = std::move(material.video_url);
  out.content = std::move(material.content);
  return out;
}

/// As its author sees it.
task<lesson_view> shown(const area_parts& a, course_id home, lesson l) {
  const auto c = co_await a.domain.courses.get(home);
  const auto order = actors::course_rules::place_of(*c, l.id);
  const lesson_contents none;
  co_return to_view(*c, l, order, true, none);
}

task<page_of<lesson_view>> page_of_lessons(const area_parts& a, course_ptr c, bool entitled, page_request asked) {
  const auto texts = co_await a.domain.courses.contents(c, entitled);
  const auto all = c->lessons_in_order();
  page_of<lesson_view> out{asked, static_cast<std::int64_t>(all.size()), {}};
  const auto first = std::min(asked.offset(), out.total), last = std::min(first + asked.size, out.total);
  for (auto i = first; i < last; ++i) {
    const auto& l = *all[static_cast<std::size_t>(i)];
    out.items.push_back(to_view(*c, l, static_cast<int>(i + 1), entitled, *texts));
  }
  co_return out;
}

using of_course = in_path<"course_id", course_id>;
using of_lesson = in_path<"lesson_id", lesson_id>;

task<page_of<lesson_view>> list(const area_parts& a, const request& q, of_course id, paged<> in) {
  const auto c = co_await actors::seen_by(q.who, *id, a.domain.courses, a.domain.enrollments);
  co_return co_await page_of_lessons(a, c.of, c.entitled, in.asked);
}

task<lesson_view> show(const area_parts& a, const request& q, of_lesson id) {
  const auto home = co_await a.domain.courses.home_of(*id);
  const auto c = co_await a.domain.courses.get(home);
  const auto access = co_await actors::access_of(c, q.who, a.domain.enrollments);
  const auto* l = c->find_lesson(*id);
  if (!access.visible || !l) co_return not_found(*id);
  const auto texts = co_await a.domain.courses.contents(c, access.entitled);
  co_return to_view(*c, *l, actors::course_rules::place_of(*c, *id), access.entitled, *texts);
}

task<lesson_view> create(const area_parts& a, const request& q, of_course id, new_lesson in) {
  auto draft = to_draft(in, in.title);
  auto made = co_await a.domain.courses.append_lesson(q.who, *id, std::move(draft));
  co_return co_await shown(a, *id, std::move(made));
}

task<lesson_view> change(const area_parts& a, const request& q, of_lesson id, lesson_change in) {
  auto draft = to_draft(in, plain(in.title));
  auto changed = co_await a.domain.courses.update_lesson(q.who, *id, std::move(draft));
  const auto home = co_await a.domain.courses.home_of(*id);
  co_return co_await shown(a, home, std::move(changed));
}

task<wire::nothing> remove(const area_parts& a, const request& q, of_lesson id) {
  co_await a.domain.courses.remove_lesson(q.who, *id);
  co_return wire::nothing{};
}

/// Answers with all lessons, on one page.
task<page_of<lesson_view>> reorder(const area_parts& a, const request& q, new_order in) {
  const auto id = co_await api::id_named<course_id>(in.course_id);
  std::vector<lesson_id> order(in.lesson_ids.begin(), in.lesson_ids.end());
  auto c = co_await a.domain.courses.order_lessons(q.who, id, std::move(order));
  page_request all;
  all.size = std::max<std::int64_t>(c->total_lessons(), 1);
  co_return co_await page_of_lessons(a, std::move(c), true, all);
}

}  // namespace

void add_lesson_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("lessons", parts);
  at.get("/courses/{course_id}/lessons",
         {.auth = auth::optional, .summary = "The lessons of a course; what they hold is for those who have it"}, list);
  at.post("/courses/{course_id}/lessons",
          {.auth = auth::required,
           .status = 201,
           .summary = "Add a lesson behind the others",
           .roles = api::teachers(),
           .refuses = {fault_kind::rejected}},
          create);
  at.patch("/lessons/reorder",
           {.auth = auth::required,
            .summary = "Put all lessons of a course into another order",
            .roles = api::teachers(),
            .refuses = {fault_kind::not_found}},
           reorder);
  at.get("/lessons/{lesson_id}", {.auth = auth::optional, .summary = "A lesson"}, show);
  at.patch("/lessons/{lesson_id}",
           {.auth = auth::required,
            .summary = "Change a lesson",
            .roles = api::teachers(),
            .refuses = {fault_kind::rejected}},
           change);
  at.del("/lessons/{lesson_id}",
         {.auth = auth::required,
          .status = 204,
          .summary = "Take a lesson out",
          .roles = api::teachers(),
          .refuses = {fault_kind::rejected}},
         remove);
}

}  // namespace stoa::lms

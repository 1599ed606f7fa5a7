// Tracks, which this contract's registration names, and where a learner is on one.
#include "actors/track/track_path.hpp"
#include "api/apranova/apranova.hpp"

namespace stoa::apranova {
namespace {

using api::area_parts;

struct track_out {
  std::string code, title, description;
  std::optional<wire::decimal> price;
  std::string currency;
  std::int64_t courses_count = 0;
};
BOOST_DESCRIBE_STRUCT(track_out, (), (code, title, description, price, currency, courses_count))

struct step_out {
  std::int64_t id = 0;
  std::string title, slug, level;
  int total_lessons = 0, lessons_completed = 0, progress = 0;
  bool enrolled = false, completed = false;
};
BOOST_DESCRIBE_STRUCT(step_out, (),
                      (id, title, slug, level, total_lessons, lessons_completed, progress, enrolled, completed))

struct track_detail : track_out {
  std::vector<step_out> courses;
  int progress = 0;
  std::optional<std::int64_t> next_course;
};
BOOST_DESCRIBE_STRUCT(track_detail, (track_out), (courses, progress, next_course))

template <class Out>
Out begin_with(const track& t) {
  Out out;
  out.code = t.code;
  out.title = t.title;
  out.description = t.description;
  if (t.price_minor > 0) out.price = wire::decimal(t.price_minor);
  out.currency = t.currency;
  out.courses_count = static_cast<std::int64_t>(t.courses.size());
  return out;
}

step_out to_wire(const actors::track_step& s) {
  step_out out;
  out.id = s.course->number;
  out.title = s.course->title;
  out.slug = s.course->slug;
  out.level = name_of(s.course->level);
  out.total_lessons = s.course->total_lessons();
  out.lessons_completed = s.progress.lessons_completed;
  out.progress = s.progress.percent;
  out.enrolled = s.enrolled;
  out.completed = s.progress.completed;
  return out;
}

task<std::vector<track_out>> list(const area_parts& a, const request&) {
  std::vector<track_out> out;
  const auto all = co_await a.domain.tracks.list();
  for (const auto& t : all) out.push_back(begin_with<track_out>(t));
  co_return out;
}

task<track_detail> show(const area_parts& a, const request& q, in_path<"code", std::string> code) {
  const auto t = co_await a.domain.tracks.get(*code);
  if (!t.open) {
    // It is there for those who are on it.
    if (!q.who.signed_in) co_return track_not_found();
    const auto person = co_await a.domain.accounts.get(q.who.user);
    if (person->track != t.code) co_return track_not_found();
  }
  learner_ptr who;
  if (q.who.signed_in) who = co_await a.domain.enrollments.get(q.who.user);
  std::vector<course_ptr> courses;
  for (const auto id : t.courses) {
    auto c = co_await as_result(a.domain.courses.get(id));
    if (!c && c.refusal().kind != fault_kind::not_found) co_return c.refusal();
    // Whoever has entered a course keeps it when it is withdrawn.
    if (c && ((*c)->published() || (who && who->find(id)))) courses.push_back(*c);
  }
  const auto path = actors::path_of(courses, who.get());
  auto out = begin_with<track_detail>(t);
  out.courses_count = static_cast<std::int64_t>(courses.size());
  for (const auto& step : path.steps) out.courses.push_back(to_wire(step));
  out.progress = path.percent;
  if (path.next) out.next_course = path.next->course->number;
  co_return out;
}

}  // namespace

void add_track_routes(route_table& routes, const api::parts_ptr& parts) {
  auto tracks = routes.area("tracks", parts);
  tracks.get("/tracks/", {.summary = "The tracks that learners may choose", .addition = true}, list);
  tracks.get(
      "/tracks/{code}/",
      {.auth = auth::optional, .summary = "A track with its courses in order, and how far one is", .addition = true},
      show);
}

}  // namespace stoa::apranova

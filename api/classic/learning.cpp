#include <algorithm>

#include "actors/enrollment/enrollment_rules.hpp"
#include "actors/enrollment/studies.hpp"
#include "api/classic/classic.hpp"
#include "api/classic/numbers.hpp"

namespace stoa::classic {
namespace {

using actors::study;
using api::area_parts;
namespace rules = actors::enrollment_rules;

struct enter_in {
  std::int64_t course_id = 0;
};
BOOST_DESCRIBE_STRUCT(enter_in, (), (course_id))

struct entered_course {
  std::int64_t id = 0;
  std::string title, slug;
};
BOOST_DESCRIBE_STRUCT(entered_course, (), (id, title, slug))

struct enrollment_out {
  std::int64_t id = 0;
  entered_course course;
  std::string status;
  int progress = 0;  ///< per cent
  int lessons_completed = 0, total_lessons = 0;
  timestamp enrolled_at;
  std::optional<timestamp> completed_at;
};
BOOST_DESCRIBE_STRUCT(enrollment_out, (),
                      (id, course, status, progress, lessons_completed, total_lessons, enrolled_at, completed_at))

using status_word = wire::choice<"not_started", "in_progress", "completed">;

struct progress_filter {
  std::optional<std::int64_t> course_id;
};
BOOST_DESCRIBE_STRUCT(progress_filter, (), (course_id))

struct progress_in {
  wire::given<status_word> status;
  wire::emptiable<wire::text<0, lesson_mark::longest_notes>> notes;
};
BOOST_DESCRIBE_STRUCT(progress_in, (), (status, notes))

struct progress_out {
  std::int64_t id = 0, enrollment_id = 0, course_id = 0, lesson_id = 0;
  std::string lesson_title;
  int order = 0;  ///< among all lessons of the course
  std::string status, notes;
  std::optional<timestamp> started_at, completed_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(progress_out, (),
                      (id, enrollment_id, course_id, lesson_id, lesson_title, order, status, notes, started_at,
                       completed_at, updated_at))

enrollment_out to_wire(const enrollment& e, const course& c) {
  const auto p = progress_of(e, c);
  enrollment_out out;
  out.id = e.number;
  out.course = {c.number, c.title, c.slug};
  out.status = p.completed ? "completed" : "active";
  out.progress = p.percent;
  out.lessons_completed = p.lessons_completed;
  out.total_lessons = p.total_lessons;
  out.enrolled_at = e.enrolled_at;
  out.completed_at = e.completed_at;
  return out;
}

progress_out to_wire(const enrollment& e, const course& c, const placed_lesson& l) {
  progress_out out;
  out.id = rules::row_number(e.number, l.of->number);
  out.enrollment_id = e.number;
  out.course_id = c.number;
  out.lesson_id = l.of->number;
  out.lesson_title = l.of->title;
  out.order = l.order;
  out.status = name_of(e.status_of(l.of->id));
  if (const auto touched = e.lessons.find(l.of->id); touched != e.lessons.end()) {
    out.started_at = touched->second.started_at;
    out.completed_at = touched->second.completed_at;
    out.updated_at = touched->second.updated_at;
  }
  return out;
}

task<enrollment_out> enroll(const area_parts& a, const request& q, enter_in in) {
  const auto id = co_await a.domain.courses.find_number(in.course_id);
  const auto entered = co_await a.domain.enrollments.enroll(q.who, id);
  const auto c = co_await a.domain.courses.get(id);
  co_return to_wire(entered.enrollment, *c);
}

task<page_of<enrollment_out>> list(const area_parts& a, const request& q, paged<> in) {
  auto who = co_await a.domain.enrollments.get(q.who.user);
  page_of<enrollment_out> out{in.asked, static_cast<std::int64_t>(who->enrollments.size()), {}};
  const auto of = co_await actors::studies_of(std::move(who), a.domain.courses, in.asked);
  for (const auto& s : of.all) out.items.push_back(to_wire(*s.enrollment, *s.course));
  co_return out;
}

task<enrollment_out> show(const area_parts& a, const request& q, enrollment_number number) {
  const auto who = co_await a.domain.enrollments.get(q.who.user);
  const auto e = std::find_if(who->enrollments.begin(), who->enrollments.end(),
                              [&](const enrollment& one) { return one.number == *number; });
  if (e == who->enrollments.end()) co_return unknown_enrollment();
  const auto c = co_await a.domain.courses.get(e->course);
  co_return to_wire(*e, *c);
}

/// What somebody studies, all of it or the course of that number; nothing where they do not.
task<actors::studies> studied(const area_parts& a, const request& q, std::optional<std::int64_t> course) {
  auto who = co_await a.domain.enrollments.get(q.who.user);
  auto of = co_await actors::studies_of(std::move(who), a.domain.courses);
  if (course) std::erase_if(of.all, [&](const study& s) { return s.course->number != *course; });
  co_return of;
}

task<page_of<progress_out>> list_progress(const area_parts& a, const request& q, paged<progress_filter> in) {
  const auto of = co_await studied(a, q, in.course_id);
  page_of<progress_out> out{in.asked, 0, {}};
  const auto first = in.asked.offset(), last = first + in.asked.size;
  std::vector<enrollment_id> entered;
  std::vector<lesson_id> lessons;
  for (const auto& s : of.all) {
    placed_lesson l;
    for (const auto* one : s.course->lessons_in_order()) {
      l = {one, l.order + 1};
      if (out.total >= first && out.total < last) {
        out.items.push_back(to_wire(*s.enrollment, *s.course, l));
        lessons.push_back(one->id);
        if (entered.empty() || entered.back() != s.enrollment->id) entered.push_back(s.enrollment->id);
      }
      ++out.total;
    }
  }
  const auto notes = co_await a.domain.enrollments.notes(q.who.user, std::move(entered), lessons);
  for (std::size_t i = 0; i < out.items.size(); ++i)
    if (const auto written = notes.find(lessons[i]); written != notes.end()) out.items[i].notes = written->second;
  co_return out;
}

/// A row of one's own: everybody else's is none.
struct own_row {
  learner_ptr who;  ///< keeps what the others point to
  const enrollment* entered = nullptr;
  course_ptr course;
  placed_lesson lesson;
};
task<own_row> row_numbered(const area_parts& a, const request& q, std::int64_t number) {
  own_row out;
  out.who = co_await a.domain.enrollments.get(q.who.user);
  const auto place = rules::place_of_row(*out.who, number);
  if (!place) co_return unknown_progress();
  out.entered = place->entered;
  out.course = co_await a.domain.courses.get(out.entered->course);
  out.lesson = lesson_numbered(*out.course, place->lesson);
  if (!out.lesson) co_return unknown_progress();
  co_return out;
}

task<progress_out> with_notes(const area_parts& a, const request& q, progress_out out, enrollment_id entered,
                              lesson_id lesson) {
  std::vector<enrollment_id> enrollments(1, entered);
  std::vector<lesson_id> lessons(1, lesson);
  const auto notes = co_await a.domain.enrollments.notes(q.who.user, std::move(enrollments), std::move(lessons));
  if (const auto written = notes.find(lesson); written != notes.end()) out.notes = written->second;
  co_return out;
}

task<progress_out> show_progress(const area_parts& a, const request& q, progress_number number) {
  const auto row = co_await row_numbered(a, q, *number);
  auto out = to_wire(*row.entered, *row.course, row.lesson);
  co_return co_await with_notes(a, q, std::move(out), row.entered->id, row.lesson.of->id);
}

task<progress_out> mark(const area_parts& a, const request& q, progress_number number, progress_in in) {
  const auto row = co_await row_numbered(a, q, *number);
  lesson_mark said;
  if (in.status) said.status = lesson_status_named(*in.status);
  if (in.notes) said.notes = *in.notes;
  const auto lesson = row.lesson.of->id;
  const auto after = co_await a.domain.enrollments.mark_lesson(q.who.user, row.entered->id, lesson, std::move(said));
  auto out = to_wire(after, *row.course, row.lesson);
  co_return co_await with_notes(a, q, std::move(out), after.id, lesson);
}

}  // namespace

void add_learning_routes(route_table& routes, const api::parts_ptr& parts) {
  auto entering = routes.area("enrollments", parts);
  entering.post("/enrollments/",
                {.auth = auth::required,
                 .status = 201,
                 .summary = "Enter a free course",
                 .refuses = {fault_kind::payment_required, fault_kind::not_found, fault_kind::conflict}},
                enroll);
  entering.get("/enrollments/", {.auth = auth::required, .summary = "One's own enrolments, oldest first"}, list);
  entering.get("/enrollments/{id}/",
               {.auth = auth::required, .summary = "One of one's own enrolments", .addition = true}, show);

  auto progress = routes.area("progress", parts);
  progress.get("/progress/",
               {.auth = auth::required, .summary = "A row for each lesson of one's courses, or of one of them"},
               list_progress);
  progress.get("/progress/{id}/", {.auth = auth::required, .summary = "How one stands with a lesson", .addition = true},
               show_progress);
  progress.put("/progress/{id}/",
               {.auth = auth::required,
                .summary = "Begin or complete a lesson, and note something beside it for oneself",
                .refuses = {fault_kind::conflict}},
               mark);
}

}  // namespace stoa::classic

#include <algorithm>

#include "actors/enrollment/enrollment_rules.hpp"
#include "actors/enrollment/studies.hpp"
#include "api/certificates.hpp"
#include "api/fields.hpp"
#include "api/learnflow/learnflow.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::learnflow {
namespace {

using api::area_parts;

struct current_lesson_out {
  lesson_id id;
  std::string title;
  std::int64_t order = 0;
};
BOOST_DESCRIBE_STRUCT(current_lesson_out, (), (id, title, order))

struct enrolled_course {
  course_id id;
  std::string title;
  std::string slug;
  wire::shown_url thumbnail;
  std::int64_t duration_hours = 0;
  std::string level;
};
BOOST_DESCRIBE_STRUCT(enrolled_course, (), (id, title, slug, thumbnail, duration_hours, level))

struct enrollment_out {
  enrollment_id id;
  enrolled_course course;
  std::int64_t progress_percent = 0;
  std::int64_t lessons_completed = 0;
  std::int64_t total_lessons = 0;
  timestamp enrolled_at;
  timestamp last_accessed_at;
  bool is_completed = false;
  wire::shown_url certificate_url;
  std::optional<current_lesson_out> current_lesson;
};
BOOST_DESCRIBE_STRUCT(enrollment_out, (),
                      (id, course, progress_percent, lessons_completed, total_lessons, enrolled_at, last_accessed_at,
                       is_completed, certificate_url, current_lesson))

struct enrolled_instructor {
  user_id id;
  std::string first_name;
  std::string last_name;
};
BOOST_DESCRIBE_STRUCT(enrolled_instructor, (), (id, first_name, last_name))

struct enrolled_lesson {
  lesson_id id;
  std::string title;
  std::string description;
  std::string kind;
  std::int64_t duration_minutes = 0;
  std::int64_t order = 0;
  bool is_preview = false;
  wire::shown_url video_url;
  std::vector<std::string> resources;
  std::string content;
  bool completed = false;
  std::optional<timestamp> completed_at;
  std::int64_t watch_time_seconds = 0;
};
BOOST_DESCRIBE_STRUCT(enrolled_lesson, (),
                      (id, title, description, kind, duration_minutes, order, is_preview, video_url, resources, content,
                       completed, completed_at, watch_time_seconds))

struct enrolled_section {
  section_id id;
  std::string title;
  std::string description;
  std::int64_t order = 0;
  std::vector<enrolled_lesson> lessons;
};
BOOST_DESCRIBE_STRUCT(enrolled_section, (), (id, title, description, order, lessons))

struct entered_course {
  course_id id;
  std::string title;
  std::string slug;
  wire::shown_url thumbnail;
  enrolled_instructor instructor;
  std::vector<enrolled_section> curriculum;
};
BOOST_DESCRIBE_STRUCT(entered_course, (), (id, title, slug, thumbnail, instructor, curriculum))

struct enrollment_detail {
  enrollment_id id;
  entered_course course;
  std::int64_t progress_percent = 0;
  std::int64_t lessons_completed = 0;
  std::int64_t total_lessons = 0;
  timestamp enrolled_at;
  timestamp last_accessed_at;
  bool is_completed = false;
  std::optional<timestamp> completed_at;
  wire::shown_url certificate_url;
  std::optional<current_lesson_out> current_lesson;
};
BOOST_DESCRIBE_STRUCT(enrollment_detail, (),
                      (id, course, progress_percent, lessons_completed, total_lessons, enrolled_at, last_accessed_at,
                       is_completed, completed_at, certificate_url, current_lesson))

struct mark_lesson {
  api::id_text lesson_id;
};
BOOST_DESCRIBE_STRUCT(mark_lesson, (), (lesson_id))

struct lesson_marked {
  stoa::lesson_id lesson_id;
  stoa::enrollment_id enrollment_id;
  bool is_completed = true;
  timestamp completed_at;
  std::int64_t enrollment_progress = 0;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(lesson_marked, (),
                      (lesson_id, enrollment_id, is_completed, completed_at, enrollment_progress, message))

struct entered {
  enrollment_id id;
  stoa::course_id course_id;
  std::string course_title;
  timestamp enrolled_at;
  std::int64_t progress_percent = 0;
  std::int64_t lessons_completed = 0;
  std::int64_t total_lessons = 0;
  bool is_completed = false;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(entered, (),
                      (id, course_id, course_title, enrolled_at, progress_percent, lessons_completed, total_lessons,
                       is_completed, message))

struct enrollment_filter {
  wire::word_or<"all", "active", "completed", "all"> status;
};
BOOST_DESCRIBE_STRUCT(enrollment_filter, (), (status))

/// What the list and the detail say alike.
template <class Out>
void write_progress(Out& out, const enrollment& e, const progress& p) {
  out.id = e.id;
  out.progress_percent = p.percent;
  out.lessons_completed = p.lessons_completed;
  out.total_lessons = p.total_lessons;
  out.enrolled_at = e.enrolled_at;
  out.last_accessed_at = e.last_accessed_at;
  out.is_completed = p.completed;
  if (p.current) out.current_lesson = current_lesson_out{p.current->id, p.current->title, p.current_position};
}

enrollment_out to_wire(const actors::study& s) {
  enrollment_out out;
  write_progress(out, *s.enrollment, s.progress);
  const auto& c = *s.course;
  out.course = {c.id, c.title, c.slug, c.thumbnail_url, c.duration_hours(), std::string(title_of(c.level))};
  return out;
}

enrolled_lesson to_wire(const lesson& l, const enrollment& e, const lesson_contents& contents) {
  auto out = wire::same_named<enrolled_lesson>(l);
  out.content = content_of(l, contents);
  out.order = l.position;
  if (const auto at = e.lessons.find(l.id); at != e.lessons.end()) {
    out.completed = at->second.completed_at.has_value();
    out.completed_at = at->second.completed_at;
    out.watch_time_seconds = at->second.watch_seconds;
  }
  return out;
}

enrollment_detail detail_of(const enrollment& e, const course& c, const lesson_contents& contents) {
  enrollment_detail out;
  write_progress(out, e, progress_of(e, c));
  out.completed_at = e.completed_at;
  out.course = wire::same_named<entered_course>(c);
  out.course.thumbnail = c.thumbnail_url;
  for (const auto& s : c.sections) {
    auto& to = out.course.curriculum.emplace_back(wire::same_named<enrolled_section, "lessons">(s));
    to.order = s.position;
    for (const auto& l : s.lessons) to.lessons.push_back(to_wire(l, e, contents));
  }
  return out;
}

std::string congratulation(const progress& p) {
  return "Lesson completed! You've completed " + std::to_string(p.lessons_completed) + " out of " +
         std::to_string(p.total_lessons) + " lessons.";
}

task<page_of<enrollment_out>> list(const area_parts& a, const request& q, paged<enrollment_filter> in) {
  auto who = co_await a.domain.enrollments.get(q.who.user);
  auto of = co_await actors::studies_of(std::move(who), a.domain.courses);
  if (in.status.text() != "all") {
    const bool completed = in.status.text() == "completed";
    std::erase_if(of.all, [&](const actors::study& s) { return s.progress.completed != completed; });
  }
  page_of<enrollment_out> out{in.asked, static_cast<std::int64_t>(of.all.size()), {}};
  const auto first = std::min(in.asked.offset(), out.total);
  const auto last = std::min(first + in.asked.size, out.total);
  const auto held = co_await api::certificates_of(a.domain, q.who.user);
  for (auto i = first; i < last; ++i) {
    auto& item = out.items.emplace_back(to_wire(of.all[static_cast<std::size_t>(i)]));
    item.certificate_url = api::certificate_url(held, item.id, q);
  }
  co_return out;
}

task<enrollment_detail> show(const area_parts& a, const request& q, in_path<"id", enrollment_id> id) {
  const auto who = co_await a.domain.enrollments.get(q.who.user);
  const auto* e = who->find(*id);
  if (!e) co_return not_found(*id);
  const auto c = co_await a.domain.courses.get(e->course);
  const auto texts = co_await a.domain.courses.contents(c, true);
  const auto held = co_await api::certificates_of(a.domain, q.who.user);
  auto out = detail_of(*e, *c, *texts);
  out.certificate_url = api::certificate_url(held, e->id, q);
  co_return out;
}

task<lesson_marked> mark_complete(const area_parts& a, const request& q, in_path<"id", enrollment_id> id,
                                  mark_lesson in) {
  const auto lesson = stoa::lesson_id::parse(in.lesson_id);
  if (!lesson) co_return actors::enrollment_rules::lesson_not_found();
  const auto marked = co_await a.domain.enrollments.complete_lesson(q.who.user, *id, *lesson);
  lesson_marked out;
  out.lesson_id = marked.lesson;
  out.enrollment_id = marked.enrollment;
  out.completed_at = marked.completed_at;
  out.enrollment_progress = marked.progress.percent;
  out.message = congratulation(marked.progress);
  co_return out;
}

task<entered> enroll(const area_parts& a, const request& q, in_path<"id", course_id> id) {
  const auto in = co_await a.domain.enrollments.enroll(q.who, *id);
  entered out;
  out.id = in.enrollment.id;
  out.course_id = in.course.id;
  out.course_title = in.course.title;
  out.enrolled_at = in.enrollment.enrolled_at;
  out.total_lessons = in.course.lessons;
  out.message = "You are now enrolled in " + in.course.title;
  co_return out;
}

}  // namespace

void add_enrollment_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("enrollments", parts);
  at.get("/enrollments/", {.auth = auth::required, .summary = "One's own enrolments, oldest first"}, list);
  at.get("/enrollments/{id}/", {.auth = auth::required, .summary = "An enrolment with its course's curriculum"}, show);
  at.post("/enrollments/{id}/mark-lesson-complete/", {.auth = auth::required, .summary = "Mark a lesson as done"},
          mark_complete);
  at.post("/courses/{id}/enroll/",
          {.auth = auth::required,
           .status = 201,
           .summary = "Enter a free course",
           .refuses = {fault_kind::payment_required, fault_kind::conflict}},
          enroll);
}

}  // namespace stoa::learnflow

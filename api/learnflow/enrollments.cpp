#include "api/learnflow/enrollments.hpp"

#include <algorithm>

#include "actors/enrollment/studies.hpp"
#include "api/learnflow/page_of.hpp"

namespace stoa::learnflow {
namespace {

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
  std::string thumbnail;
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
  std::optional<std::string> certificate_url;
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
  std::string video_url;
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
  std::string thumbnail;
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
  std::optional<std::string> certificate_url;
  std::optional<current_lesson_out> current_lesson;
};
BOOST_DESCRIBE_STRUCT(enrollment_detail, (),
                      (id, course, progress_percent, lessons_completed, total_lessons, enrolled_at, last_accessed_at,
                       is_completed, completed_at, certificate_url, current_lesson))

struct mark_lesson {
  wire::text<1, 64> lesson_id;
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
  std::optional<wire::choice<"active", "completed", "all">> status;
  std::optional<std::int64_t> page, page_size;
};
BOOST_DESCRIBE_STRUCT(enrollment_filter, (), (status, page, page_size))

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

enrolled_lesson to_wire(const lesson& l, const enrollment& e) {
  enrolled_lesson out;
  out.id = l.id;
  out.title = l.title;
  out.description = l.description;
  out.kind = l.kind;
  out.duration_minutes = l.duration_minutes;
  out.order = l.position;
  out.is_preview = l.is_preview;
  out.video_url = l.video_url;
  out.resources = l.resources;
  out.content = l.content;
  if (const auto at = e.lessons.find(l.id); at != e.lessons.end()) {
    out.completed = at->second.completed_at.has_value();
    out.completed_at = at->second.completed_at;
    out.watch_time_seconds = at->second.watch_seconds;
  }
  return out;
}

enrollment_detail detail_of(const enrollment& e, const course& c) {
  enrollment_detail out;
  write_progress(out, e, progress_of(e, c));
  out.completed_at = e.completed_at;
  out.course.id = c.id;
  out.course.title = c.title;
  out.course.slug = c.slug;
  out.course.thumbnail = c.thumbnail_url;
  out.course.instructor = {c.instructor.id, c.instructor.first_name, c.instructor.last_name};
  for (const auto& s : c.sections) {
    auto& to = out.course.curriculum.emplace_back();
    to.id = s.id;
    to.title = s.title;
    to.description = s.description;
    to.order = s.position;
    for (const auto& l : s.lessons) to.lessons.push_back(to_wire(l, e));
  }
  return out;
}

std::string congratulation(const progress& p) {
  return "Lesson completed! You've completed " + std::to_string(p.lessons_completed) + " out of " +
         std::to_string(p.total_lessons) + " lessons.";
}

fault enrollment_not_found() {
  return fault(fault_kind::not_found, "ENROLLMENT_NOT_FOUND", "The requested enrollment does not exist");
}

}  // namespace

void add_enrollment_routes(route_table& routes, stoa::domain& domain, const stoa::clock&) {
  routes.get<enrollment_filter, page_of<enrollment_out>>(
      "/enrollments/", {.auth = auth::required, .summary = "One's own enrolments, oldest first", .tag = "enrollments"},
      [&domain](const request& q, enrollment_filter in) -> task<page_of<enrollment_out>> {
        const auto page = co_await http::read_page(q);
        auto reading = domain.enrollments.get(q.who.user);
        auto who = co_await std::move(reading);
        auto gathering = actors::studies_of(std::move(who), domain.courses);
        auto of = co_await std::move(gathering);
        if (in.status && *in.status != "all") {
          const bool completed = *in.status == "completed";
          std::erase_if(of.all, [&](const actors::study& s) { return s.progress.completed != completed; });
        }
        const auto total = static_cast<std::int64_t>(of.all.size());
        auto out = page_of<enrollment_out>::of(q, page, total);
        const auto first = std::min(page.offset(), total);
        const auto last = std::min(first + page.size, total);
        for (auto i = first; i < last; ++i) out.results.push_back(to_wire(of.all[static_cast<std::size_t>(i)]));
        co_return out;
      });

  routes.get<wire::nothing, enrollment_detail>(
      "/enrollments/{id}/",
      {.auth = auth::required, .summary = "An enrolment with its course's curriculum", .tag = "enrollments"},
      [&domain](const request& q, wire::nothing) -> task<enrollment_detail> {
        const auto id = co_await q.path_id<enrollment_id>("id", enrollment_not_found());
        auto reading = domain.enrollments.get(q.who.user);
        const auto who = co_await std::move(reading);
        const auto* e = who->find(id);
        if (!e) co_return enrollment_not_found();
        auto loading = domain.courses.get(e->course);
        const auto c = co_await std::move(loading);
        co_return detail_of(*e, *c);
      });

  routes.post<mark_lesson, lesson_marked>(
      "/enrollments/{id}/mark-lesson-complete/",
      {.auth = auth::required, .summary = "Mark a lesson as done", .tag = "enrollments"},
      [&domain](const request& q, mark_lesson in) -> task<lesson_marked> {
        const auto id = co_await q.path_id<enrollment_id>("id", enrollment_not_found());
        const auto lesson = stoa::lesson_id::parse(in.lesson_id);
        if (!lesson)
          co_return fault(fault_kind::not_found, "LESSON_NOT_FOUND",
                          "The requested lesson does not exist in this course");
        auto marking = domain.enrollments.complete_lesson(q.who.user, id, *lesson);
        const auto marked = co_await std::move(marking);
        lesson_marked out;
        out.lesson_id = marked.lesson;
        out.enrollment_id = marked.enrollment;
        out.completed_at = marked.completed_at;
        out.enrollment_progress = marked.progress.percent;
        out.message = congratulation(marked.progress);
        co_return out;
      });

  routes.post<wire::nothing, entered>(
      "/courses/{id}/enroll/",
      {.auth = auth::required, .status = 201, .summary = "Enter a free course", .tag = "enrollments"},
      [&domain](const request& q, wire::nothing) -> task<entered> {
        fault unknown(fault_kind::not_found, "COURSE_NOT_FOUND", "The requested course does not exist");
        const auto id = co_await q.path_id<course_id>("id", std::move(unknown));
        auto entering = domain.enrollments.enroll(q.who, id);
        const auto e = co_await std::move(entering);
        auto loading = domain.courses.get(id);
        const auto c = co_await std::move(loading);
        const auto p = progress_of(e, *c);
        entered out;
        out.id = e.id;
        out.course_id = c->id;
        out.course_title = c->title;
        out.enrolled_at = e.enrolled_at;
        out.progress_percent = p.percent;
        out.lessons_completed = p.lessons_completed;
        out.total_lessons = p.total_lessons;
        out.is_completed = p.completed;
        out.message = "You are now enrolled in " + c->title;
        co_return out;
      });
}

}  // namespace stoa::learnflow

#include "actors/enrollment/enrollment_rules.hpp"
#include "actors/enrollment/studies.hpp"
#include "api/fields.hpp"
#include "api/lms/lms.hpp"

namespace stoa::lms {
namespace {

using api::area_parts;

struct enter_in {
  api::id_text course_id;
};
BOOST_DESCRIBE_STRUCT(enter_in, (), (course_id))

struct enrollment_out {
  enrollment_id id;
  stoa::course_id course_id;
  user_id student_id;
  timestamp enrolled_at;
  std::optional<timestamp> completed_at;
};
BOOST_DESCRIBE_STRUCT(enrollment_out, (), (id, course_id, student_id, enrolled_at, completed_at))

struct named_course {
  course_id id;
  std::string title;
};
BOOST_DESCRIBE_STRUCT(named_course, (), (id, title))

struct study_out {
  enrollment_id id;
  named_course course;
  timestamp enrolled_at;
  std::optional<timestamp> completed_at;
  int progress_percentage = 0;
};
BOOST_DESCRIBE_STRUCT(study_out, (), (id, course, enrolled_at, completed_at, progress_percentage))

struct studied_lesson {
  stoa::lesson_id lesson_id;
  std::string title;
  int order = 0;
  bool completed = false;
  std::optional<timestamp> completed_at;
};
BOOST_DESCRIBE_STRUCT(studied_lesson, (), (lesson_id, title, order, completed, completed_at))

struct enrollment_detail : enrollment_out {
  named_course course;
  int progress_percentage = 0, lessons_completed = 0, total_lessons = 0;
  std::vector<studied_lesson> lessons;
};
BOOST_DESCRIBE_STRUCT(enrollment_detail, (enrollment_out),
                      (course, progress_percentage, lessons_completed, total_lessons, lessons))

struct lesson_done {
  enrollment_id id;
  stoa::lesson_id lesson_id;
  bool completed = true;
  timestamp completed_at;
  int progress_percentage = 0;
};
BOOST_DESCRIBE_STRUCT(lesson_done, (), (id, lesson_id, completed, completed_at, progress_percentage))

template <class Out>
Out begin_with(const enrollment& e, user_id of) {
  auto out = wire::same_named<Out, "course", "lessons">(e);
  out.course_id = e.course;
  out.student_id = of;
  return out;
}

study_out to_wire(const actors::study& s) {
  auto out = wire::same_named<study_out, "course">(*s.enrollment);
  out.course = {s.course->id, s.course->title};
  out.progress_percentage = s.progress.percent;
  return out;
}

enrollment_detail to_detail(const enrollment& e, user_id of, const course& c) {
  auto out = begin_with<enrollment_detail>(e, of);
  const auto p = progress_of(e, c);
  out.course = {c.id, c.title};
  out.progress_percentage = p.percent;
  out.lessons_completed = p.lessons_completed;
  out.total_lessons = p.total_lessons;
  for (const auto* l : c.lessons_in_order()) {
    auto& shown = out.lessons.emplace_back();
    shown.lesson_id = l->id;
    shown.title = l->title;
    shown.order = static_cast<int>(out.lessons.size());
    if (const auto at = e.lessons.find(l->id); at != e.lessons.end()) shown.completed_at = at->second.completed_at;
    shown.completed = shown.completed_at.has_value();
  }
  return out;
}

task<enrollment_out> enroll(const area_parts& a, const request& q, enter_in in) {
  const auto id = co_await api::id_named<course_id>(in.course_id);
  const auto entered = co_await a.domain.enrollments.enroll(q.who, id);
  co_return begin_with<enrollment_out>(entered.enrollment, q.who.user);
}

task<page_of<study_out>> list(const area_parts& a, const request& q, paged<> in) {
  auto who = co_await a.domain.enrollments.get(q.who.user);
  page_of<study_out> out{in.asked, static_cast<std::int64_t>(who->enrollments.size()), {}};
  const auto of = co_await actors::studies_of(std::move(who), a.domain.courses, in.asked);
  for (const auto& s : of.all) out.items.push_back(to_wire(s));
  co_return out;
}

using of_enrollment = in_path<"enrollment_id", enrollment_id>;

task<enrollment_detail> show(const area_parts& a, const request& q, of_enrollment id) {
  const auto who = co_await a.domain.enrollments.get(q.who.user);
  const auto* e = who->find(*id);
  if (!e) co_return not_found(*id);
  const auto c = co_await a.domain.courses.get(e->course);
  co_return to_detail(*e, who->id, *c);
}

using of_lesson = in_path<"lesson_id", lesson_id, actors::enrollment_rules::lesson_not_found>;

task<lesson_done> complete(const area_parts& a, const request& q, of_enrollment id, of_lesson lesson) {
  const auto marked = co_await a.domain.enrollments.complete_lesson(q.who.user, *id, *lesson);
  lesson_done out;
  out.id = marked.enrollment;
  out.lesson_id = marked.lesson;
  out.completed_at = marked.completed_at;
  out.progress_percentage = marked.progress.percent;
  co_return out;
}

}  // namespace

void add_enrollment_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("enrollments", parts);
  at.post("/enrollments",
          {.auth = auth::required,
           .status = 201,
           .summary = "Enter a free course",
           .refuses = {fault_kind::payment_required, fault_kind::not_found, fault_kind::conflict}},
          enroll);
  at.get("/enrollments/my-courses", {.auth = auth::required, .summary = "One's own enrolments, oldest first"}, list);
  at.get("/enrollments/{enrollment_id}",
         {.auth = auth::required, .summary = "One's own enrolment with what has been done"}, show);
  at.post("/enrollments/{enrollment_id}/lessons/{lesson_id}/complete",
          {.auth = auth::required, .summary = "Mark a lesson as done"}, complete);
}

}  // namespace stoa::lms

#include "actors/enrollment/enrollment_rules.hpp"

#include <algorithm>

namespace stoa::actors::enrollment_rules {

fault already_enrolled() {
  return fault(fault_kind::conflict, "ALREADY_ENROLLED", "You are already enrolled in this course");
}

fault lesson_not_found() {
  return fault(fault_kind::not_found, "LESSON_NOT_FOUND", "The requested lesson does not exist in this course");
}

entry entry_of(const course_offer& c, const caller& who) { return {c.id, c.published(), c.free(), who.is_admin()}; }

std::vector<lesson_id> curriculum_of(const course& c) {
  std::vector<lesson_id> out;
  for (const auto& s : c.sections)
    for (const auto& l : s.lessons) out.push_back(l.id);
  return out;
}

result<enrollment> enroll(const learner& in, const entry& at, enrollment_id id, timestamp now) {
  if (in.find(at.course)) return already_enrolled();
  if (!at.published) return not_found(course_id{});
  if (!at.free && !at.by_admin)
    return fault(fault_kind::payment_required, "PAYMENT_REQUIRED",
                 "This course has to be bought before you can enter it");
  enrollment e;
  e.id = id;
  e.course = at.course;
  e.enrolled_at = e.last_accessed_at = now;
  return e;
}

result<enrollment> find(const learner& in, enrollment_id id) {
  if (const auto* e = in.find(id)) return *e;
  return not_found(enrollment_id{});
}

result<lesson_step> complete_lesson(const enrollment& e, const std::vector<lesson_id>& curriculum, lesson_id lesson,
                                    timestamp now) {
  if (std::find(curriculum.begin(), curriculum.end(), lesson) == curriculum.end()) return lesson_not_found();
  lesson_step step{e, now, false, false};
  auto& progress = step.after.lessons[lesson];
  step.lesson_is_new = !progress.completed_at;
  if (step.lesson_is_new) {
    progress.completed_at = progress.updated_at = now;
  } else {
    step.completed_at = *progress.completed_at;
  }
  const auto finished = [&](lesson_id l) { return step.after.lesson_completed(l); };
  if (!e.completed_at && std::all_of(curriculum.begin(), curriculum.end(), finished)) {
    step.course_is_new = true;
    step.after.completed_at = now;
  }
  if (step.changes()) step.after.last_accessed_at = now;
  return step;
}

}  // namespace stoa::actors::enrollment_rules

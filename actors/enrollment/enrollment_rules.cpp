#include "actors/enrollment/enrollment_rules.hpp"

#include <algorithm>
#include <cmath>

#include "stoa/text.hpp"

namespace stoa::actors::enrollment_rules {

fault already_enrolled() {
  return fault(fault_kind::conflict, "ALREADY_ENROLLED", "You are already enrolled in this course");
}

fault lesson_not_found() {
  return fault(fault_kind::not_found, "LESSON_NOT_FOUND", "The requested lesson does not exist in this course");
}

fault progress_goes_back() {
  return fault(fault_kind::conflict, "PROGRESS_GOES_BACK", "What was begun or completed cannot be taken back.");
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

result<lesson_step> mark_lesson(const enrollment& e, const std::vector<lesson_id>& curriculum, lesson_id lesson,
                                const lesson_mark& mark, timestamp now) {
  if (std::find(curriculum.begin(), curriculum.end(), lesson) == curriculum.end()) return lesson_not_found();
  if (mark.status && *mark.status < e.status_of(lesson)) return progress_goes_back();
  if (mark.notes && code_points(*mark.notes) > lesson_mark::longest_notes)
    return fault::field("notes", "Use at most " + std::to_string(lesson_mark::longest_notes) + " characters.");
  lesson_step step{e, now, false, false, mark.notes.has_value()};
  auto& progress = step.after.lessons[lesson];
  const bool completes = mark.status == lesson_status::completed;
  if (mark.status == lesson_status::in_progress && e.status_of(lesson) == lesson_status::not_started) {
    progress.started_at = now;
    step.marked = true;
  }
  step.lesson_is_new = completes && !progress.completed_at;
  if (step.lesson_is_new) progress.completed_at = now;
  if (progress.completed_at) step.completed_at = *progress.completed_at;
  if (step.lesson_is_new || step.marked) progress.updated_at = now;
  const auto finished = [&](lesson_id l) { return step.after.lesson_completed(l); };
  if (completes && !e.completed_at && std::all_of(curriculum.begin(), curriculum.end(), finished)) {
    step.course_is_new = true;
    step.after.completed_at = now;
  }
  if (step.changes()) step.after.last_accessed_at = now;
  return step;
}

result<lesson_step> complete_lesson(const enrollment& e, const std::vector<lesson_id>& curriculum, lesson_id lesson,
                                    timestamp now) {
  return mark_lesson(e, curriculum, lesson, {lesson_status::completed, std::nullopt}, now);
}

namespace {
constexpr std::int64_t last_row = 9'000'000'000'000'000'000;
}

std::int64_t row_number(std::int64_t enrollment, std::int64_t lesson) {
  return enrollment < lesson ? lesson * lesson + enrollment : enrollment * enrollment + enrollment + lesson;
}

std::optional<numbers_of_row> numbers_of(std::int64_t row) {
  if (row < 0 || row > last_row) return std::nullopt;
  auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(row)));
  // Doubles are coarser than the largest rows.
  while (root * root > row) --root;
  while ((root + 1) * (root + 1) <= row) ++root;
  const auto rest = row - root * root;
  return rest < root ? numbers_of_row{rest, root} : numbers_of_row{root, rest - root};
}

std::optional<lesson_place> place_of_row(const learner& in, std::int64_t row) {
  const auto numbers = numbers_of(row);
  if (!numbers) return std::nullopt;
  for (const auto& e : in.enrollments)
    if (e.number == numbers->enrollment) return lesson_place{&e, numbers->lesson};
  return std::nullopt;
}

}  // namespace stoa::actors::enrollment_rules

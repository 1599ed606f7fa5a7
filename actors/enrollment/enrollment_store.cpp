#include "actors/enrollment/enrollment_store.hpp"

namespace stoa::actors::enrollment_store {

learner read(user_id user, const rows& r) {
  learner l;
  l.id = user;
  if (r.empty()) return l;
  const auto found = read_columns<root>(r.front());
  l.version = found.version.value_or(0);
  if (found.target_hours_per_month) l.target_hours_per_month = *found.target_hours_per_month;
  constexpr std::size_t of_enrollment = column_count<root>;
  constexpr std::size_t of_lesson = of_enrollment + column_count<enrollment>;
  for (auto row : r) {
    if (row.null(of_enrollment)) continue;
    // Rows of one enrolment come together.
    const auto id = row.as<enrollment_id>(of_enrollment);
    if (l.enrollments.empty() || l.enrollments.back().id != id)
      l.enrollments.push_back(read_columns<enrollment>(row, of_enrollment));
    if (!row.null(of_lesson))
      l.enrollments.back().lessons.emplace(row.as<lesson_id>(of_lesson),
                                           read_columns<lesson_progress>(row, of_lesson + 1));
  }
  return l;
}

}  // namespace stoa::actors::enrollment_store

#include "actors/enrollment/enrollment_store.hpp"

namespace stoa::actors::enrollment_store {

learner read(user_id user, const rows& r) {
  learner l;
  l.id = user;
  if (r.empty()) return l;
  l.version = r.front().opt_integer(0).value_or(0);
  if (auto target = r.front().opt_integer(1)) l.target_hours_per_month = static_cast<int>(*target);
  for (auto row : r) {
    if (row.null(2)) continue;
    const auto id = row.as<enrollment_id>(2);
    // Rows of one enrolment come together.
    if (l.enrollments.empty() || l.enrollments.back().id != id) {
      auto& e = l.enrollments.emplace_back();
      e.id = id;
      e.number = row.integer(3);
      e.course = row.as<course_id>(4);
      e.order = row.opt_as<order_id>(5);
      e.enrolled_at = row.time(6);
      e.last_accessed_at = row.time(7);
      e.completed_at = row.opt_time(8);
    }
    if (!row.null(9)) {
      lesson_progress p{row.opt_time(10), row.integer(11), row.time(12)};
      l.enrollments.back().lessons.emplace(row.as<lesson_id>(9), p);
    }
  }
  return l;
}

}  // namespace stoa::actors::enrollment_store

// Entering courses as a step of somebody else's transaction, so that the rules of enrolments hold whoever calls.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/time.hpp"

namespace stoa::actors::enrollment_steps {

struct course_entered {
  course_id course;
  std::string title;
};

/// Enters `who` into those of the courses that they are not in yet, as paid by `order`, raises the learner's version
/// and tells of each enrolment made. Inside the caller's transaction, which acts as `who`; once it has committed the
/// caller has the learner reloaded.
void enroll_within(connection& db, user_id who, const std::optional<order_id>& order,
                   const std::vector<course_entered>& courses, timestamp now);

}  // namespace stoa::actors::enrollment_steps

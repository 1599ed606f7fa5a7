// What somebody learns, each enrolment beside its course: what lists, dashboards and numbers are made from.
#pragma once

#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/paging.hpp"

namespace stoa::actors {

struct study {
  const stoa::enrollment* enrollment = nullptr;  ///< part of the learner
  course_ptr course;
  stoa::progress progress;
};

struct studies {
  learner_ptr learner;
  std::vector<study> all;  ///< oldest first
};

/// Enrolments with the courses they are for; from snapshots where those are in memory.
task<studies> studies_of(learner_ptr who, stoa::courses& courses);
/// Those of a page alone.
task<studies> studies_of(learner_ptr who, stoa::courses& courses, page_request page);

}  // namespace stoa::actors

// What a learner can be told.
#pragma once

#include "stoa/areas/enrollments.hpp"
#include "stoa/result.hpp"
#include "stoa/routes.hpp"

namespace stoa::actors {

struct read_learner {};
struct enter_course {
  caller who;
  course_ptr course;
};
struct finish_lesson {
  enrollment_id enrollment;
  lesson_id lesson;
  course_ptr course;  ///< that of the enrolment, with its current curriculum
};
struct set_learning_goal {
  int hours_per_month = 0;
};
struct refresh_learner {};
struct reload_learner {};

}  // namespace stoa::actors

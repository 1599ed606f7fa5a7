// The rules of learning: who may enter a course, and what a finished lesson means. Pure functions.
#pragma once

#include <boost/describe.hpp>

#include <vector>

#include "stoa/areas/enrollments.hpp"
#include "stoa/result.hpp"
#include "stoa/routes.hpp"

namespace stoa::actors::enrollment_rules {

fault already_enrolled();
fault lesson_not_found();

/// Somebody at the door of a course: what counts of both.
struct entry {
  course_id course;
  bool published = false;
  bool free = false;
  bool by_admin = false;
};
BOOST_DESCRIBE_STRUCT(entry, (), (course, published, free, by_admin))
entry entry_of(const course_offer& c, const caller& who);

/// The enrolment of somebody who asks to enter a course. Through this door only free courses are entered; an admin may
/// enter any. ALREADY_ENROLLED, COURSE_NOT_FOUND (also for what is not published), PAYMENT_REQUIRED.
result<enrollment> enroll(const learner& in, const entry& at, enrollment_id id, timestamp now);
inline result<enrollment> enroll(const learner& in, const course& c, const caller& who, enrollment_id id,
                                 timestamp now) {
  return enroll(in, entry_of(offer_of(c), who), id, now);
}

/// The enrolment of that id. ENROLLMENT_NOT_FOUND also for other people's, which this learner never holds.
result<enrollment> find(const learner& in, enrollment_id id);

/// The lessons of a course in the order they are taken.
std::vector<lesson_id> curriculum_of(const course& c);

struct lesson_step {
  enrollment after;
  timestamp completed_at;      ///< of the lesson; the first time it was done
  bool lesson_is_new = false;  ///< false: it had been done before
  bool course_is_new = false;  ///< the course is completed with this step
  bool changes() const { return lesson_is_new || course_is_new; }
};

/// Marks a lesson of the current curriculum done. Doing so again changes nothing, unless the curriculum has shrunk in
/// between so that the course is complete now. LESSON_NOT_FOUND.
result<lesson_step> complete_lesson(const enrollment& e, const std::vector<lesson_id>& curriculum, lesson_id lesson,
                                    timestamp now);
inline result<lesson_step> complete_lesson(const enrollment& e, const course& c, lesson_id lesson, timestamp now) {
  return complete_lesson(e, curriculum_of(c), lesson, now);
}

}  // namespace stoa::actors::enrollment_rules

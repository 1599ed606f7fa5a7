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
fault progress_goes_back();

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
  bool marked = false;         ///< begun, or something was noted
  bool changes() const { return lesson_is_new || course_is_new || marked; }
};

/// What a learner says of a lesson of the current curriculum. Completing it again changes nothing, unless the
/// curriculum has shrunk in between so that the course is complete now. A completion was told to everybody:
/// PROGRESS_GOES_BACK for a status behind the present one. LESSON_NOT_FOUND; `invalid` (field `notes`).
result<lesson_step> mark_lesson(const enrollment& e, const std::vector<lesson_id>& curriculum, lesson_id lesson,
                                const lesson_mark& mark, timestamp now);
/// The same that completes it.
result<lesson_step> complete_lesson(const enrollment& e, const std::vector<lesson_id>& curriculum, lesson_id lesson,
                                    timestamp now);
inline result<lesson_step> complete_lesson(const enrollment& e, const course& c, lesson_id lesson, timestamp now) {
  return complete_lesson(e, curriculum_of(c), lesson, now);
}

// A learner's row for each lesson of each of their courses has a number of its own. It is made of those of enrolment
// and lesson, so that it is there from the enrolment on, also for lessons that come later, and nothing has to be
// written.

/// Both numbers in one, and no other two in the same: x^2 + y or y^2 + y + x, whatever is larger. Both from 0 on and
/// below 3'000'000'000; exact for JavaScript as long as they are below 94'000'000.
std::int64_t row_number(std::int64_t enrollment, std::int64_t lesson);

struct numbers_of_row {
  std::int64_t enrollment = 0, lesson = 0;
};
/// The two of which `row_number` makes that one; nullopt for what is none.
std::optional<numbers_of_row> numbers_of(std::int64_t row);

struct lesson_place {
  const enrollment* entered = nullptr;
  std::int64_t lesson = 0;  ///< the number of the lesson that the row would be of
};
/// Where a row of that number belongs; nullopt where it is none of this learner's.
std::optional<lesson_place> place_of_row(const learner& in, std::int64_t row);

}  // namespace stoa::actors::enrollment_rules

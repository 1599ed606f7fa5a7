// The rules of a course: pure functions over its state. What they return is the course as it will be once written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::course_rules {

inline constexpr std::size_t most_sections = 100;
inline constexpr std::size_t most_lessons = 200;  ///< of one section
inline constexpr std::size_t recent_reviews = 5;
inline constexpr int most_weeks = 520;

/// PERMISSION_DENIED unless the person teaches.
result<done> may_create(const caller& who);
/// Owner or admin. A stranger meets PERMISSION_DENIED at a published course and COURSE_NOT_FOUND at a draft, everybody
/// COURSE_NOT_FOUND at what was taken away.
result<done> may_change(const course& c, const caller& who);
fault has_learners();
/// Whether the course exists for this person: COURSE_NOT_FOUND at other people's drafts.
result<done> may_see(const course& c, const caller& who);

/// A title as a part of an address: lower case, words joined by dashes. Latin letters lose their accents, letters of
/// other scripts stay; `course` where nothing is left.
std::string slug_of(std::string_view title);
/// The slug to try when `attempt` (from 0) others were taken: `base`, `base-2`, `base-3`, then one that nobody has.
std::string slug_attempt(const std::string& base, int attempt, course_id id);

/// A new draft. `title` is required; the slug comes from it unless one is given.
result<course> create(const course_draft& d, course_id id, user_id owner, timestamp now);
/// With its status, where the draft names one: see `with_status`.
result<course> change(const course& c, const course_draft& d, timestamp now);
/// COURSE_NOT_READY without a title or without a section that has a lesson.
result<course> publish(const course& c, timestamp now);
/// In whatever status it is to be, by the rules of each: off sale for `draft` and `archived`, and for good for
/// `removed`, where it is out of the way of everybody but its learners, whose progress and content stay.
result<course> with_status(const course& c, course_status wanted, timestamp now);

result<course> add_section(const course& c, section_id id, const section_draft& d, timestamp now);
result<course> change_section(const course& c, section_id id, const section_draft& d, timestamp now);
/// COURSE_NOT_READY where a published course would keep no lesson.
result<course> remove_section(const course& c, section_id id, timestamp now);
result<course> add_lesson(const course& c, section_id in, lesson_id id, const lesson_draft& d, timestamp now);
result<course> change_lesson(const course& c, lesson_id id, const lesson_draft& d, timestamp now);
result<course> remove_lesson(const course& c, lesson_id id, timestamp now);
const section* find_section(const course& c, section_id id);

/// The review an enrolled learner may write: NOT_ENROLLED, PERMISSION_DENIED for the course's own instructor, a rating
/// from 1 to 5.
result<review> write_review(const course& c, user_id author, bool enrolled, const review_draft& d, review_id id,
                            timestamp now);
inline result<review> write_review(const course& c, const learner& author, const review_draft& d, review_id id,
                                   timestamp now) {
  return write_review(c, author.id, author.find(c.id) != nullptr, d, id, now);
}
/// Numbers and recent reviews once that review is there.
course with_review(const course& c, const review& r);
/// Nobody votes for a review of their own.
/// What an answer to a review leaves of it: no text takes the answer back. The course's owner's business alone.
result<review> with_reply(review r, const course& c, const caller& who, const std::optional<std::string>& reply,
                          timestamp now);
result<done> may_vote(const review& r, const caller& who);

/// A bestseller belongs to the tenth of its category's published courses that have most students, and has at least
/// five. `lowest` is the students of the last course within that tenth.
inline constexpr std::int64_t bestseller_students = 5;
inline bool bestseller(const course& c, std::int64_t lowest) {
  return c.published() && c.numbers.students >= bestseller_students && c.numbers.students >= lowest;
}

}  // namespace stoa::actors::course_rules

// The SQL of courses. A write names the version it saw and answers no row when another writer was faster; what belongs
// to it (rows, positions, event) is written by the same statement.
#pragma once

#include <string>
#include <vector>

#include "actors/course/course.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::course_store {

/// Courses with all they show, a row each; their parts as JSON arrays.
extern const statement load;
/// What changes without the course's own row, of many courses: id, version, numbers, the instructor's.
extern const statement numbers;
/// What `read_offer` reads of a course, a row each; the first column is its id.
extern const statement offers;
/// What lessons hold, of the previews of a course or of all of it: id, text.
extern const statement contents;
extern const statement find_slug;
extern const statement find_number;
/// A row where somebody has entered the course.
extern const statement entered;
extern const statement course_of_section;
extern const statement course_of_lesson;

extern const statement create;
extern const statement update;
extern const statement set_status;
extern const statement add_section;
extern const statement update_section;
extern const statement remove_section;
extern const statement add_lesson;
extern const statement update_lesson;
extern const statement remove_lesson;
/// A lesson together with the section that is begun for it.
extern const statement add_lesson_and_section;
extern const statement order_lessons;

extern const statement add_review;
extern const statement vote_helpful;
extern const statement one_review;
extern const statement reply_to_review;
/// A page of reviews in that order.
const statement& reviews(review_order order);

/// The category of that id, name or slug.
extern const statement find_category;
/// How many somebody has brought.
extern const statement count_categories;
/// No row where its name or slug is taken.
extern const statement add_category;
extern const statement categories;

/// For each category, the students of the last course within the tenth that have most.
extern const statement bestsellers;
/// Adds students in bulk, to courses and their instructors, and tells of both.
extern const statement count_students;
/// Sums up anew what the published courses of these instructors come to.
extern const statement count_instructors;
/// Courses that these people teach, and those with reviews of theirs, each with what it shows of the person.
extern const statement courses_showing;
/// Whether a course shows something else of that person than a row of `courses_showing` says.
bool shows_otherwise(const course& c, const rows::row& r);

/// What `create` and `update` bind: `second` is the instructor, or the version seen.
values course_values(const course& c, value second, timestamp now);
/// What a course tells of itself when it changes, as it stands then: the last value of its statements.
template <class E>
E facts_of(const course& c) {
  E told;
  told.course_id = c.id;
  told.title = c.title;
  told.slug = c.slug;
  told.status = std::string(name_of(c.status));
  told.instructor_id = c.instructor.id;
  return told;
}
template <class E>
event_rows telling(const course& c, timestamp now) {
  event_rows out(now);
  out.tell(c.instructor.id, c.id, facts_of<E>(c));
  return out;
}
/// The ids of siblings in their order; the nil id holds the place of the one that gets its own by other means.
template <class T>
value order_of(const std::vector<T>& siblings, const uuid& placed) {
  std::vector<std::string> ids;
  ids.reserve(siblings.size());
  for (const auto& s : siblings) ids.push_back(s.id.value == placed ? uuid{}.str() : s.id.str());
  return value::array(ids);
}
course read_loaded(const rows::row& r);
show_numbers read_numbers(const rows::row& r);
course_offer read_offer(const rows::row& r);
/// The eleven columns of a review and its author, from `first` on.
review read_review(const rows::row& r, std::size_t first = 0);

}  // namespace stoa::actors::course_store

namespace stoa {

/// How columns by name (`stoa/columns.hpp`) read these.
inline void read_column(const rows::row& r, std::size_t column, course_level& out) {
  out = course_level_named(r.raw(column)).value_or(course_level::beginner);
}
inline void read_column(const rows::row& r, std::size_t column, course_status& out) {
  out = course_status_named(r.raw(column)).value_or(course_status::draft);
}

}  // namespace stoa

namespace stoa::actors {

bound_statement load_all(const course_kind& kind, const std::vector<course_id>& ids);
result<course> read(const course_kind& kind, const course_id& id, const rows& found);

bound_statement save(const course& before, const course& after, const change_course& told, const moment& m);
std::optional<fault> refused(const change_course& told, const fault& f);
bound_statement save(const course& before, const course& after, const set_course_status& told, const moment& m);
bound_statement save(const course& before, const course& after, const put_section& told, const moment& m);
void written(course& next, section& reply, const put_section& told, const rows::row& first);
bound_statement save(const course& before, const course& after, const drop_section& told, const moment& m);
bound_statement save(const course& before, const course& after, const put_lesson& told, const moment& m);
void written(course& next, lesson& reply, const put_lesson& told, const rows::row& first);
bound_statement save(const course& before, const course& after, const drop_lesson& told, const moment& m);
bound_statement save(const course& before, const course& after, const order_course_lessons& told, const moment& m);
bound_statement save(const course& before, const course& after, const post_course_review& told, const moment& m);
void written(course& next, review& reply, const post_course_review& told, const rows::row& first);
std::optional<fault> refused(const post_course_review& told, const fault& f);

}  // namespace stoa::actors

// The SQL of courses. A write names the version it saw and answers no row when another writer was faster; what belongs
// to it (rows, positions, event) is written by the same statement.
#pragma once

#include <string>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/db.hpp"

/// The columns that `read_row` reads, of course c, account a, category k and course_numbers n.
#define STOA_COURSE_COLUMNS                                                                                           \
  "c.id, c.number, c.version, a.id, a.first_name, a.last_name, a.email, a.bio, a.avatar_url, c.title, c.slug, "       \
  "c.short_description, c.description, c.detailed_description, k.id, k.number, k.name, k.slug, c.level, c.language, " \
  "c.price_minor, c.currency, c.original_price_minor, c.thumbnail_url, c.preview_video_url, c.certificate_included, " \
  "array_to_json(c.outcomes), array_to_json(c.requirements), array_to_json(c.target_audience), "                      \
  "array_to_json(c.tags), "                                                                                           \
  "c.duration_weeks, c.status, c.created_at, c.updated_at, c.published_at, " STOA_NUMBER_COLUMNS
#define STOA_NUMBER_COLUMNS                                                                                    \
  "coalesce(n.students, 0), coalesce(n.rating_count, 0), coalesce(n.rating_sum, 0), coalesce(n.rating_1, 0), " \
  "coalesce(n.rating_2, 0), coalesce(n.rating_3, 0), coalesce(n.rating_4, 0), coalesce(n.rating_5, 0)"
#define STOA_COURSE_JOINS                                                                   \
  " join account a on a.id = c.instructor_id left join category k on k.id = c.category_id " \
  "left join course_numbers n on n.course_id = c.id "

namespace stoa::actors::course_store {

inline constexpr std::size_t course_columns = 43;

/// A course with all it shows, in one answer; its parts as JSON arrays.
extern const statement load;
/// What changes without the course's own row: numbers, the instructor's numbers, recent reviews; version first.
extern const statement numbers;
extern const statement exists;
extern const statement find_slug;
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

extern const statement add_review;
extern const statement vote_helpful;
/// A page of reviews in that order.
const statement& reviews(review_order order);

extern const statement find_category;
extern const statement add_category;
extern const statement categories;

/// For each category, the students of the last course within the tenth that have most.
extern const statement bestsellers;
/// Adds students in bulk; answers the courses and their instructors.
extern const statement count_students;
/// Courses that these people teach, and those with reviews of theirs.
extern const statement courses_showing;

/// The first `course_columns` columns.
course read_row(const rows::row& r);
course read_loaded(const rows::row& r);
/// `numbers` into a course of the same version.
void read_numbers(const rows::row& r, course& into);
/// The eleven columns of a review and its author, from `first` on.
review read_review(const rows::row& r, std::size_t first = 0);

}  // namespace stoa::actors::course_store

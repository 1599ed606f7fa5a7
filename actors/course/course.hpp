// What a course is as an entity, what it can be told, and what follows.
#pragma once

#include <optional>
#include <vector>

#include "actors/course/course_curriculum.hpp"
#include "actors/course/course_rules.hpp"
#include "actors/course/course_size.hpp"
#include "actors/course/loaded_courses.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

struct change_course {
  caller who;
  course_draft draft;
  /// The category that the draft names, already looked up; present and empty takes it away.
  std::optional<std::optional<category>> named_category;
  std::int64_t most_bytes = 0;  ///< what a course may hold
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(change_course, (), (who, draft, named_category, most_bytes))

struct set_course_status {
  caller who;
  course_status status = course_status::draft;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(set_course_status, (), (who, status))

/// A new section where `id` is empty.
struct put_section {
  caller who;
  std::optional<section_id> id;
  section_draft draft;
  std::int64_t most_bytes = 0;
  using reply = section;
};
BOOST_DESCRIBE_STRUCT(put_section, (), (who, id, draft, most_bytes))

struct drop_section {
  caller who;
  section_id id;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(drop_section, (), (who, id))

/// A new lesson of `section` where `id` is empty; with `otherwise` it goes behind all others, in the last section or in
/// a new one of that id.
struct put_lesson {
  caller who;
  section_id section;
  std::optional<lesson_id> id;
  lesson_draft draft;
  std::int64_t most_bytes = 0;
  std::optional<section_id> otherwise;
  using reply = lesson;
};
BOOST_DESCRIBE_STRUCT(put_lesson, (), (who, section, id, draft, most_bytes, otherwise))

/// All lessons, in their new order.
struct order_course_lessons {
  caller who;
  std::vector<lesson_id> order;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(order_course_lessons, (), (who, order))

struct drop_lesson {
  caller who;
  lesson_id id;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(drop_lesson, (), (who, id))

struct post_course_review {
  caller who;
  bool enrolled = false;
  review_draft draft;
  using reply = review;
};
BOOST_DESCRIBE_STRUCT(post_course_review, (), (who, enrolled, draft))

/// A review has as many votes by now: written by its own statement.
struct show_votes {
  review_id review;
  std::int64_t helpful_count = 0;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(show_votes, (), (review, helpful_count))

/// A review has this answer by now: written by its own statement.
struct show_reply {
  review_id review;
  std::string text;
  std::optional<timestamp> replied_at;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(show_reply, (), (review, text, replied_at))

/// What changes without the course's own row, as it was read together with the course's version.
struct show_numbers {
  std::int64_t version = 0;
  course_numbers numbers;
  std::int64_t instructor_courses = 0, instructor_students = 0;
  double instructor_rating = 0;
  std::int64_t bestseller_least = 0;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(show_numbers, (),
                      (version, numbers, instructor_courses, instructor_students, instructor_rating, bestseller_least))

/// COURSE `course/<id>`: a course with its sections, lessons, reviews and numbers; the owner of every write to them.
struct course_kind {
  static constexpr const char* name = "course";
  /// Everybody who asks for a course while it loads waits in its queue: as many as the front end lets in.
  static constexpr std::size_t queue = 4096;
  static constexpr bool by_system = true;  // it shows its teacher and its reviewers
  static constexpr bool read_mostly = true;
  using key = course_id;
  using state = course;
  using commands = command_list<
      // Changes what the instructor writes about it.
      change_course,
      // Publishes it, takes it back or takes it away.
      set_course_status,
      // Adds or changes a section; its siblings move.
      put_section,
      // Takes a section out with its lessons.
      drop_section,
      // Adds or changes a lesson; its siblings move.
      put_lesson,
      // Takes a lesson out.
      drop_lesson,
      // Puts all lessons into another order.
      order_course_lessons,
      // Takes a learner's review and counts its rating.
      post_course_review,
      // Shows how many find a review helpful.
      show_votes,
      // Shows what the instructor answered to a review.
      show_reply,
      // Shows the numbers as they were counted.
      show_numbers>;

  loaded_courses* loaded = nullptr;  ///< outlives the entities

  /// Keeps which loaded courses show an instructor's numbers.
  void shown(const course_id& id, const course_ptr& before, const course_ptr& after) const {
    if (!before && after) loaded->add(after->instructor.id, id);
    if (before && !after) loaded->remove(before->instructor.id, id);
  }
};

/// Where nothing changes nothing is written and nobody is told; what grows stays below the bound.
template <class Reply>
result<outcome<course, Reply>> changed(const course& now, course next, Reply reply, std::int64_t most_bytes) {
  if (course_rules::same(now, next)) return outcome<course, Reply>{std::nullopt, std::move(reply)};
  auto fits = course_rules::fits(now, next, most_bytes);
  if (!fits) return std::move(fits).refusal();
  return outcome<course, Reply>{std::move(next), std::move(reply)};
}

/// The numbers of the instructor count published courses: this one as well.
inline void count_published(const course& before, course& after) {
  after.instructor.courses_count += int{after.published()} - int{before.published()};
  after.is_bestseller = after.is_bestseller && after.published();
}

inline result<outcome<course, done>> decide(const course& now, const change_course& told, const moment& m) {
  auto may = course_rules::may_change(now, told.who);
  if (!may) return std::move(may).refusal();
  auto next = course_rules::change(now, told.draft, m.now);
  if (!next) return std::move(next).refusal();
  if (told.named_category) next->category = *told.named_category;
  count_published(now, *next);
  return changed(now, std::move(*next), done{}, told.most_bytes);
}

inline result<outcome<course, done>> decide(const course& now, const set_course_status& told, const moment& m) {
  auto may = course_rules::may_change(now, told.who);
  if (!may) return std::move(may).refusal();
  auto next = course_rules::with_status(now, told.status, m.now);
  if (!next) return std::move(next).refusal();
  if (next->status == now.status) return outcome<course, done>{};
  count_published(now, *next);
  return outcome<course, done>{std::move(*next)};
}

inline result<outcome<course, section>> decide(const course& now, const put_section& told, const moment& m) {
  auto may = course_rules::may_change(now, told.who);
  if (!may) return std::move(may).refusal();
  const auto id = told.id.value_or(section_id{m.fresh});
  auto next = told.id ? course_rules::change_section(now, id, told.draft, m.now)
                      : course_rules::add_section(now, id, told.draft, m.now);
  if (!next) return std::move(next).refusal();
  auto reply = *course_rules::find_section(*next, id);
  return changed(now, std::move(*next), std::move(reply), told.most_bytes);
}

inline result<outcome<course, done>> decide(const course& now, const drop_section& told, const moment& m) {
  auto may = course_rules::may_change(now, told.who);
  if (!may) return std::move(may).refusal();
  auto next = course_rules::remove_section(now, told.id, m.now);
  if (!next) return std::move(next).refusal();
  return outcome<course, done>{std::move(*next)};
}

inline result<outcome<course, lesson>> decide(const course& now, const put_lesson& told, const moment& m) {
  auto may = course_rules::may_change(now, told.who);
  if (!may) return std::move(may).refusal();
  const auto id = told.id.value_or(lesson_id{m.fresh});
  const auto step = [&]() -> result<course> {
    if (told.id) return course_rules::change_lesson(now, id, told.draft, m.now);
    if (!told.otherwise) return course_rules::add_lesson(now, told.section, id, told.draft, m.now);
    const auto place = course_rules::place_behind(now, *told.otherwise);
    if (!place) return place.refusal();
    return course_rules::add_lesson(place->in, place->section, id, told.draft, m.now);
  };
  auto next = step();
  if (!next) return std::move(next).refusal();
  auto reply = *next->find_lesson(id);
  return changed(now, std::move(*next), std::move(reply), told.most_bytes);
}

inline result<outcome<course, done>> decide(const course& now, const order_course_lessons& told, const moment& m) {
  auto may = course_rules::may_change(now, told.who);
  if (!may) return std::move(may).refusal();
  auto next = course_rules::order_lessons(now, told.order, m.now);
  if (!next) return std::move(next).refusal();
  if (course_rules::same(now, *next)) return outcome<course, done>{};
  return outcome<course, done>{std::move(*next)};
}

inline result<outcome<course, done>> decide(const course& now, const drop_lesson& told, const moment& m) {
  auto may = course_rules::may_change(now, told.who);
  if (!may) return std::move(may).refusal();
  auto next = course_rules::remove_lesson(now, told.id, m.now);
  if (!next) return std::move(next).refusal();
  return outcome<course, done>{std::move(*next)};
}

inline result<outcome<course, review>> decide(const course& now, const post_course_review& told, const moment& m) {
  auto may = course_rules::may_see(now, told.who);
  if (!may) return std::move(may).refusal();
  auto written = course_rules::write_review(now, told.who.user, told.enrolled, told.draft, review_id{m.fresh}, m.now);
  if (!written) return std::move(written).refusal();
  return outcome<course, review>{course_rules::with_review(now, *written), *written};
}

inline result<outcome<course, done>> decide(const course& now, const show_votes& told, const moment&) {
  outcome<course, done> out;
  out.effect = effect::show;
  for (std::size_t i = 0; i < now.recent_reviews.size(); ++i) {
    if (now.recent_reviews[i].id != told.review || now.recent_reviews[i].helpful_count >= told.helpful_count) continue;
    out.next = now;
    out.next->recent_reviews[i].helpful_count = told.helpful_count;
    break;
  }
  return out;
}

inline result<outcome<course, done>> decide(const course& now, const show_reply& told, const moment&) {
  outcome<course, done> out;
  out.effect = effect::show;
  for (std::size_t i = 0; i < now.recent_reviews.size(); ++i) {
    if (now.recent_reviews[i].id != told.review) continue;
    out.next = now;
    out.next->recent_reviews[i].reply = told.text;
    out.next->recent_reviews[i].replied_at = told.replied_at;
    break;
  }
  return out;
}

inline result<outcome<course, done>> decide(const course& now, const show_numbers& told, const moment&) {
  outcome<course, done> out;
  // Read beside another version of the course: only its rows can tell what belongs together.
  out.effect = told.version == now.version ? effect::show : effect::reload;
  if (out.effect == effect::reload) return out;
  out.next = now;
  out.next->numbers = told.numbers;
  out.next->instructor.courses_count = told.instructor_courses;
  out.next->instructor.students_count = told.instructor_students;
  out.next->instructor.rating = told.instructor_rating;
  out.next->is_bestseller = course_rules::bestseller(*out.next, told.bestseller_least);
  return out;
}

}  // namespace stoa::actors

// Enrolments: what somebody learns, how far they are, and what follows from it.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string_view>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/events.hpp"
#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area enrollments{"enrollments", 1};
}

/// How somebody stands with a lesson.
enum class lesson_status { not_started, in_progress, completed };
/// `in_progress`.
std::string_view name_of(lesson_status s) noexcept;
std::optional<lesson_status> lesson_status_named(std::string_view name) noexcept;

/// How far a learner is with a lesson.
struct lesson_progress {
  std::optional<timestamp> completed_at;
  std::int64_t watch_seconds = 0;
  timestamp updated_at;
  std::optional<timestamp> started_at = {};  ///< when they said so; who watched or completed has begun as well

  lesson_status status() const;
};
BOOST_DESCRIBE_STRUCT(lesson_progress, (), (completed_at, watch_seconds, updated_at, started_at))

/// A learner's place in a course.
struct enrollment {
  enrollment_id id;
  std::int64_t number = 0;
  course_id course;
  std::optional<order_id> order;  ///< the order that paid for it; none: free, or by an admin
  timestamp enrolled_at;
  timestamp last_accessed_at;
  std::optional<timestamp> completed_at;
  std::unordered_map<lesson_id, lesson_progress> lessons;  ///< those touched

  bool lesson_completed(lesson_id l) const;
  lesson_status status_of(lesson_id l) const;
};
BOOST_DESCRIBE_STRUCT(enrollment, (), (id, number, course, order, enrolled_at, last_accessed_at, completed_at, lessons))

/// All that one learner is enrolled in, at one version: immutable, shared by readers.
struct learner {
  user_id id;
  std::int64_t version = 0;
  std::vector<enrollment> enrollments;  ///< oldest first
  std::optional<int> target_hours_per_month;

  const enrollment* find(course_id course) const;
  const enrollment* find(enrollment_id id) const;
};
using learner_ptr = std::shared_ptr<const learner>;

/// Derived from an enrolment and the current curriculum; never stored.
struct progress {
  int lessons_completed = 0;
  int total_lessons = 0;
  int percent = 0;  ///< half up; 100 only with the last lesson
  bool completed = false;
  const lesson* current = nullptr;  ///< the next lesson to take; null when all is done. Lives as long as the course.
  int current_position = 0;         ///< its place among all lessons, 1-based
  int minutes_completed = 0;
};
progress progress_of(const enrollment& e, const course& c);
/// Per cent of what is done, half up; 100 only with the last of it, 0 of nothing.
int percent_done(std::int64_t done, std::int64_t all);

/// The stars one person has given in reviews.
struct ratings_given {
  std::int64_t count = 0;
  std::int64_t sum = 0;
  double average() const { return count ? static_cast<double>(sum) / static_cast<double>(count) : 0; }
};

/// What completing a lesson came to.
struct lesson_completion {
  lesson_id lesson;
  enrollment_id enrollment;
  timestamp completed_at;
  stoa::progress progress;
  course_ptr course;  ///< keeps what `progress` points to
};

/// What a learner says of a lesson of theirs. Empty optionals leave a member as it is.
struct lesson_mark {
  static constexpr std::size_t longest_notes = 5000;  ///< in characters

  std::optional<lesson_status> status;  ///< only forward: what was completed stays completed
  std::optional<std::string> notes;     ///< for themselves alone
};
BOOST_DESCRIBE_STRUCT(lesson_mark, (), (status, notes))

/// What learners wrote, by the lesson; those that hold anything.
using lesson_notes = std::unordered_map<lesson_id, std::string>;

/// Somebody who has just entered a course.
struct entrance {
  stoa::enrollment enrollment;
  course_offer course;
};

fault not_found(const enrollment_id&);  ///< ENROLLMENT_NOT_FOUND

/// Faults: COURSE_NOT_FOUND, ENROLLMENT_NOT_FOUND, LESSON_NOT_FOUND (not_found), ALREADY_ENROLLED, PROGRESS_GOES_BACK
/// (conflict), PAYMENT_REQUIRED (payment_required).
/// Thread-safe. The core owns it and keeps it for as long as any plugin; who awaits goes on where it was begun.
class enrollments {
 public:
  static constexpr interface_id interface { areas::enrollments, "enrollments" };
  virtual ~enrollments();
  /// All enrolments of one person, as last committed; none for whoever has none. Any thread; `unavailable` while the
  /// database is away, as for all of these.
  virtual task<learner_ptr> get(user_id user) = 0;
  /// The snapshot in memory, without waiting; null where it is not loaded.
  virtual learner_ptr peek(user_id user) const = 0;
  /// Enters a free course (an admin may enter any).
  virtual task<entrance> enroll(caller who, course_id course) = 0;
  /// Marks a lesson done; doing so again changes nothing and answers alike.
  virtual task<lesson_completion> complete_lesson(user_id user, enrollment_id enrollment, lesson_id lesson) = 0;
  /// Writes down what they say of a lesson. Completing it is what `complete_lesson` does. The enrolment as it then
  /// stands.
  virtual task<enrollment> mark_lesson(user_id user, enrollment_id enrollment, lesson_id lesson, lesson_mark mark) = 0;
  /// What they wrote beside these lessons of theirs.
  virtual task<lesson_notes> notes(user_id user, std::vector<enrollment_id> enrollments,
                                   std::vector<lesson_id> lessons) = 0;
  virtual task<learner_ptr> set_goal(user_id user, int hours_per_month) = 0;
  /// Tells a loaded learner that rows were written by another owner's transaction (a paid order). Returns at once.
  virtual void refresh(user_id user) = 0;
  /// Reads the rows anew and ends when every later `get` on this node shows them.
  virtual task<done> reload(user_id user) = 0;
  /// What this person thinks of courses: the ratings of their reviews.
  virtual task<ratings_given> ratings(user_id user) = 0;
};

/// Who takes a course, for whoever has to write to all of them.
/// Thread-safe. The core owns it and keeps it for as long as any plugin; who awaits goes on where it was begun.
class roster {
 public:
  static constexpr interface_id interface { areas::enrollments, "roster" };
  virtual ~roster();
  struct place {
    std::int64_t number = 0;  ///< of the enrolment: rises in the order of entering
    user_id user;
    timestamp since;  ///< when they entered
  };
  /// Learners of a course behind `after` (0: from the first), at most `limit`, in the order of entering. Fewer than
  /// `limit`: there are no more.
  virtual task<std::vector<place>> learners_of(course_id course, std::int64_t after, std::int64_t limit) = 0;
};

// -- events

/// An event: somebody entered a course, by themselves or by paying for it.
struct enrollment_created {
  static constexpr std::string_view kind = "enrollment.created";
  static constexpr std::string_view about = "Somebody entered a course, by themselves or by paying for it.";
  static constexpr std::string_view entity = "the enrolment";
  stoa::course_id course_id;
  std::string course_title;
  stoa::enrollment_id enrollment_id;
};
BOOST_DESCRIBE_STRUCT(enrollment_created, (), (course_id, course_title, enrollment_id))

/// An event: somebody finished a lesson for the first time.
struct lesson_completed {
  static constexpr std::string_view kind = "lesson.completed";
  static constexpr std::string_view about = "Somebody finished a lesson for the first time.";
  static constexpr std::string_view entity = "the lesson";
  stoa::course_id course_id;
  std::string course_title;
  stoa::lesson_id lesson_id;
  stoa::enrollment_id enrollment_id;
};
BOOST_DESCRIBE_STRUCT(lesson_completed, (), (course_id, course_title, lesson_id, enrollment_id))

/// An event: somebody finished the last lesson of a course.
struct course_completed {
  static constexpr std::string_view kind = "course.completed";
  static constexpr std::string_view about = "Somebody finished the last lesson of a course.";
  static constexpr std::string_view entity = "the course";
  stoa::course_id course_id;
  std::string course_title;
  stoa::enrollment_id enrollment_id;
};
BOOST_DESCRIBE_STRUCT(course_completed, (), (course_id, course_title, enrollment_id))

/// An event: somebody set how many hours a month they mean to learn.
struct learning_goal_set {
  static constexpr std::string_view kind = "learner.goal_set";
  static constexpr std::string_view about = "Somebody set how many hours a month they mean to learn.";
  static constexpr std::string_view entity = "the learner";
  std::int64_t hours_per_month = 0;
};
BOOST_DESCRIBE_STRUCT(learning_goal_set, (), (hours_per_month))

}  // namespace stoa

// What was learnt, bought and begun before somebody came to hear of it by events: for whoever keeps numbers.
//
// Events are kept for a week only. Who counts takes a moment in the past, reads here what happened before it, and
// counts of the events those that happened at or after it: each fact has one time, and stands on one side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stoa/areas/quizzes.hpp"
#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area history{"history", 1};
}

/// A lesson that somebody has finished, and when: the time of its `lesson.completed`.
struct past_lesson {
  lesson_id lesson;
  timestamp at;
};

/// An enrolment with what was done in it.
struct past_study {
  std::int64_t number = 0;  ///< of the enrolment
  user_id user;
  course_id course;
  timestamp since;                       ///< that of its `enrollment.created`
  std::optional<timestamp> finished_at;  ///< that of its `course.completed`
  std::vector<past_lesson> lessons;
};

/// What a course brought in a sale, in minor units: the items of an order share what was paid for it.
struct course_share {
  course_id course;
  std::int64_t minor = 0;
};

/// An order that costs something and was paid.
struct past_sale {
  order_id order;
  timestamp at;
  std::string currency;
  std::vector<course_share> shares;
};

/// An attempt at a quiz that was closed, as it had come out at the moment that was asked for: gradings from then on are
/// their events' to tell.
struct past_attempt {
  attempt_id attempt;
  user_id user;
  course_id course;
  quiz_id quiz;
  timestamp at;            ///< that of its `attempt.closed`
  std::int64_t score = 0;  ///< per cent
  bool passed = false;
  std::vector<told_answer> answers;
};

/// So many came on that day (UTC).
struct day_count {
  date day;
  std::int64_t count = 0;
};

/// Any thread; `unavailable` while the database is away.
class history {
 public:
  static constexpr interface_id interface { areas::history, "history" };
  virtual ~history();
  /// Enrolments of numbers behind `after` (0: from the first), at most `limit`, in their order. Fewer: there are no
  /// more.
  virtual task<std::vector<past_study>> studies(std::int64_t after, std::int64_t limit) = 0;
  /// Sales behind the one of that time and order (none: from the first), at most `limit`, by time and order.
  virtual task<std::vector<past_sale>> sales(std::optional<past_sale> after, std::int64_t limit) = 0;
  /// Closed attempts of ids behind `after` (none: from the first), at most `limit`, in their order and as they stood at
  /// `until`. Those that were closed since are among them.
  virtual task<std::vector<past_attempt>> attempts(timestamp until, std::optional<attempt_id> after,
                                                   std::int64_t limit) = 0;
  /// Accounts by the day on which they were made, of those made before `until`.
  virtual task<std::vector<day_count>> registrations(timestamp until) = 0;
};

/// What each item brought where `total` was paid for all of them together, to the last minor unit: the first one bears
/// what does not divide.
std::vector<course_share> shares_of(std::vector<course_share> prices, std::int64_t total);

}  // namespace stoa

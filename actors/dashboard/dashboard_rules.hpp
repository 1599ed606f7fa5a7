// The numbers of a dashboard: pure functions over what somebody learns and the time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "actors/enrollment/studies.hpp"
#include "stoa/time.hpp"

namespace stoa::actors::dashboard_rules {

/// The goal of whoever has set none.
inline constexpr int default_hours_per_month = 10;
/// The weeks whose pace an estimate looks at.
inline constexpr days pace_window{28};

/// Time spent on a course: a finished lesson counts its length, or the time it was watched where that is longer; one
/// not finished counts the time it was watched. Only what happened at or after `since`.
std::int64_t seconds_spent(const study& s, timestamp since = timestamp::min());

/// Which day it is for somebody, and when it begins.
class calendar {
 public:
  /// How far the person's clock is ahead of UTC at a time; the default is UTC's own.
  explicit calendar(std::function<seconds(timestamp)> ahead = [](timestamp) { return seconds{0}; })
      : ahead_(std::move(ahead)) {}

  date day_of(timestamp t) const { return std::chrono::floor<days>(t + ahead_(t)); }
  timestamp begin_of(date day) const {
    const timestamp by_utc = day;
    // A clock that is put back or forward at that very time has two answers; the second try has the right one.
    return by_utc - ahead_(by_utc - ahead_(by_utc));
  }

 private:
  std::function<seconds(timestamp)> ahead_;
};

/// Days in a row with a finished lesson; the row ends today or yesterday, else it is 0.
int streak_days(const learner& who, timestamp now, const calendar& of_theirs = calendar());

/// When somebody last did anything here; none: never.
std::optional<timestamp> last_activity(const learner& who);

struct goal {
  int target_hours_per_month = default_hours_per_month;
  int progress_percent = 0;  ///< half up; 100 only when the goal is reached, and never more
};
goal goal_of(std::optional<int> target_hours, std::int64_t seconds_this_month);

struct numbers {
  int courses_enrolled = 0;
  int courses_completed = 0;  ///< by their current curriculum
  std::int64_t seconds_learned = 0;
  std::int64_t seconds_this_month = 0;
  double hours_learned = 0;
  double hours_this_month = 0;
  int streak_days = 0;
  std::optional<timestamp> last_activity;
  dashboard_rules::goal goal;
};
numbers numbers_of(const studies& of, timestamp now, const calendar& of_theirs = calendar());

/// When a course will be done at its learner's pace: minutes of its lessons finished in the last 28 days over the days
/// since the enrolment (7 to 28). Without any, the pace is that of the monthly goal, shared by all `unfinished`
/// courses. At most ten years ahead.
date estimated_completion(const study& s, std::optional<int> target_hours, std::size_t unfinished, timestamp now,
                          const calendar& of_theirs = calendar());

struct continuation {
  study what;
  std::int64_t seconds_spent = 0;
  date estimated_completion;
};
/// Unfinished courses, the one touched last first.
std::vector<continuation> continue_learning(const studies& of, timestamp now, const calendar& of_theirs = calendar());

}  // namespace stoa::actors::dashboard_rules

// Attempts that are not in memory end at their deadline, too: those that were open when the process started, and those
// that other processes began. What is in memory has its own alarm. Node view; one that two close at once is closed by
// one.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "actors/services.hpp"
#include "stoa/areas/quizzes.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa::actors {

/// One alarm, a little behind the next deadline of all. Thread-safe.
class attempt_deadlines {
 public:
  /// `close` tells an attempt that its time is over.
  attempt_deadlines(services& s, std::function<task<done>(attempt_id)> close);

  /// Finds the next deadline and sets the alarm: at the start, and now and then for what others began.
  task<done> look();

 private:
  void arm(timestamp at);
  /// Sets the alarm for the next deadline, so long from now at the least.
  task<done> arm_next(milliseconds at_least);
  task<done> close_overdue();
  task<done> close_all(std::vector<attempt_id> due);

  services& services_;
  const std::function<task<done>(attempt_id)> close_;
  std::atomic<runtime::alarms::id> alarm_{0};
};

}  // namespace stoa::actors

// The calls waiting in one lane of the store: the job and its bounded queue.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/fault.hpp"
#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// A call on its way: either a single statement or the work of a transaction.
struct job {
  acting who;
  statement what{nullptr, nullptr};
  values bound;
  std::function<void(result<rows>)> on_rows;
  std::function<result<done>(connection&)> work;
  std::function<void(result<done>)> on_done;
  std::chrono::steady_clock::time_point deadline;

  /// Answers it with a fault, whichever of the two it is.
  void finish(fault f);
};

/// A lane's bounded queue. Deadlines are all equally far away, so its head is always the next to expire.
///
/// Where single statements are taken in groups (`most` above 1), one worker at a time takes them while it is quick:
/// what comes meanwhile waits for it and is committed together. Others help once a whole group waits, or the one at
/// work has been at it for `quick`, which it is where it waits for a lock or a slow disk.
class job_queue {
 public:
  using steady = std::chrono::steady_clock;
  enum class outcome { got, idle, closed };

  /// Holds `bound` jobs at most.
  explicit job_queue(std::size_t bound, std::size_t most = 1, steady::duration quick = default_quick)
      : bound_(bound), most_(most), quick_(quick) {}

  /// Leaves the job alone when it is refused.
  bool push(job& j);

  /// Takes the next job, and with a single statement those right behind it, a group in all. Whoever got any says
  /// `ended` when it has answered them.
  outcome pop(std::vector<job>& into, milliseconds patience, steady::time_point& taken);
  void ended(steady::time_point taken);

  /// Takes out what is overdue at `now`.
  void take_overdue(steady::time_point now, std::vector<job>& into);

  /// Refuses new jobs; those already there can still be taken.
  void close();

  /// How many jobs wait.
  std::size_t size() const;

 private:
  static constexpr milliseconds default_quick{5};

  /// When the last one that is still quick will have stopped being it; in the past where nobody is.
  steady::time_point quick_until() const;
  bool may_take(steady::time_point now) const;

  const std::size_t bound_;
  const std::size_t most_;
  const steady::duration quick_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<job> jobs_;
  std::vector<steady::time_point> at_work_;  ///< since when, each group that was taken
  std::size_t waiting_ = 0;
  bool guarded_ = false;  ///< one of those who wait will look when nobody is quick any more
  bool closed_ = false;
};

}  // namespace stoa::runtime

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
class job_queue {
 public:
  enum class outcome { got, idle, closed };

  /// Holds `bound` jobs at most.
  explicit job_queue(std::size_t bound) : bound_(bound) {}

  /// Leaves the job alone when it is refused.
  bool push(job& j);

  /// Takes the next job, and with a single statement those right behind it, `most` in all.
  outcome pop(std::vector<job>& into, std::size_t most, milliseconds patience);

  /// Takes out what is overdue at `now`.
  void take_overdue(std::chrono::steady_clock::time_point now, std::vector<job>& into);

  /// Refuses new jobs; those already there can still be taken.
  void close();

  /// How many jobs wait.
  std::size_t size() const;

 private:
  const std::size_t bound_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<job> jobs_;
  std::size_t waiting_ = 0;
  bool closed_ = false;
};

}  // namespace stoa::runtime

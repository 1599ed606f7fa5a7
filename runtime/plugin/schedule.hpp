// Periodic work: one timer thread, the work itself where the core drives coroutines.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/executor/workplace.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

class schedule {
 public:
  explicit schedule(post_function post);
  /// Stops.
  ~schedule();
  schedule(const schedule&) = delete;
  schedule& operator=(const schedule&) = delete;

  /// Runs `work` first after one `period`, then a period after each run's end: never twice at once. `failed` gets what
  /// a run ended with when it was no success. Jobs of one owner are taken away together. With a place it runs on that
  /// one's threads, and not while its breaker is open.
  void add(std::string owner, milliseconds period, std::function<task<done>()> work,
           std::function<void(const fault&)> failed, workplace at = {});
  /// No run of the owner's jobs begins after this. True when none runs any more, waited for as long as `within`.
  bool remove(const std::string& owner, milliseconds within);
  /// Begins nothing any more. Idempotent.
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace stoa::runtime

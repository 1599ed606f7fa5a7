// Where somebody's work is done: on whose threads and sessions, in which name, behind which breaker.
#pragma once

#include <functional>
#include <memory>

#include "runtime/executor/breaker.hpp"
#include "runtime/executor/executor.hpp"
#include "stoa/db.hpp"

namespace stoa::runtime {

/// Empty members mean the core's own: its threads, its sessions, no breaker, nobody to name.
struct workplace {
  std::shared_ptr<executor> threads;
  std::shared_ptr<stoa::database> sessions;
  std::shared_ptr<breaker> gate;
  work_ptr name;
  std::shared_ptr<stall_watch> watch;

  /// Runs `f` on the threads; on those of `otherwise`, or at once, where there are none.
  void post(std::function<void()> f, const post_function& otherwise = {}) const {
    if (threads)
      threads->post(name, std::move(f));
    else if (otherwise)
      otherwise(std::move(f));
    else
      f();
  }
};

}  // namespace stoa::runtime

// Work for the processor: what takes milliseconds of computing runs here, never on an IO thread, an actor or a session.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "stoa/task.hpp"

namespace stoa {

/// A bounded pool of threads. Thread-safe.
class offload {
 public:
  /// On the steady clock: the request's `deadline`.
  using deadline = std::chrono::steady_clock::time_point;

  virtual ~offload();

  /// Runs `work` on a thread of the pool and gives what it returns (by value, not void); the coroutine goes on where
  /// the core drives coroutines. Ends with `unavailable`, without having run the work, where the queue is full, the
  /// work is not begun before `until`, or the pool has stopped. What `work` throws is an `internal` fault; a
  /// fault_error stays its fault. The work owns all it uses: the one who waits may be gone when it ends.
  template <class Work>
  task<std::invoke_result_t<Work&>> run(Work work, deadline until = deadline::max()) {
    struct job {
      explicit job(Work w) : work(std::move(w)) {}
      Work work;
      std::optional<std::invoke_result_t<Work&>> value;
    };
    auto held = std::make_shared<job>(std::move(work));
    callback_awaiter<done> ended{[this, held, until](callback_awaiter<done>::completion told) {
      submit([held] { held->value.emplace(held->work()); }, until, std::move(told));
    }};
    co_await ended;
    co_return std::move(*held->value);
  }

  /// The untyped form: runs `work` on a thread of the pool, then `told` where the core drives coroutines, once.
  virtual void submit(std::function<void()> work, deadline until, std::function<void(result<done>)> told) = 0;
};

}  // namespace stoa

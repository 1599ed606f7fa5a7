// Threads of somebody's own: what runs there holds up nobody else.
#pragma once

#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/executor/stall_watch.hpp"
#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

using post_function = std::function<void(std::function<void()>)>;

struct executor_options {
  std::size_t threads = 2;  ///< 0: everything runs at once, on the caller's thread
  std::size_t spare = 6;    ///< that may take the place of those that are kept
  std::shared_ptr<stall_watch> watch;
};

/// A few threads and a queue, first come, first served. Where one of them is kept for too long another takes its place,
/// so that one part that blocks does not hold up the others. Thread-safe.
class executor {
 public:
  static std::shared_ptr<executor> make(executor_options o);
  /// Stops.
  ~executor();

  /// Runs `f` on one of the threads, in the name of `what`. After `stop` it never runs.
  void post(work_ptr what, std::function<void()> f);
  /// The same, but wakes nobody: true where the caller has to see to it that `wake` is called soon. A thread that has
  /// more to hand over does that once for all of it, since waking a thread costs more than most of what it is woken
  /// for.
  bool post_quietly(work_ptr what, std::function<void()> f);
  /// Wakes as many threads as there is work for.
  void wake();
  /// Whether the caller is on one of the threads; without any, everywhere.
  bool is_here() const noexcept;
  /// How much waits for a thread.
  std::size_t waiting() const;
  /// Runs what waits, then ends the threads; those that are kept beyond `within` are left to themselves. Idempotent.
  void stop(milliseconds within);

 private:
  struct state;
  explicit executor(executor_options o);
  friend post_function home_or(const post_function& otherwise);
  const std::shared_ptr<state> state_;
};

/// Where a coroutine that is started now goes on: on the executor whose thread this is, in the same name; elsewhere by
/// way of `otherwise`. Whoever hands an answer to a coroutine asks before it lets go of the thread.
post_function home_or(const post_function& otherwise);

/// `co_await onto(post)`: the coroutine goes on where `post` runs what it is given.
class onto {
 public:
  explicit onto(post_function post) : post_(std::move(post)) {}
  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    // By then it may have gone on elsewhere, and this awaiter be gone.
    const auto post = std::move(post_);
    post([h] { h.resume(); });
  }
  void await_resume() noexcept {}

 private:
  post_function post_;
};

/// A completion that goes on at home. `otherwise` may be empty: then it runs on the thread that answers.
template <class T>
std::function<void(result<T>)> at_home(const post_function& otherwise, std::function<void(result<T>)> told) {
  auto home = home_or(otherwise);
  if (!home) return told;
  return [home = std::move(home), told = std::move(told)](result<T> r) mutable {
    home([told = std::move(told), r = std::move(r)]() mutable { told(std::move(r)); });
  };
}

}  // namespace stoa::runtime

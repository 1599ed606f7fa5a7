// task<T>: the coroutine every handler and facade is. Lazy, single-awaiter, move-only.
//
// `co_await task` gives the value. A fault of the awaited task ends the awaiting one with the same
// fault at once, without an exception; `co_await as_result(task)` gives a `result<T>` instead.
// Exceptions are for what should not happen and propagate as exceptions. A `result<T>` can be
// awaited as well: its value goes on, its fault ends the coroutine.
//
// GCC 12 may destroy an aggregate temporary that appears inside a co_await expression twice:
// name such a value first, then await.
#pragma once

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "stoa/result.hpp"

namespace stoa {

template <class T>
class task;
class once_scope;

namespace detail {

/// What a coroutine works for; what it awaits works for the same.
struct cause {
  once_scope* once = nullptr;  ///< of a request that asked to be done once (see once.hpp)
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();

  void join(const cause& of) noexcept {
    if (of.once) once = of.once;
    until = std::min(until, of.until);
  }
};

/// What a promise has in common whatever its value: who waits, and how a fault reaches them.
struct promise_base {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  /// Ends the waiting coroutine with a fault and says who goes on; null where the waiter takes faults as values.
  std::coroutine_handle<> (*end_waiter)(std::coroutine_handle<> waiter, fault&&) = nullptr;
  std::optional<fault> refused;
  std::exception_ptr failed;
  detail::cause cause;

  std::suspend_always initial_suspend() noexcept { return {}; }

  void unhandled_exception() noexcept {
    try {
      throw;
    } catch (const fault_error& e) {
      refused = e.what_fault();
    } catch (...) {
      failed = std::current_exception();
    }
  }

  /// Who runs next, now that this coroutine has come to its end.
  std::coroutine_handle<> finish() {
    if (refused && end_waiter) return end_waiter(continuation, std::move(*refused));
    return continuation;
  }
};

/// Of a coroutine that is no task: none.
template <class Promise>
detail::cause cause_of(std::coroutine_handle<Promise> h) noexcept {
  if constexpr (requires { h.promise().cause; })
    return h.promise().cause;
  else
    return {};
}

struct final_awaiter {
  bool await_ready() noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return h.promise().finish();
  }
  void await_resume() noexcept {}
};

template <class Promise>
std::coroutine_handle<> end_with_fault(std::coroutine_handle<> h, fault&& f) {
  auto& promise = std::coroutine_handle<Promise>::from_address(h.address()).promise();
  promise.refused = std::move(f);
  return promise.finish();
}

}  // namespace detail

/// A coroutine that ends with a T or a fault. It has one owner, who moves it on and whose end destroys it, and one
/// awaiter; it runs on the thread of whoever awaits it, and on one at a time.
template <class T>
class [[nodiscard]] task {
 public:
  struct promise_type : detail::promise_base {
    std::optional<T> value;

    task get_return_object() { return task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    detail::final_awaiter final_suspend() noexcept { return {}; }
    void return_value(T v) { value.emplace(std::move(v)); }
    void return_value(fault f) { refused = std::move(f); }
    void return_value(result<T> r) {
      if (r)
        value.emplace(std::move(r).value());
      else
        refused = std::move(r).refusal();
    }
  };

  using value_type = T;
  using handle = std::coroutine_handle<promise_type>;

  struct awaiter {
    handle child;
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> waiter) noexcept {
      child.promise().continuation = waiter;
      child.promise().end_waiter = &detail::end_with_fault<Promise>;
      child.promise().cause.join(detail::cause_of(waiter));
      return child;
    }
    T await_resume() {
      auto& p = child.promise();
      if (p.failed) std::rethrow_exception(p.failed);
      return std::move(*p.value);
    }
  };

  task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~task() {
    if (handle_) handle_.destroy();
  }

  /// Awaiting gives the value; a fault ends the awaiting coroutine.
  auto operator co_await() && noexcept { return awaiter{handle_}; }

  /// For drivers: runs the task and calls `waiter` when it has ended. Read the outcome with `take`.
  void start(std::coroutine_handle<> waiter) {
    handle_.promise().continuation = waiter;
    handle_.resume();
  }
  handle raw() const noexcept { return handle_; }
  /// Before it is awaited: what it works for (see once.hpp). That must live until the task has ended.
  void works_for(once_scope* once) noexcept { handle_.promise().cause.once = once; }
  /// Before it is awaited: when nobody waits for it any more. What has not begun by then (a command of an entity, a
  /// statement) is refused as `unavailable`.
  void ends_by(std::chrono::steady_clock::time_point until) noexcept { handle_.promise().cause.until = until; }
  /// The outcome of an ended task; rethrows its exception.
  result<T> take() {
    auto& p = handle_.promise();
    if (p.failed) std::rethrow_exception(p.failed);
    if (p.refused) return std::move(*p.refused);
    return std::move(*p.value);
  }

 private:
  explicit task(handle h) : handle_(h) {}
  handle handle_;
};

namespace detail {

template <class T>
struct outcome_awaiter {
  explicit outcome_awaiter(task<T> c) : child(std::move(c)) {}  // not an aggregate: see the note on GCC 12 above
  task<T> child;
  bool await_ready() noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> waiter) noexcept {
    child.raw().promise().continuation = waiter;
    child.raw().promise().cause.join(cause_of(waiter));
    return child.raw();
  }
  result<T> await_resume() { return child.take(); }
};

}  // namespace detail

/// `const auto until = co_await current_deadline();`: when nobody waits any more for what the awaiting coroutine works
/// for; far away where nobody said.
class current_deadline {
 public:
  bool await_ready() noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    until_ = detail::cause_of(h).until;
    return false;
  }
  std::chrono::steady_clock::time_point await_resume() noexcept { return until_; }

 private:
  std::chrono::steady_clock::time_point until_;
};

/// Awaits a task without letting its fault end the caller: `auto r = co_await as_result(std::move(t));`
template <class T>
auto as_result(task<T> t) {
  return detail::outcome_awaiter<T>(std::move(t));
}

namespace detail {

template <class T>
struct result_awaiter {
  explicit result_awaiter(result<T> r) : held(std::move(r)) {}  // not an aggregate: see the note on GCC 12 above
  result<T> held;
  bool await_ready() noexcept { return held.ok(); }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    return end_with_fault<Promise>(h, std::move(held).refusal());
  }
  T await_resume() { return std::move(held).value(); }
};

}  // namespace detail

/// Lets `co_await result` unwrap a value or end the coroutine with the fault.
template <class T>
auto operator co_await(result<T> r) {
  return detail::result_awaiter<T>(std::move(r));
}

/// Bridges callbacks into coroutines: `start` is called once with a completion that may be invoked once,
/// from the thread on which the coroutine is to go on (so the caller of it posts first where that matters).
template <class T>
class callback_awaiter {
 public:
  /// To be called once, from any thread.
  using completion = std::function<void(result<T>)>;

  explicit callback_awaiter(std::function<void(completion)> start) : start_(std::move(start)) {}

  bool await_ready() noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> waiter) {
    // After start_ the coroutine may already have gone on elsewhere and destroyed this awaiter: touch nothing after it.
    auto start = std::move(start_);
    start([this, waiter](result<T> r) {
      if (!r) {
        detail::end_with_fault<Promise>(waiter, std::move(r).refusal()).resume();
        return;
      }
      value_.emplace(std::move(r).value());
      waiter.resume();
    });
  }
  T await_resume() { return std::move(*value_); }

 private:
  std::function<void(completion)> start_;
  std::optional<T> value_;
};

/// Runs a task to its end without anyone awaiting it; `on_end` gets the outcome, exceptions included as `internal`
/// faults.
template <class T>
void detach(task<T> t, std::function<void(result<T>)> on_end);

namespace detail {

struct detached {
  struct promise_type {
    detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

/// The fault that stands for an exception nobody expected. Its text is logged, never sent.
fault unexpected(std::exception_ptr error) noexcept;

template <class T>
detached run_detached(task<T> t, std::function<void(result<T>)> on_end) {
  std::optional<result<T>> outcome;
  try {
    outcome.emplace(co_await as_result(std::move(t)));
  } catch (...) {
    outcome.emplace(unexpected(std::current_exception()));
  }
  on_end(std::move(*outcome));
}

}  // namespace detail

template <class T>
void detach(task<T> t, std::function<void(result<T>)> on_end) {
  detail::run_detached<T>(std::move(t), std::move(on_end));
}

}  // namespace stoa

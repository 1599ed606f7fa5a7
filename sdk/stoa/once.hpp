// Work that a request asks to be done once (`Idempotency-Key`), however often it is sent and whatever goes down
// between.
//
// What a request changes is a row of steps: commands of entities, and transactions of `transact_once`. Each step's
// outcome is kept in the transaction of its effect. Where the server ends before the request's answer was kept, the
// next try runs the handler again, and a step that was taken before gives the outcome it had then. Everything else that
// a handler writes must bear being done twice, in such a request as in any other that a client sends again.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/packed.hpp"
#include "stoa/result.hpp"
#include "stoa/task.hpp"

namespace stoa {

/// One try of such a request: whatever it awaits finds it with `current_once`. Thread-safe.
class once_scope : public std::enable_shared_from_this<once_scope> {
 public:
  /// A step that was taken: its name, and what it came to.
  struct step {
    std::string name;
    std::string outcome;  ///< packed
  };
  /// `scope` and `token` name the reservation of this try; `taken` are the steps of those before it.
  once_scope(std::string scope, uuid token, std::vector<step> taken)
      : scope_(std::move(scope)), token_(token), taken_(std::move(taken)) {}

  /// What the next step of that name came to when it was taken before; nullopt: it was not.
  std::optional<std::string> recall(std::string_view name);
  /// Keeps a step in the transaction of its effect, as the last thing there. A fault where this try has lost its
  /// reservation to another one or has given it up: then the transaction must not be committed.
  result<done> keep(connection& db, std::string_view name, std::string_view outcome) const;

 private:
  const std::string scope_;
  const uuid token_;
  std::mutex guard_;
  std::vector<step> taken_;
};

/// `once_scope* once = co_await current_once();`: of the request that the awaiting coroutine works for; null where that
/// did not ask for it. Whoever goes on without being awaited, on a thread of its own or in an actor, takes
/// `once->shared_from_this()` along.
class current_once {
 public:
  bool await_ready() noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    found_ = detail::cause_of(h).once;
    return false;
  }
  once_scope* await_resume() noexcept { return found_; }

 private:
  once_scope* found_ = nullptr;
};

/// A transaction as a step: what `work` comes to is kept with its effect. `T` is a described struct or anything else
/// that `packed` knows; the same handler calls its steps in the same order under the same names. Outside such a request
/// it is `in_transaction` and nothing else.
template <class T>
task<T> transact_once(database& db, acting who, std::string name, std::function<result<T>(connection&)> work) {
  auto* once = co_await current_once();
  if (once) {
    if (const auto before = once->recall(name)) {
      auto known = packed::unpack<T>(*before);
      if (!known) co_return fault(fault_kind::internal, "INTERNAL_ERROR", "A kept step cannot be read.");
      co_return std::move(*known);
    }
  }
  auto made = std::make_shared<std::optional<T>>();
  std::function<result<done>(connection&)> all = [work = std::move(work), made, name,
                                                  keeper = once ? once->shared_from_this() : nullptr](connection& c) {
    made->reset();  // the store may try a transaction twice
    auto outcome = work(c);
    if (!outcome) return result<done>(std::move(outcome).refusal());
    made->emplace(std::move(outcome).value());
    return keeper ? keeper->keep(c, name, packed::pack(**made)) : result<done>(done{});
  };
  co_await db.in_transaction(std::move(who), std::move(all));
  co_return std::move(**made);
}

}  // namespace stoa

// Scripts of one identity run one after another: a use case that spans entities and keeps no memory of its own. Node
// view; correctness rests on the transaction, this only keeps a buyer's double clicks from meeting in the database.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "runtime/executor/executor.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"
#include "stoa/too_late.hpp"

namespace stoa::runtime {

/// Thread-safe. A script waits until those before it have ended: `most` may wait, and none begins after `patience`.
template <class Key>
class serial {
 public:
  serial(std::size_t most, milliseconds patience) : most_(most), patience_(patience) {}

  /// What `script` comes to; `unavailable` where too many wait or it waited too long.
  template <class T>
  task<T> run(Key key, std::function<task<T>()> script) {
    const auto until = std::chrono::steady_clock::now() + patience_;
    callback_awaiter<done> turn([&](callback_awaiter<done>::completion go) { enter(key, std::move(go)); });
    co_await turn;
    result<T> outcome = stoa::too_late();
    try {
      if (std::chrono::steady_clock::now() < until) outcome = co_await as_result(script());
    } catch (...) {
      outcome = stoa::detail::unexpected(std::current_exception());
    }
    leave(key);
    co_return std::move(outcome);
  }

 private:
  void enter(const Key& key, callback_awaiter<done>::completion go) {
    result<done> answer = done{};
    {
      std::lock_guard lock(guard_);
      auto [it, first] = waiting_.try_emplace(key);
      if (!first && it->second.size() < most_) {
        it->second.push_back(at_home<done>({}, std::move(go)));
        return;
      }
      if (!first) answer = fault::unavailable("Too many requests wait for the same thing.");
    }
    go(std::move(answer));
  }

  void leave(const Key& key) {
    callback_awaiter<done>::completion next;
    {
      std::lock_guard lock(guard_);
      auto it = waiting_.find(key);
      if (it->second.empty()) {
        waiting_.erase(it);
        return;
      }
      next = std::move(it->second.front());
      it->second.pop_front();
    }
    next(done{});
  }

  const std::size_t most_;
  const milliseconds patience_;
  std::mutex guard_;
  std::unordered_map<Key, std::deque<callback_awaiter<done>::completion>> waiting_;  ///< a key is there while one runs
};

}  // namespace stoa::runtime

// What a connection's socket and its requests share: how many answers are not out yet.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace stoa::http {

/// Counts the requests of one connection that are unanswered, and holds back one thing until there are none: a refusal,
/// which must not overtake them, or the news that the client sends no more. Thread-safe.
class answers_due {
 public:
  /// The address at the other end, once somebody has asked for it. Only for the connection's own executor.
  std::string peer;

  void begun() {
    const std::lock_guard hold(mutex_);
    ++due_;
  }
  /// An answer is written, or will never be.
  void ended() {
    std::function<void(bool)> f;
    {
      const std::lock_guard hold(mutex_);
      if (--due_ > 0) return;
      f = std::exchange(then_, nullptr);
    }
    if (f) f(true);
  }
  /// An answer goes on until its reader leaves, which therefore must be told at once.
  void streaming() {
    {
      const std::lock_guard hold(mutex_);
      streams_ = true;
    }
    give_up_if(true);
  }

  /// Calls `f(true)` once all is answered, which may be now; `f(false)` where the connection ends before. `f` must post
  /// what it does. What only tells of a departure does not wait for a stream.
  void when_none(std::function<void(bool)> f, bool departure = false) {
    {
      const std::lock_guard hold(mutex_);
      if (due_ > 0 && !(departure && streams_)) {
        then_ = std::move(f);
        departure_ = departure;
        return;
      }
    }
    f(true);
  }
  /// The connection is no more.
  void give_up() { give_up_if(false); }

 private:
  void give_up_if(bool only_departures) {
    std::function<void(bool)> f;
    {
      const std::lock_guard hold(mutex_);
      if (only_departures && !departure_) return;
      f = std::exchange(then_, nullptr);
    }
    if (f) f(only_departures);
  }

  std::mutex mutex_;
  std::size_t due_ = 0;
  bool streams_ = false, departure_ = false;
  std::function<void(bool)> then_;
};

}  // namespace stoa::http

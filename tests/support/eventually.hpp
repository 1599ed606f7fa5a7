// Waiting in tests: for a condition, with a deadline; never for a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace stoa::testing {

/// Whether the condition comes true within `limit`. Asks every few milliseconds.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds limit = std::chrono::seconds{10}) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    never.wait_for(lock, std::chrono::milliseconds{2});
  }
  return true;
}

/// Closed until it is opened once; waiting has a deadline.
class gate {
 public:
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  bool wait(std::chrono::milliseconds limit = std::chrono::seconds{20}) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, limit, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

}  // namespace stoa::testing

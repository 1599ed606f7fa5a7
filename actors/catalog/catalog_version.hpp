// The catalogue's version: rises at once when courses come, go or change, and at most once in an interval for numbers
// alone.
#pragma once

#include <atomic>
#include <cstdint>

#include "stoa/time.hpp"

namespace stoa::actors {

/// Thread-safe. Readers raise the version themselves once the interval has passed: no timer is needed.
class catalog_version {
 public:
  catalog_version(const clock& time, milliseconds numbers_interval) : time_(time), interval_(numbers_interval) {}

  void changed(bool numbers_only) {
    if (numbers_only) {
      numbers_waiting_.store(true);
    } else {
      content_.fetch_add(1);
      version_.fetch_add(1);
    }
  }

  /// Rises with the courses alone, not with their numbers: what a count without numbers belongs to.
  std::int64_t content() const noexcept { return content_.load(); }

  std::int64_t current() const noexcept {
    if (numbers_waiting_.load()) raise();
    return version_.load();
  }

 private:
  void raise() const noexcept {
    const auto now = unix_us(time_.now());
    auto last = last_raise_.load();
    const auto gap = microseconds(interval_).count();
    if (now >= last && now - last < gap) return;
    if (!last_raise_.compare_exchange_strong(last, now)) return;
    numbers_waiting_.store(false);
    version_.fetch_add(1);
  }

  const clock& time_;
  milliseconds interval_;
  mutable std::atomic<std::int64_t> version_{1};
  std::atomic<std::int64_t> content_{1};
  mutable std::atomic<bool> numbers_waiting_{false};
  mutable std::atomic<std::int64_t> last_raise_{0};
};

}  // namespace stoa::actors

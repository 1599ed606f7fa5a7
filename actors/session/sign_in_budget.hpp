// How often somebody may do something within an hour. Node view.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "stoa/ids.hpp"
#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa::actors {

/// Thread-safe. A window begins with the first use of it.
template <class Key>
class hourly_budget {
 public:
  /// 0 is no limit.
  explicit hourly_budget(std::int64_t per_hour) : per_hour_(per_hour) {}

  /// Counts one; RATE_LIMIT_EXCEEDED with the time left where there were enough.
  result<done> take(const Key& whose, timestamp now) {
    if (per_hour_ <= 0) return done{};
    const std::lock_guard lock(guard_);
    auto& w = windows_[whose];
    if (w.ends <= now) w = {0, now + hours{1}};
    if (w.used++ < per_hour_) return done{};
    const auto left = std::max(seconds{1}, std::chrono::ceil<seconds>(w.ends - now));
    fault f(fault_kind::too_many, "RATE_LIMIT_EXCEEDED",
            "Request rate limit exceeded. Please try again in " + std::to_string(left.count()) + " seconds.");
    f.retry_after = left;
    return f;
  }

  /// Drops what is over.
  void forget(timestamp now) {
    const std::lock_guard lock(guard_);
    std::erase_if(windows_, [&](const auto& e) { return e.second.ends <= now; });
  }

 private:
  struct window {
    std::int64_t used = 0;
    timestamp ends;
  };
  const std::int64_t per_hour_;
  std::mutex guard_;
  std::unordered_map<Key, window> windows_;
};

/// Sign-ins to an account. Only good passwords count: failures are the lock's, so that nobody is shut out by what
/// others try.
using sign_in_budget = hourly_budget<user_id>;

}  // namespace stoa::actors

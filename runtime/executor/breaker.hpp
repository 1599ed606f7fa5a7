// A breaker: what keeps failing is left alone for a while, and then tried once.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "stoa/metrics.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

struct breaker_options {
  std::size_t failures = 10;  ///< so many within the window open it
  milliseconds window = minutes{1};
  milliseconds pause = seconds{30};  ///< after which one try is let through
};

/// Thread-safe. Only what nobody expected is a failure: bad input and a database that is away are not.
class breaker {
 public:
  enum class state { closed, half_open, open };

  /// `level`, where there is one, shows the state as 0, 1 and 2.
  explicit breaker(breaker_options o, gauge* level = nullptr);

  /// Whether there is anything to be had now: nothing where it may be tried, otherwise when to come back. In a
  /// half-open breaker whoever is let through is the one try: it must end in one of the three below.
  std::optional<milliseconds> admit(timestamp now);
  /// The same without being let through.
  std::optional<milliseconds> refuses(timestamp now) const;

  void succeeded();
  /// True where it opens by this.
  bool failed(timestamp now);
  /// Neither: somebody else's mistake. Another try is let through.
  void neither();

  state now() const;
  /// As if nothing had failed.
  void reset();

 private:
  void turn(state to);
  std::optional<milliseconds> wait(timestamp now) const;

  const breaker_options options_;
  gauge* const level_;
  mutable std::mutex mutex_;
  std::deque<timestamp> failures_;
  std::atomic<state> state_{state::closed};  ///< changes under the lock; closed, the usual case, is seen without
  bool trying_ = false;
  timestamp until_{};
};

std::string_view name_of(breaker::state s) noexcept;

}  // namespace stoa::runtime

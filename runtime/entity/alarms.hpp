// What is to happen at a time of the injected clock: deadlines, expiries. Node view; nothing here outlives the process:
// whoever sets an alarm sets it again from the database after a start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "stoa/time.hpp"

namespace stoa::runtime {

/// Thread-safe. Exact to a tenth of a second, since the clock may be moved under it.
class alarms {
 public:
  using id = std::uint64_t;  ///< 0 is no alarm

  explicit alarms(const clock& time);
  /// Stops.
  ~alarms();
  alarms(const alarms&) = delete;
  alarms& operator=(const alarms&) = delete;

  /// Calls `ring` once when the clock has reached `at`, on the alarms' thread: quick, and without waiting. What it
  /// throws is lost.
  id set(timestamp at, std::function<void()> ring);
  /// The alarm does not ring any more, unless it does so just now.
  void clear(id which);
  std::size_t waiting() const;
  /// Rings nothing any more. Idempotent.
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace stoa::runtime

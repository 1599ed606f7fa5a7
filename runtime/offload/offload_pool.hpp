// The threads behind stoa::offload.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "runtime/executor/executor.hpp"
#include "stoa/metrics.hpp"
#include "stoa/offload.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

struct offload_settings {
  std::size_t threads = 1;
  /// How much work may wait; more is refused at once.
  std::size_t queue = 64;
  /// How long work may wait, whatever its own deadline; later it is refused without having run.
  milliseconds patience{5000};
  /// What the refused are told.
  seconds retry_after{1};
};

/// Own threads with a bounded queue, first come, first served. Completions go on at home (`home_or`), others where
/// `post` runs them. Thread-safe.
class offload_pool final : public stoa::offload {
 public:
  offload_pool(offload_settings settings, post_function post, stoa::metrics& meters);
  /// Stops.
  ~offload_pool() override;
  offload_pool(const offload_pool&) = delete;
  offload_pool& operator=(const offload_pool&) = delete;

  void submit(std::function<void()> work, deadline until, std::function<void(result<done>)> told) override;

  /// How much waits at the moment.
  std::size_t waiting() const;
  /// Refuses what waits, lets the running work end and joins. May be called twice, not from a pool's thread.
  void stop();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::runtime

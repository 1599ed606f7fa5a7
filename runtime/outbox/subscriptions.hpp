// Who wants to hear of committed events: what the plugin host and the composition need of the pump.
#pragma once

#include <string>

#include "stoa/events.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// Where a subscription whose name was never seen begins.
enum class start_at { beginning, end };

class subscriptions {
 public:
  virtual ~subscriptions() = default;
  /// A name that is there already gets the new handlers and goes on at its offset; it must be paused then.
  virtual void add(subscription s, start_at from = start_at::beginning) = 0;
  /// No batch begins after this. True when none runs any more, waited for as long as `within`.
  virtual bool pause(const std::string& name, milliseconds within) = 0;
  virtual void resume(const std::string& name) = 0;
};

}  // namespace stoa::runtime

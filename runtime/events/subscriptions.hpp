// Who wants to hear of committed events: what the plugin host and the composition need of the pump.
#pragma once

#include <string>

#include "stoa/events.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

class subscriptions {
 public:
  virtual ~subscriptions() = default;
  /// A name that is there already gets the new handlers and goes on at its offset; it must be paused then.
  virtual void add(subscription s) = 0;
  /// No batch begins after this. True when none runs any more, waited for as long as `within`.
  virtual bool pause(const std::string& name, milliseconds within) = 0;
  virtual void resume(const std::string& name) = 0;
  /// Hears of all that is committed from now on, wherever; what is in the middle of being committed may be told too.
  virtual void watch(observer o) = 0;
  /// The observer of that name hears nothing any more. True when it is not being told just now, waited for as long as
  /// `within`.
  virtual bool forget(const std::string& name, milliseconds within) = 0;
};

}  // namespace stoa::runtime

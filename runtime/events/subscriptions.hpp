// Who wants to hear of committed events: what the plugin host and the composition need of the pump.
#pragma once

#include <string>
#include <utility>

#include "runtime/executor/workplace.hpp"
#include "stoa/awaiting.hpp"
#include "stoa/events.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

class subscriptions {
 public:
  virtual ~subscriptions() = default;
  /// A name that is there already gets the new handlers and goes on at its offset; it must be paused then. Its
  /// transactions run on the place's sessions, its other code on the place's threads.
  virtual void add(awaiting_subscription s, workplace at) = 0;
  void add(subscription s, workplace at = {}) { add(awaiting_subscription{std::move(s), {}}, std::move(at)); }
  /// No batch begins after this. True when none runs any more, waited for as long as `within`.
  virtual bool pause(const std::string& name, milliseconds within) = 0;
  virtual void resume(const std::string& name) = 0;
  /// True once the place is stored from which it hears: whatever is committed from then on is told, though every
  /// process ended now. Waited for as long as `within`.
  virtual bool placed(const std::string& name, milliseconds within) = 0;
  /// Hears of all that is committed from now on, wherever; what is in the middle of being committed may be told too.
  virtual void watch(observer o, workplace at) = 0;
  void watch(observer o) { watch(std::move(o), workplace{}); }
  /// The observer of that name hears nothing any more. True when it is not being told just now, waited for as long as
  /// `within`.
  virtual bool forget(const std::string& name, milliseconds within) = 0;
};

}  // namespace stoa::runtime

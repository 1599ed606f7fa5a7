// Pending orders wait for their payment for so long and no longer. Node view: every node looks after all of them, and a
// row that two take at once is expired by one.
#pragma once

#include <atomic>
#include <memory>

#include "actors/services.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa::actors {

/// One alarm, at the time at which the oldest pending order expires. Thread-safe.
class order_expiry {
 public:
  order_expiry(services& s, milliseconds lifetime);

  /// Finds the oldest pending order and sets the alarm: at the start, and now and then for what other nodes made.
  task<done> look();
  /// An order was made here.
  void made(timestamp at);

 private:
  void arm(timestamp at);
  /// Sets the alarm for the oldest pending order, so long from now at the least.
  task<done> arm_oldest(milliseconds at_least);
  task<done> expire();

  services& services_;
  const milliseconds lifetime_;
  std::atomic<runtime::alarms::id> alarm_{0};
};

}  // namespace stoa::actors

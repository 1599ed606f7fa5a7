// Orders as handlers and plugins see them.
#pragma once

#include "actors/services.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/events.hpp"

namespace stoa::actors {

struct order_options {
  milliseconds pending_lifetime = hours{24};  ///< how long an order waits for its payment
};

/// The facade with what only the house needs.
class order_service : public stoa::orders {
 public:
  /// Sets the alarm of the pending orders that are in the database: at the start, and now and then.
  virtual task<done> look_after_pending() = 0;
};

/// Makes the facade; it registers itself in `s`. A checkout is a script serialised per buyer, not an entity.
order_service& offer_orders(services& s, const order_options& options = {});

/// Cancels the pending orders of courses that their buyers have entered by another way.
subscription owned_orders_subscription(services& s);

}  // namespace stoa::actors

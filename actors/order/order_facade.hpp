// Orders as handlers and plugins see them.
#pragma once

#include "actors/services.hpp"
#include "stoa/areas/orders.hpp"

namespace stoa::actors {

/// Makes the facade; it registers itself in `s`. A checkout is a script serialised per buyer, not an entity.
void offer_orders(services& s);

}  // namespace stoa::actors

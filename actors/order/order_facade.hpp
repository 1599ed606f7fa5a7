// Orders as handlers and plugins see them.
#pragma once

#include <memory>

#include "actors/services.hpp"
#include "stoa/areas/orders.hpp"

namespace stoa::actors {

/// Makes the facade and its directory of order actors; it registers both in `s`.
std::unique_ptr<stoa::orders> make_orders(services& s);

}  // namespace stoa::actors

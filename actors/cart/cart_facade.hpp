// Carts as handlers and plugins see them.
#pragma once

#include "actors/services.hpp"
#include "stoa/areas/carts.hpp"

namespace stoa::actors {

/// Makes the facade and its directory of cart actors; it registers both in `s`.
void offer_carts(services& s);

}  // namespace stoa::actors

// Wishlists as handlers and plugins see them.
#pragma once

#include "actors/services.hpp"
#include "stoa/areas/carts.hpp"

namespace stoa::actors {

/// Makes the facade and its directory of wishlist actors; it registers both in `s`.
void offer_wishlists(services& s);

}  // namespace stoa::actors

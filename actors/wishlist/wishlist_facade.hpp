// Wishlists as handlers and plugins see them.
#pragma once

#include <memory>

#include "actors/services.hpp"
#include "stoa/areas/carts.hpp"

namespace stoa::actors {

/// Makes the facade and its directory of wishlist actors; it registers both in `s`.
std::unique_ptr<stoa::wishlists> make_wishlists(services& s);

}  // namespace stoa::actors

// Carts as handlers and plugins see them.
#pragma once

#include <memory>

#include "actors/services.hpp"
#include "stoa/areas/carts.hpp"

namespace stoa::actors {

/// Makes the facade and its directory of cart actors; it registers both in `s`.
std::unique_ptr<stoa::carts> make_carts(services& s);

}  // namespace stoa::actors

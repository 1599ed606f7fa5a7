// learnflow: the cart.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::learnflow {

/// GET and DELETE /cart/, POST /cart/items/, DELETE /cart/items/{id}/.
void add_cart_routes(route_table& routes, stoa::domain& domain);

}  // namespace stoa::learnflow

// learnflow: orders.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::learnflow {

/// POST /orders/create-from-cart/, GET /orders/ and /orders/{id}/.
void add_order_routes(route_table& routes, stoa::domain& domain);

}  // namespace stoa::learnflow

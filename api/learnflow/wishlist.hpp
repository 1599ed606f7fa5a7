// learnflow: the wishlist.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::learnflow {

/// GET /wishlist/, POST /wishlist/items/, DELETE /wishlist/items/{id}/.
void add_wishlist_routes(route_table& routes, stoa::domain& domain);

}  // namespace stoa::learnflow

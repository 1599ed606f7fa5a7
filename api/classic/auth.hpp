// classic: accounts and tokens.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::classic {

/// POST /users/register/, /token/, /token/refresh/; GET and PUT /users/profile/.
void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock);

}  // namespace stoa::classic

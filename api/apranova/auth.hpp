// apranova: accounts and sessions.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::apranova {

/// POST /auth/registration/, /users/login/, /auth/token/refresh/, /users/logout/, /users/check-email/,
/// /users/update-role/; GET, PUT and PATCH /users/profile/.
void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock);

}  // namespace stoa::apranova

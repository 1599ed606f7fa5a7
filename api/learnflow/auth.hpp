// learnflow: accounts and sessions.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::learnflow {

/// POST /auth/register/, /auth/login/, /auth/refresh/, /auth/logout/; GET and PATCH /auth/me/.
void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock);

}  // namespace stoa::learnflow

// lms: accounts and sessions.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::lms {

/// POST /auth/register, /auth/login, /auth/refresh, /auth/logout; GET and PATCH /users/me, POST /users/me/password.
void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock);

}  // namespace stoa::lms

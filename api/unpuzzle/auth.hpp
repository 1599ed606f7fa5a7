// unpuzzle: accounts and sessions.
#pragma once

#include "api/domain.hpp"
#include "stoa/routes.hpp"

namespace stoa::unpuzzle {

/// POST /auth/signup/, /auth/signin/, /auth/refresh/, /auth/signout/; GET /auth/profile/, PUT /auth/profile/update/.
/// `secure_cookies` is the setting of that name: whether the access cookie asks for https.
void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock, bool secure_cookies);

}  // namespace stoa::unpuzzle

// What apranova is, and its areas.
#pragma once

#include "api/dialect.hpp"

namespace stoa::apranova {

/// Place, doors, envelopes, limits, settings and areas.
api::self_description describe();

/// Accounts and sessions.
void add_auth_routes(route_table& routes, const api::parts_ptr& parts);
/// Signing in by other providers.
void add_oauth_routes(route_table& routes, const api::parts_ptr& parts);

}  // namespace stoa::apranova

// What apranova is, and its areas.
#pragma once

#include "api/dialect.hpp"

namespace stoa::apranova {

/// Place, doors, envelopes, limits, settings and areas.
api::self_description describe();

/// The key of the setting that says where people of a role, in this contract's word, are sent after signing in.
std::string redirect_setting(const std::string& role);

/// Accounts and sessions.
void add_auth_routes(route_table& routes, const api::parts_ptr& parts);
/// Signing in by other providers.
void add_oauth_routes(route_table& routes, const api::parts_ptr& parts);

/// Tracks and one's place on them.
void add_track_routes(route_table& routes, const api::parts_ptr& parts);

}  // namespace stoa::apranova

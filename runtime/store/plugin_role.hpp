// The database role of a plugin: it has the plugin's own schema and may tell events and queue jobs; the core's tables
// it cannot read.
#pragma once

#include <string>

namespace stoa::runtime {

/// Makes the role `plugin_<id>` where it is not there, gives it its rights, and lets `owner` (whom the store signs in
/// as) act in it. After the plugin's migrations; several servers may do so at once. `connection` must be allowed to
/// make roles, or the role must have been made and granted to `owner` before. Returns the role's name; throws db_error.
std::string make_plugin_role(const std::string& connection, const std::string& owner, const std::string& id);

}  // namespace stoa::runtime

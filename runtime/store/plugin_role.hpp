// The database role of a plugin: it has the plugin's own schema and may tell events and queue jobs; the core's tables
// it cannot read.
#pragma once

#include <string>

#include "runtime/store/plain.hpp"

namespace stoa::runtime {

/// Makes the role `plugin_<id>` where it is not there, gives it its rights, and lets `owner` (whom the store signs in
/// as) act in it. After the plugin's migrations; several servers may do so at once. `db` must be allowed to make roles,
/// or the role must have been made and granted to `owner` before. Returns the role's name; throws db_error.
std::string make_plugin_role(plain_connection& db, const std::string& owner, const std::string& id);

/// What became of a role that was to be dropped.
enum class role_end {
  none,  ///< there was none
  dropped,
  kept,       ///< it has rights in another database of the cluster
  forbidden,  ///< this connection may not drop roles
};

/// Takes the role's rights in this database and drops it. After the plugin's schema.
role_end drop_plugin_role(plain_connection& db, const std::string& id);

}  // namespace stoa::runtime

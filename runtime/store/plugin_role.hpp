// The database role of a plugin: it has the plugin's own schema and may tell events and queue jobs; the core's tables
// it cannot read.
#pragma once

#include <string>
#include <vector>

#include "runtime/store/plain.hpp"
#include "stoa/db.hpp"

namespace stoa::runtime {

/// Makes the role `plugin_<id>` and its schema where they are not there, makes the role the owner of the schema and of
/// all in it, and lets `owner` (whom the store signs in as) act in it. Before the plugin's migrations, which run in the
/// role; several servers may do so at once. `db` must be allowed to make roles, or the role must have been made and
/// granted to `owner` before. Returns the role's name; throws db_error.
std::string make_plugin_role(plain_connection& db, const std::string& owner, const std::string& id);

/// Has the database look at statements of a plugin, in its role: whether it can read them, and whether what they name
/// is there. `role` may be empty: the server's own. Throws std::runtime_error for the first that it refuses, with its
/// name.
void look_at_statements(plain_connection& db, const std::string& role, const std::vector<statement>& all);

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

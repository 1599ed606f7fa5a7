#include "runtime/store/plugin_role.hpp"

#include "runtime/store/migrate.hpp"
#include "runtime/store/plain.hpp"

namespace stoa::runtime {

std::string make_plugin_role(const std::string& connection, const std::string& owner, const std::string& id) {
  plain_connection db{connection};
  const std::string name = migration_schema(id);
  const std::string role = db.identifier(name);
  const std::string schema = role;
  // Two that grant the same at once would fail each other.
  db.run("begin");
  db.run("select pg_advisory_xact_lock(hashtext('stoa plugin role'))");
  if (db.run("select 1 from pg_roles where rolname = $1", {name}).empty())
    db.run("create role " + role + " nologin nosuperuser nobypassrls");
  if (db.run("select 1 where pg_has_role($1, $2, 'member')", {owner, name}).empty())
    db.run("grant " + role + " to " + db.identifier(owner));
  if (!db.run("select 1 from pg_namespace where nspname = $1", {name}).empty()) {
    db.run("grant usage on schema " + schema + " to " + role);
    db.run("grant select, insert, update, delete on all tables in schema " + schema + " to " + role);
    db.run("grant usage, select on all sequences in schema " + schema + " to " + role);
  }
  db.run("grant insert on public.outbox to " + role);
  db.run("grant insert, select (kind, key) on public.job to " + role);
  db.run("commit");
  return name;
}

}  // namespace stoa::runtime

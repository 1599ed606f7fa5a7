#include "runtime/store/plugin_role.hpp"

#include "runtime/store/migrate.hpp"
#include "runtime/store/plain.hpp"
#include "stoa/db.hpp"

namespace stoa::runtime {

namespace {

/// Two that change the same rights at once would fail each other.
constexpr const char* one_at_a_time = "select pg_advisory_xact_lock(hashtext('stoa plugin role'))";

bool there_is(plain_connection& db, const std::string& name) {
  return !db.run("select 1 from pg_roles where rolname = $1", {name}).empty();
}

}  // namespace

std::string make_plugin_role(plain_connection& db, const std::string& owner, const std::string& id) {
  const std::string name = migration_schema(id);
  const std::string role = db.identifier(name);
  const std::string schema = role;
  db.run("begin");
  try {
    db.run(one_at_a_time);
    if (!there_is(db, name)) db.run("create role " + role + " nologin nosuperuser nobypassrls");
    if (db.run("select 1 where pg_has_role($1, $2, 'member')", {owner, name}).empty())
      db.run("grant " + role + " to " + db.identifier(owner));
    if (!db.run("select 1 from pg_namespace where nspname = $1", {name}).empty()) {
      db.run("grant usage on schema " + schema + " to " + role);
      db.run("grant select, insert, update, delete on all tables in schema " + schema + " to " + role);
      db.run("grant usage, select on all sequences in schema " + schema + " to " + role);
    }
    db.run("grant insert on public.outbox to " + role);
    db.run("grant insert on public.job to " + role);
    db.run("commit");
  } catch (...) {
    if (db.in_transaction()) db.run("rollback");
    throw;
  }
  return name;
}

role_end drop_plugin_role(plain_connection& db, const std::string& id) {
  const std::string name = migration_schema(id);
  if (!there_is(db, name)) return role_end::none;
  const std::string role = db.identifier(name);
  db.run("begin");
  try {
    db.run(one_at_a_time);
    db.run("drop owned by " + role);
    db.run("drop role " + role);
    db.run("commit");
    return role_end::dropped;
  } catch (const db_error& e) {
    if (db.in_transaction()) db.run("rollback");
    if (e.sqlstate() == "42501") return role_end::forbidden;
    if (e.sqlstate() == "2BP01") return role_end::kept;
    throw;
  }
}

}  // namespace stoa::runtime

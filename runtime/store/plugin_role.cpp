#include "runtime/store/plugin_role.hpp"

#include <stdexcept>

#include "runtime/store/migrate.hpp"
#include "runtime/store/plain.hpp"
#include "runtime/store/sql_text.hpp"
#include "stoa/db.hpp"

namespace stoa::runtime {

namespace {

/// Two that change the same rights at once would fail each other.
constexpr const char* one_at_a_time = "select pg_advisory_xact_lock(hashtext('stoa plugin role'))";

/// The schema and what is in it become the role's: what servers before this one made there in their own name.
constexpr const char* take_over = R"(
  do $$
  declare
    name constant text := current_setting('stoa.plugin_role');
    role constant oid := (select oid from pg_roles where rolname = name);
    space constant oid := (select oid from pg_namespace where nspname = name);
    what record;
  begin
    if (select nspowner from pg_namespace where oid = space) <> role then
      execute format('alter schema %I owner to %I', name, name);
    end if;
    -- A sequence that belongs to a column follows its table.
    for what in
      select relname, relkind from pg_class c where relnamespace = space and relowner <> role
        and relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not exists (
          select 1 from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and c.relkind = 'S'
            and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i'))
      order by relkind = 'S'
    loop
      execute format('alter %s %I.%I owner to %I',
        case what.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
          when 'S' then 'sequence' else 'table' end, name, what.relname, name);
    end loop;
    for what in select oid::regprocedure as routine from pg_proc where pronamespace = space and proowner <> role loop
      execute format('alter routine %s owner to %I', what.routine, name);
    end loop;
    for what in
      select typname from pg_type t where typnamespace = space and typowner <> role and typtype in ('e', 'd', 'c', 'r')
        and (typrelid = 0 or (select relkind from pg_class where oid = t.typrelid) = 'c')
    loop
      execute format('alter type %I.%I owner to %I', name, what.typname, name);
    end loop;
  end
  $$)";

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
    // Whoever migrates makes schemas in the role's name; the server's sessions change to it.
    for (const auto& member : {owner, db.run("select current_user").at(0).at(0).value()})
      if (db.run("select 1 where pg_has_role($1, $2, 'member')", {member, name}).empty())
        db.run("grant " + role + " to " + db.identifier(member));
    // Asked first: who may only read and write rows may do none of this again.
    if (db.run("select 1 from pg_namespace where nspname = $1", {name}).empty())
      db.run("create schema " + schema + " authorization " + role);
    db.run("select set_config('stoa.plugin_role', $1, true)", {name});
    db.run(take_over);
    for (const char* table : {"public.outbox", "public.job"})
      if (db.run("select 1 where has_table_privilege($1, $2, 'insert')", {name, table}).empty())
        db.run(std::string("grant insert on ") + table + " to " + role);
    db.run("commit");
  } catch (...) {
    if (db.in_transaction()) db.run("rollback");
    throw;
  }
  return name;
}

void look_at_statements(plain_connection& db, const std::string& role, const std::vector<statement>& all) {
  if (!role.empty()) db.run("set role " + db.identifier(role));
  for (const auto& s : all) {
    try {
      db.look_at(numbered_placeholders(s.sql));
    } catch (const db_error& e) {
      throw std::runtime_error("statement " + std::string(s.name) + ": " + e.what());
    }
  }
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

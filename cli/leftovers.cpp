#include "cli/leftovers.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "cli/composition.hpp"
#include "cli/database_visit.hpp"
#include "runtime/events/dead_events.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/plugin/manifest.hpp"
#include "runtime/store/migrate.hpp"
#include "runtime/store/plain.hpp"
#include "runtime/store/plugin_role.hpp"

namespace stoa::cli {
namespace {

/// Names of stored offsets and kinds of jobs begin with their plugin's id and a dot; the core's have none or its own.
constexpr const char* find_left = R"(
  select id, sum(offsets), sum(jobs), sum(tables), bool_or(exists (
    select 1 from pg_roles where rolname = 'plugin_' || replace(id, '-', '_'))) from (
    select split_part(name, '.', 1) as id, 1 as offsets, 0 as jobs, 0 as tables from subscription_offset
    where position('.' in name) > 0
    union all
    select split_part(kind, '.', 1), 0, 1, 0 from job where state <> 'done' and position('.' in kind) > 0
    union all
    select scope, 0, 0, (select count(*) from pg_tables where schemaname = 'plugin_' || replace(scope, '-', '_'))
    from public.stoa_migration where scope <> 'core' group by scope) left_by
  group by id order by id)";

struct leftover {
  std::string offsets, jobs, tables;
  bool role = false;
};

/// The plugins of the folder; true: in service.
std::map<std::string, bool> installed(const runtime::settings& s, runtime::plain_connection& db) {
  runtime::plugin_options o;
  o.dir = plugins_folder(s);
  o.disabled = s.plugins.disabled;
  for (const auto& row : db.run("select id from plugin_off")) o.disabled.push_back(row.at(0).value_or(""));
  std::map<std::string, bool> all;
  for (const auto& p : runtime::list_plugins(o)) all[p.id] = p.state != runtime::plugin_state::disabled;
  return all;
}

std::map<std::string, leftover> left_in(runtime::plain_connection& db, const std::map<std::string, bool>& plugins) {
  std::map<std::string, leftover> all;
  for (const auto& row : db.run(find_left)) {
    const auto id = row.at(0).value_or("");
    const auto known = plugins.find(id);
    if (known != plugins.end() && known->second) continue;
    all[id] = {row.at(1).value_or("0"), row.at(2).value_or("0"), row.at(3).value_or("0"), row.at(4) == "t"};
  }
  return all;
}

/// There is a role of that name with rights here.
bool has_role(runtime::plain_connection& db, const std::string& plugin) {
  return !db.run(
                "select 1 from pg_roles where rolname = $1 and has_any_column_privilege(oid, 'public.outbox', "
                "'insert')",
                {runtime::migration_schema(plugin)})
              .empty();
}

void drop_role(const database_home& home, const std::string& plugin) {
  runtime::plain_connection admin(home.administration());
  const auto role = runtime::migration_schema(plugin);
  switch (runtime::drop_plugin_role(admin, plugin)) {
    case runtime::role_end::none:
    case runtime::role_end::dropped:
      return;
    case runtime::role_end::kept:
      std::printf("the database role %s stays: it has rights in another database of the cluster\n", role.c_str());
      return;
    case runtime::role_end::forbidden:
      std::printf(
          "the database role %s stays, since the server's own may not drop roles; an administrator of the database "
          "does: drop owned by %s; drop role %s;\n",
          role.c_str(), role.c_str(), role.c_str());
  }
}

}  // namespace

int list_leftovers(const runtime::settings& s) {
  database_visit db(s);
  const auto plugins = installed(s, *db);
  for (const auto& [id, what] : left_in(*db, plugins))
    std::printf("%-20s %-9s offsets %s, jobs %s, tables %s, role %s\n", id.c_str(),
                plugins.contains(id) ? "disabled" : "removed", what.offsets.c_str(), what.jobs.c_str(),
                what.tables.c_str(), what.role ? "yes" : "no");
  return 0;
}

int drop_leftovers(const runtime::settings& s, const std::string& plugin) {
  database_visit db(s);
  const auto plugins = installed(s, *db);
  const auto known = plugins.find(plugin);
  if (known != plugins.end() && known->second)
    throw settings_error(plugin + " is in service: remove it or switch it off first");
  if (!left_in(*db, plugins).contains(plugin) && !has_role(*db, plugin))
    throw settings_error("there is nothing of a plugin " + plugin);
  db->run("begin");
  db->run("delete from subscription_offset where split_part(name, '.', 1) = $1 and position('.' in name) > 0",
          {plugin});
  db->run("delete from job where split_part(kind, '.', 1) = $1 and position('.' in kind) > 0", {plugin});
  db->run("delete from public.stoa_migration where scope = $1", {plugin});
  db->run("drop schema if exists " + db->identifier(runtime::migration_schema(plugin)) + " cascade");
  db->run("commit");
  drop_role(db.home(), plugin);
  std::printf("dropped what %s had left\n", plugin.c_str());
  return 0;
}

int switch_plugin(const runtime::settings& s, const std::string& plugin, bool on) {
  const auto all = runtime::discover(plugins_folder(s));
  const auto named = [&](const runtime::manifest& m) { return m.id == plugin; };
  if (std::none_of(all.begin(), all.end(), named)) throw settings_error("there is no plugin " + plugin);
  const auto& by_settings = s.plugins.disabled;
  if (std::find(by_settings.begin(), by_settings.end(), plugin) != by_settings.end())
    throw settings_error(plugin + " is named in [plugins] disabled: that decides");
  database_visit db(s);
  if (on) {
    db->run("delete from plugin_off where id = $1", {plugin});
    // Whoever switches it on has heard of its crashes.
    if (std::filesystem::exists(crash_file(s))) runtime::crash_journal(crash_file(s)).forget(plugin);
    std::printf("%s is on; a server that was started without it takes it in at its next start\n", plugin.c_str());
    return 0;
  }
  for (const auto& [id, in_service] : installed(s, *db)) {
    const auto other = std::find_if(all.begin(), all.end(), [&id = id](const auto& m) { return m.id == id; });
    if (in_service &&
        std::find(other->requires_ids.begin(), other->requires_ids.end(), plugin) != other->requires_ids.end())
      throw settings_error(id + " needs " + plugin + ": switch it off first");
  }
  db->run("insert into plugin_off (id) values ($1) on conflict do nothing", {plugin});
  std::printf("%s is off, here and at every next start\n", plugin.c_str());
  return 0;
}

int drop_offset(const runtime::settings& s, const std::string& plugin, const std::string& subscription) {
  database_visit db(s);
  const auto plugins = installed(s, *db);
  const auto known = plugins.find(plugin);
  if (known != plugins.end() && known->second)
    throw settings_error(plugin + " is in service: switch it off first (stoa plugin disable " + plugin + ")");
  const std::string like = subscription.empty() ? "" : plugin + "." + subscription;
  const auto gone = db->run(
      "delete from subscription_offset where split_part(name, '.', 1) = $1 and position('.' in name) > 0 "
      "and ($2 = '' or name = $2) returning name",
      {plugin, like});
  if (gone.empty()) throw settings_error("there is no offset of " + (like.empty() ? plugin : like));
  for (const auto& row : gone)
    std::printf("dropped the offset of %s: it begins anew when it is next in service\n", row.at(0)->c_str());
  return 0;
}

int list_dead_events(const runtime::settings& s, const std::string& of) {
  database_visit db(s);
  for (const auto& e : runtime::list_dead_events(*db, of))
    std::printf("%s %s %s at %s, tried %s times, last: %s\n", e.subscription.c_str(), e.id.c_str(), e.kind.c_str(),
                e.at.c_str(), e.tries.c_str(), e.reason.c_str());
  return 0;
}

int replay_dead_events(const runtime::settings& s, const std::string& of, const std::string& id) {
  database_visit db(s);
  const auto n = runtime::replay_dead_events(*db, of, id);
  if (n == 0) throw settings_error("there are no events set aside of " + of + (id.empty() ? "" : " with the id " + id));
  std::printf("%lld events are given again\n", static_cast<long long>(n));
  return 0;
}

}  // namespace stoa::cli

#include "cli/leftovers.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "cli/composition.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/store/migrate.hpp"
#include "runtime/store/plain.hpp"

namespace stoa::cli {
namespace {

/// Names of stored offsets and kinds of jobs begin with their plugin's id and a dot; the core's have none or its own.
constexpr const char* find_left = R"(
  select id, sum(offsets), sum(jobs), sum(tables) from (
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
};

/// The database of one command, brought up to date.
class visit {
 public:
  explicit visit(const runtime::settings& s)
      : log_(runtime::make_logger({log_level::warn, runtime::log_style::automatic})),
        home_(s, database_home::use::beside, *log_) {
    home_.migrate(*log_);
    db_ = std::make_unique<runtime::plain_connection>(home_.connection());
  }
  ~visit() {
    db_.reset();
    home_.stop();
  }
  runtime::plain_connection& operator*() { return *db_; }
  runtime::plain_connection* operator->() { return db_.get(); }

 private:
  std::shared_ptr<runtime::bound_logger> log_;
  database_home home_;
  std::unique_ptr<runtime::plain_connection> db_;
};

/// The plugins of the folder; true: in service.
std::map<std::string, bool> installed(const runtime::settings& s) {
  runtime::plugin_options o;
  o.dir = plugins_folder(s);
  o.disabled = s.plugins.disabled;
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
    all[id] = {row.at(1).value_or("0"), row.at(2).value_or("0"), row.at(3).value_or("0")};
  }
  return all;
}

}  // namespace

int list_leftovers(const runtime::settings& s) {
  const auto plugins = installed(s);
  visit db(s);
  for (const auto& [id, what] : left_in(*db, plugins))
    std::printf("%-20s %-9s offsets %s, jobs %s, tables %s\n", id.c_str(),
                plugins.contains(id) ? "disabled" : "removed", what.offsets.c_str(), what.jobs.c_str(),
                what.tables.c_str());
  return 0;
}

int drop_leftovers(const runtime::settings& s, const std::string& plugin) {
  const auto plugins = installed(s);
  const auto known = plugins.find(plugin);
  if (known != plugins.end() && known->second)
    throw settings_error(plugin + " is in service: remove it or name it in [plugins] disabled first");
  visit db(s);
  const auto all = left_in(*db, plugins);
  if (!all.contains(plugin)) throw settings_error("there is nothing of a plugin " + plugin);
  db->run("begin");
  db->run("delete from subscription_offset where split_part(name, '.', 1) = $1 and position('.' in name) > 0",
          {plugin});
  db->run("delete from job where split_part(kind, '.', 1) = $1 and position('.' in kind) > 0", {plugin});
  db->run("delete from public.stoa_migration where scope = $1", {plugin});
  db->run("drop schema if exists " + db->identifier(runtime::migration_schema(plugin)) + " cascade");
  db->run("commit");
  std::printf("dropped what %s had left\n", plugin.c_str());
  return 0;
}

}  // namespace stoa::cli

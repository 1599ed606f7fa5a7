// The composition root: which parts there are and in which order they are made and ended.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "actors/account/account_service.hpp"
#include "actors/attempt/attempt_service.hpp"
#include "actors/catalog/catalog_service.hpp"
#include "actors/course/course_service.hpp"
#include "actors/order/order_service.hpp"
#include "actors/services.hpp"
#include "runtime/entity/plugin_entities.hpp"
#include "runtime/entity/system.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/offload/offload_pool.hpp"
#include "runtime/security/hash_pool.hpp"
#include "runtime/security/tokens.hpp"
#include "runtime/settings/settings.hpp"
#include "runtime/store/embedded.hpp"
#include "runtime/store/plain.hpp"
#include "runtime/store/store.hpp"
#include "stoa/registry.hpp"

namespace stoa::cli {

/// Where the executable lies, and what lies beside it.
std::filesystem::path executable_folder();
/// A folder of files that the server brings along: beside the executable, beside its folder (a build tree), or in
/// share/stoa of its prefix. Empty where there is none.
std::filesystem::path part_folder(const std::string& name);
/// The core's migrations: beside the executable, beside its folder (a build tree), or installed.
std::filesystem::path migrations_folder();
/// The folder of plugins the settings name, or the one that belongs to the executable.
std::filesystem::path plugins_folder(const runtime::settings& s);
/// Where is kept which plugins made the server crash.
std::filesystem::path crash_file(const runtime::settings& s);

runtime::argon2_cost hash_cost(const runtime::settings& s);

/// The database of one run: the embedded one, made and stopped by us, or the one settings name.
class database_home {
 public:
  enum class use {
    serve,   ///< own the embedded database; refuse where another server does
    beside,  ///< use a running server's database, or start one for the moment
  };
  database_home(const runtime::settings& s, use how, logger& log);
  ~database_home();

  const std::string& connection() const noexcept { return connection_; }
  /// Applies the core's migrations, or with `only_check` refuses where there are some, waiting a while for an external
  /// database that is still starting, or until `leaving`. Warns where the server's role is above row-level security.
  void migrate(logger& log, bool only_check = false, const std::stop_token& leaving = {});
  /// The plugin's role and schema, and its migrations in `folder`. Its role.
  std::string migrate_plugin(const std::string& id, const std::filesystem::path& folder, logger& log);
  /// For work on roles: the embedded database's superuser, or whoever the settings name.
  std::string administration() const;
  bool embedded() const noexcept { return embedded_mode_; }
  /// Plugins that an operator has switched off.
  std::vector<std::string> plugins_off();
  /// The database role of a plugin, made with its schema where it may be. Empty, with a warning, where an external
  /// database does not let us: the plugin then has the server's own rights.
  std::string role_of_plugin(const std::string& id, logger& log);
  /// The plugins are in: the connection that served them all is closed.
  void plugins_loaded() { admin_.reset(); }
  /// Starts the embedded database again whenever it dies, until `stop`. Nothing to do for an external one.
  void keep_alive(logger& log);
  void stop();

 private:
  std::optional<runtime::embedded_postgres> embedded_;
  runtime::plain_connection& admin();

  void warn_of_rights(logger& log);

  bool embedded_mode_ = true;
  bool only_check_ = false;
  std::string connection_;
  std::string migrating_;  ///< for migrations; the same where settings name no other
  std::string owner_;      ///< whom the store signs in as
  std::unique_ptr<runtime::plain_connection> admin_;
  std::jthread keeper_;
};

/// The domain on top of a database: what serving and the single commands share.
class domain_house {
 public:
  domain_house(const runtime::settings& s, const std::string& connection,
               std::function<void(std::function<void()>)> post, const stoa::clock& time, logger& log, metrics& meters);
  ~domain_house();

  runtime::store& store() noexcept { return *store_; }
  actors::account_service& accounts() noexcept { return *accounts_; }
  actors::course_service& courses() noexcept { return *courses_; }
  actors::catalog_service& catalog() noexcept { return *catalog_; }
  actors::order_service& orders() noexcept { return *orders_; }
  actors::attempt_service& attempts() noexcept { return *attempts_; }
  actors::services& services() noexcept { return *services_; }
  registry& areas() noexcept { return areas_; }
  runtime::password_hasher& hasher() noexcept { return hasher_; }
  offload& computing() noexcept { return *computing_; }
  /// Where plugins have their entities.
  runtime::entity_hosting& hosting() noexcept { return *hosting_; }
  /// Sessions of a plugin's own, made with the first call; ended with the others.
  std::shared_ptr<database> sessions_for(const std::string& plugin);
  /// Passivates entities nobody has asked for since `before`.
  void sweep(timestamp before);
  void set_events_written(std::function<void()> told);

  /// Ends in the one order that cannot hang: hashing and computing, the store's threads, the actors. Idempotent.
  void stop();

 private:
  runtime::password_hasher hasher_;
  std::function<void()> events_written_;
  runtime::store_options storing_;
  std::int64_t sessions_of_plugins_ = 0;
  milliseconds event_deadline_{};
  std::unique_ptr<runtime::store> store_;
  std::map<std::string, std::shared_ptr<runtime::store>> plugin_stores_;  // by plugin
  std::unique_ptr<runtime::hash_pool> hashes_;
  std::unique_ptr<runtime::offload_pool> computing_;
  std::unique_ptr<runtime::token_service> tokens_;
  std::unique_ptr<runtime::actor_system> actors_;
  std::unique_ptr<runtime::alarms> alarms_;
  std::unique_ptr<actors::services> services_;
  std::unique_ptr<runtime::plugin_entities> hosting_;
  registry areas_;  ///< keeps the facades
  actors::account_service* accounts_ = nullptr;
  actors::course_service* courses_ = nullptr;
  actors::catalog_service* catalog_ = nullptr;
  actors::order_service* orders_ = nullptr;
  actors::attempt_service* attempts_ = nullptr;
};

}  // namespace stoa::cli

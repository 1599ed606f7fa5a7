// The plugin host: discovers plugins, checks them, loads them, and stands between them and the server.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/crash/journal.hpp"
#include "runtime/entity/hosting.hpp"
#include "runtime/events/subscriptions.hpp"
#include "runtime/jobs/jobs.hpp"
#include "runtime/plugin/life.hpp"
#include "runtime/plugin/manifest.hpp"
#include "runtime/plugin/signature.hpp"
#include "runtime/settings/value.hpp"
#include "stoa/plugin.hpp"

namespace stoa::runtime {

/// What the host hands on to plugins. All of it outlives the host.
struct plugin_services {
  /// A logger bound to a plugin's id.
  std::function<std::shared_ptr<logger>(const std::string& id)> log_for;
  stoa::metrics& meters;
  stoa::database& database;
  stoa::http_client& http;
  stoa::offload& computing;
  const stoa::clock& clock;
  registry& offers;
  subscriptions& events;
  job_workers& jobs;
  entity_hosting& entities;
  /// Runs a function where the core drives coroutines.
  std::function<void(std::function<void()>)> post;
  /// Brings a plugin's schema up to date from its folder of migrations, which may not be there, and says with which
  /// database role it is to work; empty: the server's own. Throws.
  std::function<std::string(const std::string& id, const std::filesystem::path& folder)> migrate;
  /// The server's own address; asked when a plugin asks.
  std::function<std::string()> public_url;
  /// Sessions of a plugin's own, which outlive what is asked through them. Empty: it shares the server's.
  std::function<std::shared_ptr<stoa::database>(const std::string& id)> sessions_for = {};
  /// Has the database look at the statements of a plugin's library, in its role: each as the server would run it.
  /// Throws what is wrong with the first that is, with its name. May be empty.
  std::function<void(const std::string& role, const std::vector<statement>& all)> look_at = {};
  /// The server's keys that those of plugins are made from, newest first; asked when a plugin asks. Empty: there are
  /// none, and a plugin that asks is told so.
  std::function<std::vector<std::string>()> master_keys = {};
};

struct plugin_options {
  std::filesystem::path dir;
  std::vector<std::string> disabled;
  std::map<std::string, std::vector<raw_value>> sections;  ///< `[plugins.<id>]` as written
  bool production = false;
  std::map<dialect, std::string> dialects;  ///< those that routes can be added to, with their prefixes
  /// So many unexpected failures of a route, kind of job, subscription or periodic work within the window open its
  /// breaker; after the pause one try is let through.
  std::size_t failures = 10;
  milliseconds failure_window = minutes{1};
  milliseconds failure_pause = seconds{30};
  std::size_t threads = 2;           ///< of each plugin; 0: its code runs on its callers' threads
  std::size_t concurrency = 256;     ///< requests in one plugin; more are refused
  std::size_t max_answer = 8 << 20;  ///< bytes of an answer that is not streamed
  milliseconds stall = seconds{1};   ///< code that keeps its thread for so long is named
  /// How long what runs may take to end when a plugin is drained.
  milliseconds drain = seconds{5};
  signature_policy signatures;
  /// `[points]`: of several plugins that offer one interface, the one that is asked.
  std::map<std::string, std::string> points;
  /// How long each step of a plugin's own may take before the server goes on without it: opening, configuring, wiring
  /// and starting; migrations; draining and stopping.
  milliseconds start_deadline = seconds{10};
  milliseconds migrate_deadline = minutes{10};
  milliseconds stop_deadline = seconds{5};
  /// All plugins together, when the server ends.
  milliseconds grace = seconds{15};
  /// The server is to end while it still starts: steps are not waited for any more.
  std::stop_token leaving = {};
  std::shared_ptr<crash_journal> journal = {};  ///< none: crashes are not kept
};

/// The plugins of a folder as `stoa plugin list` shows them without a server: read, not opened. Throws plugin_error.
std::vector<plugin_info> list_plugins(const plugin_options& options);

/// What each plugin of the folder declares as its settings, of those whose libraries can be opened: their code runs for
/// it. By id.
std::map<std::string, std::vector<setting>> settings_of_plugins(const plugin_options& options);

/// Life cycle: discovered, verified, opened, configured, migrated, wired by `load`; then `start`; then drained and
/// stopped in the reverse order. A plugin that does not come through a step, or not in its time, is set aside with
/// those that require it, and its routes answer 503 where they are known; one that is required refuses the server's
/// start: plugin_error. `load`, `start` and `stop` are called from one thread, the others from any.
class runtime_plugin_host {
 public:
  runtime_plugin_host(plugin_services services, plugin_options options);
  /// Stops.
  ~runtime_plugin_host();
  runtime_plugin_host(const runtime_plugin_host&) = delete;
  runtime_plugin_host& operator=(const runtime_plugin_host&) = delete;

  void load();
  void start();
  /// Turns routes off, lets events and work pause, waits for what runs and stops the plugins. Idempotent.
  void stop();

  /// The plugins' routes of a dialect, in the order of their loading, for the router. They answer 503 while their
  /// plugin is off, and an exception of a handler is one 500.
  std::vector<route> routes(const dialect& d) const;
  /// Those of one plugin.
  std::vector<route> routes(const dialect& d, const std::string& id) const;
  /// The plugin's routes have no place in this server; `why` says which and whose it is. Between `load` and `start`.
  /// Throws plugin_error where the plugin is required.
  void refuse_routes(const std::string& id, const std::string& why);

  /// Takes a started or set aside plugin out of service: 503 at once, then drained and stopped. False
  /// where there is no such plugin running.
  bool disable(const std::string& id);
  /// Puts a plugin that was disabled, stopped or set aside back into service with a new instance. Throws
  /// plugin_error.
  bool enable(const std::string& id);

  /// Takes those of `off` out of service and puts those back that were taken out and are not named any more; one that
  /// was off when the plugins were loaded comes with the next start. One that cannot be put back is set aside.
  void follow(const std::vector<std::string>& off);

  /// Forgets what speaks against a plugin (crashes, failures) and closes its breakers, and brings one that is set
  /// aside back into service. What came of it, in words. Throws plugin_error where it does not come, registry_error for
  /// no such plugin.
  std::string reset(const std::string& id);

  std::vector<plugin_info> list() const;
  /// Those that are set aside, and at which step: what `/ready` calls degraded.
  std::vector<std::pair<std::string, std::string>> degraded() const;
  /// Code of a plugin still runs that was not waited for: what it uses must not go before the process.
  bool stuck() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace stoa::runtime

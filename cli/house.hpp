// The whole server as one object: every part made, joined, started and ended in one order.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "api/http/router.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/settings/settings.hpp"
#include "stoa/registry.hpp"
#include "stoa/time.hpp"

namespace stoa::cli {

struct house_options {
  bool demo = false;  ///< load the demo data on the first start
  /// Without a database: routes are mounted and plugins configured and wired, so that their settings are checked, but
  /// nothing is asked of the database and `start` must not be called. For commands that print what is served.
  bool surface_only = false;
  /// Asked to stop while it still starts: no step of a plugin is waited for any more.
  std::stop_token leaving = {};
  /// Refuse to start where migrations are missing, instead of applying them.
  bool only_check_migrations = false;
  /// Keep in the data directory which plugins made the process crash, signals included. For a process that is a server
  /// and nothing else.
  bool keep_crashes = false;
};

/// `open`, then `start`, then `stop`, from one thread. Settings, clock and log outlive it.
class house {
 public:
  house(const runtime::settings& s, const stoa::clock& time, std::shared_ptr<runtime::bound_logger> log,
        house_options options);
  /// Stops.
  ~house();
  house(const house&) = delete;
  house& operator=(const house&) = delete;

  /// Makes all parts: database brought up and migrated, domain, plugins, routes. Throws what the part at fault throws.
  void open();
  /// Listens, loads and runs. `/health` answers early, `/ready` says 200 when this has ended.
  void start();
  /// Ends everything, the last part first, within the settings' grace where that can be had. Idempotent.
  void stop();

  /// Ends the embedded database and nothing else, from any thread: for a process that cannot wait for the rest.
  void end_database();

  /// `http://127.0.0.1:8000`; empty before `start`.
  std::string url() const;
  /// The operators' listener; empty where it is off.
  std::string admin_url() const;
  /// What is not ready, by name; empty: everything is.
  std::vector<std::string> unready() const;
  /// The parts' names in the order of their starting and in that of their ending.
  std::vector<std::string> starting() const;
  std::vector<std::string> ending() const;

  const http::router& router() const;
  const runtime::runtime_plugin_host& plugins() const;
  /// A plugin's code still runs that was not waited for: the process must end without destroying anything.
  bool stuck() const;
  /// What areas and plugins offer.
  registry& areas();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::cli

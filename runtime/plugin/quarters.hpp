// What a plugin has for itself: threads, sessions, breakers, and the bounds of what it may take. Made once for each
// plugin; an instance that takes another's place moves into the same.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/executor/workplace.hpp"
#include "runtime/offload/offload_pool.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/plugin/outbound_rules.hpp"

namespace stoa::runtime {

/// Thread-safe.
class plugin_quarters {
 public:
  /// Of the plugin with that manifest. `watch` may be null.
  plugin_quarters(const plugin_services& services, const plugin_options& options, const manifest& m,
                  std::shared_ptr<stall_watch> watch);
  ~plugin_quarters();

  /// Where work of that kind and name is done, with a breaker of its own; `sessions` are those of the server where the
  /// plugin has none.
  workplace place(const std::string& kind, const std::string& name);
  /// The same for what has no breaker.
  workplace plain_place(const std::string& kind, const std::string& name);

  const std::shared_ptr<executor>& threads() const noexcept { return threads_; }
  const std::shared_ptr<stall_watch>& watch() const noexcept { return watch_; }
  /// The plugin's sessions, with the server's rights: named_database gives it its own.
  const std::shared_ptr<database>& sessions() const noexcept { return sessions_; }
  /// A pool of its own, with its first use.
  stoa::offload& computing();
  /// Its way to the outside, as the settings and the manifest allow. `section` is the plugin's, checked.
  std::unique_ptr<http_client> outside(const settings_view& section, std::shared_ptr<logger> log) const;

  std::vector<breaker_info> breakers() const;
  void reset_breakers();
  /// Ends threads and sessions, as far as what blocks allows. Idempotent.
  void stop(milliseconds within);

 private:
  void trust_tables(outbound_rules& rules, const settings_view& section, const std::string& key) const;
  const plugin_services& services_;
  const plugin_options& options_;
  const manifest& manifest_;
  const std::shared_ptr<stall_watch> watch_;
  const std::shared_ptr<executor> threads_;
  const std::shared_ptr<database> sessions_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<breaker>> breakers_;  // by kind and name
  std::unique_ptr<offload_pool> computing_;
};

/// The keys of `[plugins.<id>]` that are the host's own and not the plugin's.
bool is_host_key(const std::string& key);

}  // namespace stoa::runtime

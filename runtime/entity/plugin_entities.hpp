// The hosting of plugins' entities over the one host of entities.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/entity/alarms.hpp"
#include "runtime/entity/directory.hpp"
#include "runtime/entity/hosting.hpp"
#include "runtime/entity/system.hpp"
#include "stoa/metrics.hpp"

namespace stoa::runtime {

/// What the entities of all plugins stand on; outlives the hosting.
struct hosting_services {
  actor_system& actors;
  runtime::alarms& alarms;
  const clock& time;
  stoa::metrics& meters;
  std::size_t mailbox = 64;              ///< commands that may wait for one entity
  std::function<void()> events_written;  ///< called after a commit
  /// Hears of each directory once: for passivation and the count of live actors.
  std::function<void(any_directory&)> opened;
  /// Makes an actor system of a plugin's own, so that a decision that blocks holds up nobody else's. Empty: all share
  /// the one above.
  std::function<std::unique_ptr<actor_system>(const std::string& plugin)> own_actors = {};
};

/// Thread-safe. Ended after the actor system; its own ones are ended by `shutdown`.
class plugin_entities final : public entity_hosting {
 public:
  explicit plugin_entities(hosting_services services);
  ~plugin_entities() override;

  std::shared_ptr<hosted_entities> host(const std::string& plugin, const hosted_kind_type& kind,
                                        std::shared_ptr<database> db, std::shared_ptr<logger> log,
                                        std::shared_ptr<stall_watch> watch = nullptr) override;
  void rest(const std::string& plugin) override;
  void resume(const std::string& plugin) override;
  /// Ends the plugins' actor systems. Those that are kept by a decision beyond `within` are left to themselves; false
  /// where there is one.
  bool shutdown(milliseconds within);

 private:
  class home;
  actor_system& actors_of(const std::string& plugin);

  const hosting_services services_;
  std::mutex guard_;
  std::map<std::string, std::shared_ptr<actor_system>> systems_;                // by plugin
  std::map<std::pair<std::string, std::string>, std::shared_ptr<home>> homes_;  // by plugin and kind
};

}  // namespace stoa::runtime

// Follows what operators switch off and on (`stoa plugin disable`), wherever in the cluster they do it.
#pragma once

#include <thread>

#include "runtime/plugin/host.hpp"
#include "stoa/db.hpp"
#include "stoa/log.hpp"

namespace stoa::runtime {

/// Looks at the table every `period`, on a thread of its own, since draining a plugin takes time. Nobody else calls the
/// host's members meanwhile. All three outlive it; destroying it ends the thread, behind the switch that is under way.
class plugin_switches {
 public:
  plugin_switches(database& db, runtime_plugin_host& plugins, logger& log, milliseconds period = seconds{1});

 private:
  std::jthread thread_;
};

}  // namespace stoa::runtime

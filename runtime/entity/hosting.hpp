// Where plugins have their entities hosted: the same host as the core's, behind interfaces that name no kind.
#pragma once

#include <memory>
#include <string>

#include "runtime/executor/stall_watch.hpp"
#include "stoa/db.hpp"
#include "stoa/fault.hpp"
#include "stoa/hosted.hpp"
#include "stoa/log.hpp"

namespace stoa::runtime {

/// What is asked of a plugin that is out of service.
inline fault plugin_unavailable() {
  fault f = fault::unavailable("This part of the service is out of order at the moment.", seconds{5});
  f.code = "PLUGIN_UNAVAILABLE";
  return f;
}

class entity_hosting {
 public:
  virtual ~entity_hosting() = default;

  /// The entities of a plugin's kind. A plugin that comes back into service finds the ones it had. Throws
  /// std::logic_error where two kinds of one plugin have a name in common. Whatever the kind's functions keep a thread
  /// for is watched.
  virtual std::shared_ptr<hosted_entities> host(const std::string& plugin, const hosted_kind_type& kind,
                                                std::shared_ptr<database> db, std::shared_ptr<logger> log,
                                                std::shared_ptr<stall_watch> watch) = 0;
  /// The plugin goes out of service: its entities finish what waits, refuse what comes, and ring no alarm.
  virtual void rest(const std::string& plugin) = 0;
  /// It is back.
  virtual void resume(const std::string& plugin) = 0;
};

}  // namespace stoa::runtime

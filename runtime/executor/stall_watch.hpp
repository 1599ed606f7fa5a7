// Who keeps a thread for too long: named while it does so, since nobody can make it stop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/crash/marker.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// What a thread is busy with: a part of a plugin, as log lines and metrics name it.
struct work_name {
  std::string plugin;
  std::string kind;  ///< `route`, `job`, `subscription`, `observer`, `work`, `entity`
  std::string name;  ///< `GET /badges/`, `badges.send`, ...
  bool operator==(const work_name&) const = default;
};
using work_ptr = std::shared_ptr<const work_name>;

struct stall_options {
  milliseconds limit = seconds{1};  ///< longer than this is a stall
  logger* log = nullptr;
  stoa::metrics* meters = nullptr;
};

/// Looks a few times a second at what is under way. Thread-safe. What is under way keeps it; log and meters are asked
/// until `close`.
class stall_watch {
 public:
  explicit stall_watch(stall_options o);
  ~stall_watch();
  stall_watch(const stall_watch&) = delete;
  stall_watch& operator=(const stall_watch&) = delete;

  /// A stay of a thread in somebody's code. On the stack; `stalled` is called once where it lasts too long, on the
  /// watch's thread.
  class stay {
   public:
    /// Without a watch or a name nothing is watched.
    stay(std::shared_ptr<stall_watch> watch, work_ptr what, std::function<void()> stalled = {});
    ~stay();
    stay(const stay&) = delete;
    stay& operator=(const stay&) = delete;

   private:
    friend class stall_watch;
    const std::shared_ptr<stall_watch> watch_;
    const work_ptr what_;
    const std::function<void()> stalled_;
    std::optional<in_code_of> mark_;  // what crashes now is that plugin's
    const std::chrono::steady_clock::time_point since_;
    bool told_ = false;
    stay *before_ = nullptr, *after_ = nullptr;
  };

  /// How many stay too long at the moment.
  std::size_t stalled() const;
  /// Tells nobody anything any more.
  void close();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::runtime

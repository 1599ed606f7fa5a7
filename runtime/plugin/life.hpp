// What became of each plugin: its state, since when, what its steps took, and why it is set aside. In the log, in
// metrics, and for operators who ask.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// `found` plugins were read from their folder and no more: nothing is known of whether they load. `disabled` ones are
/// switched off in the settings, or were by an operator. `set_aside` are those that did not come through a step, and
/// without which the server has started.
enum class plugin_state { found, disabled, set_aside, wired, started, draining, stopped };
std::string_view name_of(plugin_state s) noexcept;

struct plugin_step {
  std::string name;
  milliseconds took{};
};

/// Why a plugin is set aside.
struct plugin_trouble {
  std::string step;    ///< `verify`, `start`, ...
  std::string reason;  ///< a plugin_error's text
};

/// A breaker as an operator sees it.
struct breaker_info {
  std::string kind;  ///< `route`, `job`, `subscription`, `work`
  std::string name;
  std::string state;  ///< `closed`, `half open`, `open`
};

struct plugin_info {
  std::string id;
  std::string version;
  plugin_state state = plugin_state::disabled;
  std::filesystem::path dir;
  timestamp since{};
  std::vector<plugin_step> steps;  ///< the last time that each ran, in their order
  std::optional<plugin_trouble> trouble;
  bool required = false;
  std::vector<breaker_info> breakers;
  std::vector<std::string> subscriptions;  ///< by their full names
};

/// Thread-safe.
class plugin_lives {
 public:
  plugin_lives(stoa::metrics& meters, std::shared_ptr<logger> log, const clock& time)
      : meters_(meters), log_(std::move(log)), clock_(time) {}

  /// Knows of a plugin from now on, or of another version of it.
  void add(const std::string& id, const std::string& version, const std::filesystem::path& dir, bool required);
  void enter(const std::string& id, plugin_state s);
  void step(const std::string& id, const std::string& name, milliseconds took);
  void set_aside(const std::string& id, plugin_trouble why);

  std::optional<plugin_trouble> trouble_of(const std::string& id) const;
  std::optional<plugin_info> find(const std::string& id) const;
  /// By id.
  std::vector<plugin_info> all() const;

 private:
  void show(const plugin_info& p, std::optional<plugin_state> before);

  stoa::metrics& meters_;
  const std::shared_ptr<logger> log_;
  const clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, plugin_info> known_;
};

}  // namespace stoa::runtime

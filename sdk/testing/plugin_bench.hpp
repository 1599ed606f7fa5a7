// A plugin on a bench: configured and wired by a host in memory, over a database of its own, with a clock that the test
// moves.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "stoa/plugin.hpp"
#include "testing/fake_host.hpp"
#include "testing/section.hpp"
#include "testing/throwaway_database.hpp"
#include "testing/waiting.hpp"

namespace stoa::testing {

/// What the settings of a plugin can be, from its entry.
inline std::vector<setting> schema_of(const plugin_entry& e) {
  return std::vector<setting>(e.settings, e.settings + e.settings_count);
}

/// Owns the instance: `plugin_bench b(*stoa_plugin_entry(), "path/to/migrations");` The members that a test needs are
/// plain: `b.host.find(...)`, `b.clock.advance(hours{1})`, `b.database.look(...)`.
class plugin_bench {
 public:
  /// Makes, configures, wires and starts the plugin. Throws what it throws, and settings_error where `values` are not
  /// what its settings take.
  explicit plugin_bench(const plugin_entry& entry, const std::filesystem::path& migrations = {},
                        const written& values = {}, timestamp start = *parse_rfc3339("2026-01-27T12:00:00Z"))
      : clock(start), database(entry.id, migrations), host(database, http, clock), entry_(entry) {
    host.set(section_of(schema_of(entry), values));
    plugin_ = entry.create();
    try {
      plugin_->configure(host);
      plugin_->wire(host);
      plugin_->start();
    } catch (...) {
      entry.destroy(plugin_);
      throw;
    }
  }
  ~plugin_bench() {
    plugin_->drain();
    plugin_->stop();
    entry_.destroy(plugin_);
  }
  plugin_bench(const plugin_bench&) = delete;
  plugin_bench& operator=(const plugin_bench&) = delete;

  manual_clock clock;
  no_http http;
  throwaway_database database;
  fake_host host;

 private:
  const plugin_entry& entry_;
  plugin* plugin_ = nullptr;
};

}  // namespace stoa::testing

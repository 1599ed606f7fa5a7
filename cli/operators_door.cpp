#include "cli/operators_door.hpp"

#include <exception>
#include <utility>

#include "cli/composition.hpp"
#include "runtime/crash/marker.hpp"

namespace stoa::cli {

std::shared_ptr<runtime::crash_journal> keep_crashes(const runtime::settings& s, logger& log) {
  try {
    auto journal = std::make_shared<runtime::crash_journal>(crash_file(s));
    runtime::tell_crashes_to(journal->descriptor());
    return journal;
  } catch (const std::exception& e) {
    log.warn("crashes in plugins are not kept", {{"reason", e.what()}});
    return nullptr;
  }
}

std::unique_ptr<admin_socket> open_admin_socket(const runtime::settings& s, runtime::runtime_plugin_host& plugins,
                                                lag_of lag, logger& log) {
  try {
    return std::make_unique<admin_socket>(s.data.dir, [&plugins, lag = std::move(lag)](const std::string& line) {
      return answer_operator(plugins, lag, line);
    });
  } catch (const std::exception& e) {
    log.warn("commands cannot reach this server", {{"reason", e.what()}});
    return nullptr;
  }
}

}  // namespace stoa::cli

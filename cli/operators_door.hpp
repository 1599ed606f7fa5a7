// What a running server keeps for its operators in the data directory: the journal of crashes, and the socket of
// commands.
#pragma once

#include <memory>

#include "cli/admin_socket.hpp"
#include "cli/plugin_commands.hpp"
#include "runtime/crash/journal.hpp"
#include "runtime/settings/settings.hpp"
#include "stoa/log.hpp"

namespace stoa::cli {

/// The journal, with the signal handler that writes into it; null, and a warning, where the directory does not let us.
/// Behind the database, which makes the data directory where it is its own.
std::shared_ptr<runtime::crash_journal> keep_crashes(const runtime::settings& s, logger& log);

/// The socket; null, and a warning, for a server without a data directory, or beside another one in it.
std::unique_ptr<admin_socket> open_admin_socket(const runtime::settings& s, runtime::runtime_plugin_host& plugins,
                                                lag_of lag, logger& log);

}  // namespace stoa::cli

// What plugins that are switched off or gone have left in the database.
#pragma once

#include <string>

#include "runtime/settings/settings.hpp"

namespace stoa::cli {

/// Prints a line for each such plugin: its stored offsets, which keep events from being deleted, its jobs, its tables.
int list_leftovers(const runtime::settings& s);
/// Drops them all: offsets, jobs, tables and the record of its migrations. Throws settings_error for a plugin that is
/// in service and for one that left nothing.
int drop_leftovers(const runtime::settings& s, const std::string& plugin);

}  // namespace stoa::cli

// Plugins that are switched off or gone, and what they have left in the database.
#pragma once

#include <string>

#include "runtime/settings/settings.hpp"

namespace stoa::cli {

/// Prints a line for each such plugin: its stored offsets, which keep events from being deleted, its jobs, its tables.
int list_leftovers(const runtime::settings& s);
/// Drops them all: offsets, jobs, tables, the record of its migrations and its database role, or says what is to be
/// done where the role may not be dropped. Throws settings_error for a plugin that is in service and for one that left
/// nothing.
int drop_leftovers(const runtime::settings& s, const std::string& plugin);
/// Switches a plugin off or on, on all servers of the database and until it is switched back: running ones follow
/// within seconds. Throws settings_error for one that is not installed, that another one needs, or that the settings
/// disable.
int switch_plugin(const runtime::settings& s, const std::string& plugin, bool on);

/// Drops the offsets of a plugin that is not in service, or of one of its subscriptions.
int drop_offset(const runtime::settings& s, const std::string& plugin, const std::string& subscription);

/// The events that subscriptions of a plugin (`badges`) or one of them (`badges.inbox`) could not take.
int list_dead_events(const runtime::settings& s, const std::string& of);
/// Has them given again, by whichever server runs the subscription; `id`: one of them.
int replay_dead_events(const runtime::settings& s, const std::string& of, const std::string& id);

}  // namespace stoa::cli

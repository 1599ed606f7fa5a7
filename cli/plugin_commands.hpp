// `stoa plugin ...`: what is asked of plugins, and of a running server about them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "runtime/plugin/host.hpp"
#include "runtime/settings/settings.hpp"

namespace stoa::cli {

/// How many events a subscription has not had yet; nothing where that is not known.
using lag_of = std::function<std::optional<std::int64_t>(const std::string& subscription)>;

/// What a server answers a line of the admin socket: `status`, or `reset` with a `plugin`.
std::string answer_operator(runtime::runtime_plugin_host& plugins, const lag_of& lag, const std::string& line);

/// Every plugin with its state: the running server's, or what the folder and the journal of crashes tell.
int list_plugins(const runtime::settings& s);
/// All that is known of one, or of all where `id` is empty; `as_json`: the server's answer as it came.
int plugin_status(const runtime::settings& s, const std::string& id, bool as_json);
/// Forgets crashes and failures, and brings a plugin that is set aside back into service where a server runs.
int reset_plugin(const runtime::settings& s, const std::string& id);
/// Everything of a plugin: switched off, waited for until no server of this data directory runs it, then dropped.
int purge_plugin(const runtime::settings& s, const std::string& id, bool sure);

/// What can be told of a plugin's folder, or of a library alone, without a server: as it would be checked at a start.
/// In a process of its own, since the library is opened.
int check_plugin(const runtime::settings& s, const std::filesystem::path& what);
/// A key to sign with; prints its public half.
int make_plugin_key(const std::filesystem::path& file);
int sign_plugin(const std::filesystem::path& dir, const std::filesystem::path& key);

}  // namespace stoa::cli

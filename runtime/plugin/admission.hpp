// What decides on a plugin before anything of it is looked at: the operator's word, and what it did to the server
// before.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/crash/journal.hpp"
#include "runtime/plugin/manifest.hpp"
#include "runtime/settings/value.hpp"

namespace stoa::runtime {

/// Takes `required` out of the plugins' sections, where it is the host's key and not theirs. Throws settings_error.
std::map<std::string, bool> take_required(std::map<std::string, std::vector<raw_value>>& sections);

/// Why a plugin that has crashed the server is not loaded; nothing where it is. `journal` may be null.
std::optional<plugin_error> kept_out(const manifest& m, const crash_journal* journal, timestamp now);

}  // namespace stoa::runtime

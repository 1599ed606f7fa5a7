// A plugin's section of the settings, checked against the schema the plugin declares.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/settings/value.hpp"
#include "stoa/settings.hpp"

namespace stoa::runtime {

/// Checks `[plugins.<id>]` (later values win) and gives typed access to it. Throws settings_error for unknown keys,
/// wrong types and texts that are not allowed, naming where it was written.
std::unique_ptr<settings_view> make_section(const std::string& id, const std::vector<raw_value>& written,
                                            const std::vector<setting>& schema);

/// The section as TOML with its origins, secrets as `***`.
std::string show_section(const std::string& id, const std::vector<raw_value>& written,
                         const std::vector<setting>& schema);

}  // namespace stoa::runtime

// Sections of the settings whose keys somebody else declares: a plugin, or a layer above the runtime.
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

/// A section that the core's table does not have.
struct declared_section {
  std::string name;  ///< as it stands in the file, without brackets
  std::vector<setting> keys;
};

/// As make_section and show_section, for a declared section.
std::unique_ptr<settings_view> read_section(const declared_section& s, const std::vector<raw_value>& written);
std::string show_section(const declared_section& s, const std::vector<raw_value>& written);

}  // namespace stoa::runtime

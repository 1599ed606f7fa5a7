// A plugin's section of the settings as the server would check it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/settings/section.hpp"
#include "stoa/plugin.hpp"

namespace stoa::testing {

/// All texts, as written in TOML.
inline std::unique_ptr<settings_view> plugin_settings(const plugin_entry& e,
                                                      const std::vector<std::pair<std::string, std::string>>& written) {
  std::vector<runtime::raw_value> raw;
  for (const auto& [key, text] : written) raw.push_back({key, text, true, "test"});
  return runtime::make_section(e.id, raw, {e.settings, e.settings + e.settings_count});
}

}  // namespace stoa::testing

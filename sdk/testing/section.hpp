// A plugin's section of the settings, as the server would have checked it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "stoa/settings.hpp"

namespace stoa::testing {

/// What an operator wrote into the section: keys, and texts as they would stand in TOML without quotes, lists with
/// commas.
using written = std::vector<std::pair<std::string, std::string>>;

/// The defaults of `schema`, and above them what is written. Throws settings_error for an unknown key or a value that
/// the schema does not allow.
std::unique_ptr<settings_view> section_of(const std::vector<setting>& schema, const written& values = {});

}  // namespace stoa::testing

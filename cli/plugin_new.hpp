// `stoa plugin new`: a working plugin from the template that the SDK brings along.
#pragma once

#include <filesystem>
#include <string>

namespace stoa::cli {

/// Copies the template into `into`/`name` with the plugin's id in place of the template's, and prints what to do next.
/// Returns the exit status. Throws settings_error where the name is no id, somebody has it, or the folder is there.
int new_plugin(const std::string& name, const std::filesystem::path& into);

}  // namespace stoa::cli

// Reads a TOML file into sections of raw values. The only folder member that knows toml++.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/settings/value.hpp"

namespace stoa::runtime {

/// A table of the file with the values directly in it; tables in tables are sections of their own (`dialects.hosts`).
struct raw_section {
  std::string name;   ///< empty for keys before the first header
  std::string where;  ///< `config/stoa.toml:12`
  std::vector<raw_value> values;
};

/// Throws settings_error with file and line where the file cannot be read or is not TOML.
std::vector<raw_section> read_toml(const std::filesystem::path& file);

}  // namespace stoa::runtime

#include "stoa/paths.hpp"

#include <algorithm>
#include <stdexcept>

namespace stoa {

std::vector<std::string> names_in_pattern(std::string_view pattern) {
  std::vector<std::string> names;
  for (std::size_t open = pattern.find('{'); open != pattern.npos; open = pattern.find('{', open + 1)) {
    std::string name(pattern.substr(open + 1, pattern.find('}', open) - open - 1));
    if (name.ends_with("...")) name.resize(name.size() - 3);
    names.push_back(std::move(name));
  }
  return names;
}

void check_pattern(std::string_view pattern, const std::vector<std::string_view>& names) {
  const auto in_pattern = names_in_pattern(pattern);
  const auto refuse = [&](const std::string& why) {
    throw std::logic_error("the route " + std::string(pattern) + ": " + why);
  };
  for (const auto name : names) {
    if (std::count(in_pattern.begin(), in_pattern.end(), name) != 1)
      refuse("its handler takes {" + std::string(name) + "}, which does not stand in the pattern once");
    if (std::count(names.begin(), names.end(), name) != 1)
      refuse("its handler takes {" + std::string(name) + "} twice");
  }
  for (const auto& name : in_pattern)
    if (std::find(names.begin(), names.end(), name) == names.end()) refuse("nobody reads {" + name + "}");
}

}  // namespace stoa

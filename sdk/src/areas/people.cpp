#include "stoa/areas/people.hpp"

#include "stoa/text.hpp"

namespace stoa {

std::string account::full_name() const {
  if (first_name.empty()) return last_name;
  if (last_name.empty()) return first_name;
  return first_name + " " + last_name;
}

split_name split_name::of(const std::string& full_name) {
  const std::string name(trim(full_name));
  const auto blank = name.find(' ');
  if (blank == name.npos) return {name, ""};
  return {name.substr(0, blank), name.substr(blank + 1)};
}

people::~people() = default;

}  // namespace stoa

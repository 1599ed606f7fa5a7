#include "api/people.hpp"

namespace stoa::api {

role leading_role(const role_set& roles) noexcept {
  if (roles.has(role::admin)) return role::admin;
  return roles.has(role::instructor) ? role::instructor : role::student;
}

void set_full_name(profile_change& change, const std::string& full_name) {
  auto parts = split_name::of(full_name);
  change.first_name = std::move(parts.first);
  change.last_name = std::move(parts.last);
}

}  // namespace stoa::api

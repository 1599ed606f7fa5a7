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

session_terms terms_of(const area_parts& parts, const request& q) {
  auto terms = parts.terms;
  for (const char c : q.header("user-agent").value_or(""))
    if (c >= ' ' && c <= '~' && terms.client.size() < session_terms::client_size) terms.client += c;
  return terms;
}

}  // namespace stoa::api

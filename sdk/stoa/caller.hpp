// Who asks, and what a person may be.
#pragma once

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "stoa/ids.hpp"

namespace stoa {

/// What a person may be. A set of bits.
enum class role : unsigned { student = 1, instructor = 2, admin = 4 };
std::string_view name_of(role r) noexcept;
std::optional<role> role_named(std::string_view name) noexcept;

/// Roles of a person, or roles of which one is needed.
struct role_set {
  unsigned bits = 0;
  /// Whether this one is among them.
  bool has(role r) const noexcept { return bits & static_cast<unsigned>(r); }
  void add(role r) noexcept { bits |= static_cast<unsigned>(r); }
  void remove(role r) noexcept { bits &= ~static_cast<unsigned>(r); }
  bool operator==(const role_set&) const = default;
};
BOOST_DESCRIBE_STRUCT(role_set, (), (bits))

/// Who asks. Made by the core from the token or cookie; a handler never authenticates.
struct caller {
  bool signed_in = false;
  user_id user;
  session_id session;
  role_set roles;
  std::string address;  ///< the client's address, behind configured proxies

  /// What handlers ask most.
  bool is_admin() const noexcept { return roles.has(role::admin); }
  bool may_teach() const noexcept { return roles.has(role::instructor) || roles.has(role::admin); }
};
BOOST_DESCRIBE_STRUCT(caller, (), (signed_in, user, session, roles, address))

}  // namespace stoa

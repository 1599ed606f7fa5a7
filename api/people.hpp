// Roles and names in the form of contracts that have one word for either.
#pragma once

#include <string>

#include "actors/account/accounts.hpp"

namespace stoa::api {

/// The highest of somebody's roles, for contracts that show one: admin, then instructor, then student.
role leading_role(const role_set& roles) noexcept;

/// A change of both parts of the name from the one field that holds it.
void set_full_name(profile_change& change, const std::string& full_name);

}  // namespace stoa::api

// People as contracts speak of them: roles and names in one word, and what they come in with.
#pragma once

#include <string>

#include "actors/account/accounts.hpp"
#include "api/dialect.hpp"

namespace stoa::api {

/// The highest of somebody's roles, for contracts that show one: admin, then instructor, then student.
role leading_role(const role_set& roles) noexcept;

/// A change of both parts of the name from the one field that holds it.
void set_full_name(profile_change& change, const std::string& full_name);

/// What the dialect's doors grant to whoever sends this request, and how that calls itself.
session_terms terms_of(const area_parts& parts, const request& q);

}  // namespace stoa::api

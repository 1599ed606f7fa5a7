// The rules of accounts: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/account/accounts.hpp"
#include "runtime/security/passwords.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::account_rules {

/// A registration in the form it is stored.
struct admitted {
  std::string email, email_key;
  std::vector<std::string> older_email_keys;  ///< under which the same address may be taken
  std::optional<std::string> username, username_key;
  std::string first_name, last_name;
  role_set roles;
};

/// Checks what a registration means: address, username, names, password, role. A username may hold an `@` only when it
/// is the person's own address: so no name can stand in for somebody else's.
result<admitted> admit(const registration& r, const std::vector<role>& self_service);

/// Whether a password is good enough for this account; the field is the dialect's name for it.
result<done> check_password(const std::string& password, const std::string& email, bool strict);

/// The account with the change applied. Faults name the member.
result<account> apply(account a, const profile_change& change);

/// The roles after somebody gives themselves `wanted`; ROLE_NOT_ALLOWED where settings do not list it.
result<role_set> self_service_role(role_set present, role wanted, const std::vector<role>& self_service);

/// Whether a proof still opens anything: the account is active and has the same password. An account older than the one
/// that was looked at is no judge; the version in the write's `where` is.
bool holds(const account& now, const password_proof& proof);

fault invalid_credentials();
fault wrong_password();
/// Of an access token.
fault invalid_token();
fault user_not_found();
fault email_taken();
fault username_taken();

}  // namespace stoa::actors::account_rules

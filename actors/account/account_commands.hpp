// What an account can be told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stoa/areas/accounts.hpp"
#include "stoa/result.hpp"

namespace stoa::actors {

struct account_state {
  account_ptr account;
  std::vector<session_id> ended_sessions;  ///< those a new password put an end to
};

struct read_account {};
struct change_profile {
  profile_change change;
};
struct replace_password {
  std::string new_hash;
};
struct replace_role {
  role wanted = role::student;
};
struct note_login {
  std::optional<std::string> stronger_hash;  ///< the same password hashed at today's cost
};

}  // namespace stoa::actors

// What a session and a sign-in guard can be told.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa::actors {

/// One sign-in, kept alive by the rotation of its refresh tokens.
struct session_state {
  session_id id;
  user_id user;
  std::string dialect;
  std::int64_t generation = 1;                                ///< of the newest refresh token
  std::vector<std::pair<std::int64_t, timestamp>> rotations;  ///< when the last few generations were succeeded
  timestamp expires_at;
  bool revoked = false;
  std::int64_t version = 0;
};

struct rotate_session {
  std::int64_t presented = 0;  ///< the generation of the token that came
  seconds lifetime{};          ///< of the next refresh token
};
struct revoke_session {};

struct check_sign_in {};
struct note_failed_sign_in {};
struct note_good_sign_in {};

}  // namespace stoa::actors

// The rules of sessions and of the lock on sign-ins: pure functions.
#pragma once

#include <boost/describe.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa::actors {

/// A session that is about to be opened.
struct new_session {
  session_id id;
  std::string door;  ///< the name of the door, for the records
  timestamp expires_at;
  std::string client = {};  ///< what signed in, as it calls itself
};
BOOST_DESCRIBE_STRUCT(new_session, (), (id, door, expires_at, client))

/// One sign-in, kept alive by the rotation of its refresh tokens.
struct session_state {
  session_id id;
  user_id user;
  std::string dialect;
  std::int64_t generation = 1;                                ///< of the newest refresh token
  std::vector<std::pair<std::int64_t, timestamp>> rotations;  ///< when the last few generations were succeeded
  timestamp expires_at;
  bool revoked = false;
  bool mfa_due = false;  ///< it is older than the account's second factor and has not shown a code of it
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(session_state, (),
                      (id, user, dialect, generation, rotations, expires_at, revoked, mfa_due, version))

}  // namespace stoa::actors

namespace stoa::actors::session_rules {

/// For how long after its rotation an old refresh token is taken for a lost answer, whatever else happened.
inline constexpr seconds lost_answer_window{10};

enum class rotation {
  advance,  ///< the newest token came: the next generation
  repeat,   ///< its parent came: the answer may have been lost, the same generation once more
  revoke,   ///< an old token came: somebody else has it
  refuse,   ///< ended, expired or never issued
};

rotation decide(const session_state& s, std::int64_t presented, timestamp now);

/// The state after `advance`.
session_state advanced(session_state s, timestamp now, seconds lifetime);

fault invalid_refresh_token();
fault foreign_refresh_token();  ///< INVALID_TOKEN (invalid, field `refresh`)
/// Of a session that is not the caller's, or is none any more.
fault session_not_found();
/// A refresh wants a code beside the token.
fault code_required();

/// How many failures within which time lock an identifier, and for how long.
struct lock_policy {
  std::size_t failures = 5;
  milliseconds window = minutes{15};
  milliseconds duration = minutes{15};
};
BOOST_DESCRIBE_STRUCT(lock_policy, (), (failures, window, duration))

struct guard_state {
  std::string identifier;
  std::vector<timestamp> failures;
  std::optional<timestamp> locked_until;
  std::int64_t version = 0;
  bool operator==(const guard_state&) const = default;
};
BOOST_DESCRIBE_STRUCT(guard_state, (), (identifier, failures, locked_until, version))

/// ACCOUNT_LOCKED with the time left, while it is locked.
result<done> check(const guard_state& g, timestamp now);
/// The state after one more failure; the last allowed one locks.
guard_state failed(guard_state g, const lock_policy& p, timestamp now);
/// The state after a good password.
guard_state forgiven(guard_state g);

}  // namespace stoa::actors::session_rules

// What the guard of an identifier is as an entity, what it can be told, and what follows.
#pragma once

#include <string>

#include "actors/session/session_rules.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

struct check_sign_in {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(check_sign_in, (), ())

/// How an attempt came out; `right` where all that was wanted was.
struct settle_sign_in {
  bool right = false;
  session_rules::lock_policy policy;
  bool open = false;   ///< it came to neither: a code was not shown, or no guess
  using reply = bool;  ///< this failure locked it
};
BOOST_DESCRIBE_STRUCT(settle_sign_in, (), (right, policy, open))

/// Whoever owns the address has shown so.
struct lift_lock {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(lift_lock, (), ())

/// SIGN-IN GUARD `sign_in/<identifier>`: failed attempts at one identifier, whether or not anybody has it.
struct sign_in_guard_kind {
  static constexpr const char* name = "sign_in_guard";
  static constexpr bool private_state = true;
  static constexpr bool by_system = true;  // nobody is signed in yet
  using key = std::string;
  using state = session_rules::guard_state;
  using commands = command_list<
      // Refuses while the identifier is locked.
      check_sign_in,
      // Takes how an attempt came out. A failure counts, and locks when there were too many; a good sign-in forgets
      // them, one that is not over does neither. Once locked, all are refused alike: who guesses learns nothing more.
      settle_sign_in,
      // Forgets failures and lock: a new password was set by a link that was mailed.
      lift_lock>;
};

inline result<outcome<session_rules::guard_state, done>> decide(const session_rules::guard_state& now,
                                                                const check_sign_in&, const moment& m) {
  auto open = session_rules::check(now, m.now);
  if (!open) return std::move(open).refusal();
  return outcome<session_rules::guard_state, done>{};
}

inline result<outcome<session_rules::guard_state, bool>> decide(const session_rules::guard_state& now,
                                                                const settle_sign_in& told, const moment& m) {
  auto open = session_rules::check(now, m.now);
  if (!open) return std::move(open).refusal();
  outcome<session_rules::guard_state, bool> out;
  // What changes nothing still asks the row: another process may have counted the last failure.
  if (told.open)
    out.next = now;
  else
    out.next = told.right ? session_rules::forgiven(now) : session_rules::failed(now, told.policy, m.now);
  out.reply = !told.right && !told.open && out.next->locked_until.has_value();
  return out;
}

inline result<outcome<session_rules::guard_state, done>> decide(const session_rules::guard_state& now, const lift_lock&,
                                                                const moment&) {
  return outcome<session_rules::guard_state, done>{session_rules::forgiven(now)};
}

}  // namespace stoa::actors

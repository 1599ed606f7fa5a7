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

struct note_failed_sign_in {
  session_rules::lock_policy policy;
  using reply = bool;  ///< this failure locked it
};
BOOST_DESCRIBE_STRUCT(note_failed_sign_in, (), (policy))

struct note_good_sign_in {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(note_good_sign_in, (), ())

/// SIGN-IN GUARD `sign_in/<identifier>`: failed attempts at one identifier, whether or not anybody has it.
struct sign_in_guard_kind {
  static constexpr const char* name = "sign_in_guard";
  static constexpr bool private_state = true;
  using key = std::string;
  using state = session_rules::guard_state;
  using commands = command_list<
      // Refuses while the identifier is locked.
      check_sign_in,
      // Counts a failure; locks when there were too many.
      note_failed_sign_in,
      // Forgets the failures. A good password while locked is refused like a bad one.
      note_good_sign_in>;
};

inline result<outcome<session_rules::guard_state, done>> decide(const session_rules::guard_state& now,
                                                                const check_sign_in&, const moment& m) {
  auto open = session_rules::check(now, m.now);
  if (!open) return std::move(open).refusal();
  return outcome<session_rules::guard_state, done>{};
}

inline result<outcome<session_rules::guard_state, bool>> decide(const session_rules::guard_state& now,
                                                                const note_failed_sign_in& told, const moment& m) {
  outcome<session_rules::guard_state, bool> out;
  if (!session_rules::check(now, m.now)) return out;
  out.next = session_rules::failed(now, told.policy, m.now);
  out.reply = out.next->locked_until.has_value();
  return out;
}

inline result<outcome<session_rules::guard_state, done>> decide(const session_rules::guard_state& now,
                                                                const note_good_sign_in&, const moment& m) {
  auto open = session_rules::check(now, m.now);
  if (!open) return std::move(open).refusal();
  outcome<session_rules::guard_state, done> out;
  if (now.failures.empty()) return out;
  out.next = now;
  out.next->failures.clear();
  out.next->locked_until.reset();
  return out;
}

}  // namespace stoa::actors

// What a session is as an entity, what it can be told, and what follows.
#pragma once

#include "actors/session/session_rules.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

struct rotation_answer {
  session_state session;
  bool accepted = false;  ///< the session goes on: tokens of its generation may be made
};
BOOST_DESCRIBE_STRUCT(rotation_answer, (), (session, accepted))

struct rotate_session {
  std::int64_t presented = 0;  ///< the generation of the token that came
  seconds lifetime{};          ///< of the next refresh token
  bool code_shown = false;     ///< a code of the second factor came with it and is spent
  using reply = rotation_answer;
};
BOOST_DESCRIBE_STRUCT(rotate_session, (), (presented, lifetime, code_shown))

struct revoke_session {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(revoke_session, (), ())

struct revoke_own_session {
  user_id owner;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(revoke_own_session, (), (owner))

/// SESSION `session/<id>`: the rotation of one sign-in's refresh tokens.
struct session_kind {
  static constexpr const char* name = "session";
  static constexpr bool by_system = true;  // whose it is, the row says
  static constexpr bool private_state = true;
  using key = session_id;
  using state = session_state;
  using commands = command_list<
      // Decides on a presented refresh token: the next generation, the same again, or the end of the session.
      rotate_session,
      // Ends the session.
      revoke_session,
      // The same for whoever picks it from the list of their own.
      revoke_own_session>;
};

inline result<outcome<session_state, rotation_answer>> decide(const session_state& now, const rotate_session& told,
                                                              const moment& m) {
  outcome<session_state, rotation_answer> out;
  const auto rotation = session_rules::decide(now, told.presented, m.now);
  const bool goes_on = rotation == session_rules::rotation::repeat || rotation == session_rules::rotation::advance;
  // The token stays good: it may come again with a code.
  if (goes_on && now.mfa_due && !told.code_shown) return session_rules::code_required();
  switch (rotation) {
    case session_rules::rotation::repeat:
      // Often nothing changes, but the row has a word: somebody else may have ended the session.
      out.next = now;
      out.next->mfa_due = false;
      out.reply = {*out.next, true};
      return out;
    case session_rules::rotation::advance:
      out.next = session_rules::advanced(now, m.now, told.lifetime);
      out.next->mfa_due = false;
      out.reply = {*out.next, true};
      return out;
    case session_rules::rotation::revoke:
      out.next = now;
      out.next->revoked = true;
      out.reply = {*out.next, false};
      return out;
    case session_rules::rotation::refuse:
      break;
  }
  return session_rules::invalid_refresh_token();
}

inline result<outcome<session_state, done>> decide(const session_state& now, const revoke_session&, const moment&) {
  if (now.revoked) return outcome<session_state, done>{};
  session_state next = now;
  next.revoked = true;
  return outcome<session_state, done>{std::move(next)};
}

inline result<outcome<session_state, done>> decide(const session_state& now, const revoke_own_session& told,
                                                   const moment& m) {
  if (now.user != told.owner || now.revoked || m.now >= now.expires_at) return session_rules::session_not_found();
  session_state next = now;
  next.revoked = true;
  return outcome<session_state, done>{std::move(next)};
}

}  // namespace stoa::actors

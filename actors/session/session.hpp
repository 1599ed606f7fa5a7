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
  using reply = rotation_answer;
};
BOOST_DESCRIBE_STRUCT(rotate_session, (), (presented, lifetime))

struct revoke_session {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(revoke_session, (), ())

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
      revoke_session>;
};

inline result<outcome<session_state, rotation_answer>> decide(const session_state& now, const rotate_session& told,
                                                              const moment& m) {
  outcome<session_state, rotation_answer> out;
  switch (session_rules::decide(now, told.presented, m.now)) {
    case session_rules::rotation::repeat:
      // Nothing changes, but the row has a word: somebody else may have ended the session.
      out.next = now;
      out.reply = {now, true};
      return out;
    case session_rules::rotation::advance:
      out.next = session_rules::advanced(now, m.now, told.lifetime);
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

}  // namespace stoa::actors

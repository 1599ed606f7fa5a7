// What an account is as an entity, what it can be told, and what follows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/account/account_rules.hpp"
#include "actors/account/accounts.hpp"
#include "actors/account/mail_rules.hpp"
#include "actors/account/mfa_rules.hpp"
#include "actors/session/session_rules.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

/// An account with what nobody outside sees of it.
struct account_state : account {
  mfa_state mfa;
};

struct change_profile {
  profile_change change;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(change_profile, (), (change))

struct replace_password {
  password_proof proof;  ///< of the present password
  std::string new_hash;
  using reply = std::vector<session_id>;  ///< the sessions that it ended
};
BOOST_DESCRIBE_STRUCT(replace_password, (), (proof, new_hash))

struct reset_password {
  password_proof proof;  ///< of the password that the link was mailed beside
  std::string new_hash;
  using reply = std::vector<session_id>;  ///< the sessions that it ended
};
BOOST_DESCRIBE_STRUCT(reset_password, (), (proof, new_hash))

struct replace_role {
  role wanted = role::student;
  std::vector<role> self_service;  ///< what people may give themselves
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(replace_role, (), (wanted, self_service))

struct begin_session {
  new_session session;
  password_proof proof;
  std::optional<std::string> stronger_hash;  ///< the same password hashed at today's cost
  code_proof code;                           ///< of the second factor, where there is one
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(begin_session, (), (session, proof, stronger_hash, code))

struct switch_account {
  bool active = false;
  using reply = std::vector<session_id>;  ///< the sessions that it ended
};
BOOST_DESCRIBE_STRUCT(switch_account, (), (active))

struct begin_mfa {
  std::string sealed;  ///< the secret
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(begin_mfa, (), (sealed))

struct confirm_mfa {
  std::int64_t account_version = 0;  ///< of the row that `pending` was read from
  std::string pending;               ///< the sealed secret whose code was shown
  std::int64_t step = 0;
  std::vector<std::string> recovery_hashes;
  session_id shown_in;                    ///< the session that showed the code
  using reply = std::vector<session_id>;  ///< the others, which have to show one
};
BOOST_DESCRIBE_STRUCT(confirm_mfa, (), (account_version, pending, step, recovery_hashes, shown_in))

struct end_mfa {
  std::int64_t account_version = 0;  ///< of the row that the code was found right by
  code_proof code;
  using reply = std::vector<session_id>;  ///< the sessions that need no code any more
};
BOOST_DESCRIBE_STRUCT(end_mfa, (), (account_version, code))

struct replace_recovery_codes {
  std::int64_t account_version = 0;
  code_proof code;
  std::vector<std::string> hashes;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(replace_recovery_codes, (), (account_version, code, hashes))

struct spend_code {
  std::int64_t account_version = 0;
  code_proof code;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(spend_code, (), (account_version, code))

struct take_mfa_away {
  using reply = std::vector<session_id>;  ///< the sessions that need no code any more
};
BOOST_DESCRIBE_STRUCT(take_mfa_away, (), ())

struct end_other_sessions {
  session_id kept;
  using reply = std::vector<session_id>;  ///< the sessions that it ended
};
BOOST_DESCRIBE_STRUCT(end_other_sessions, (), (kept))

struct link_identity {
  std::string provider, subject, email;
  bool email_verified = false;            ///< it is the account's own address, and the provider vouches for it
  bool drop_password = false;             ///< which ends every session and every mailed link for a new one
  std::int64_t account_version = 0;       ///< of the row that was judged
  using reply = std::vector<session_id>;  ///< the sessions that it ended
};
BOOST_DESCRIBE_STRUCT(link_identity, (), (provider, subject, email, email_verified, drop_password, account_version))

/// ACCOUNT `account/<user>`: one person's profile, roles, password and second factor.
struct account_kind {
  static constexpr const char* name = "account";
  static constexpr bool by_system = true;  // ends sessions too
  using key = user_id;
  using state = account_state;
  using commands = command_list<
      // Changes members of the profile.
      change_profile,
      // Puts a new password hash in place of the one that was verified, and ends every session.
      replace_password,
      // Puts a new password hash in place by a link that was mailed: ends every session and every such link.
      reset_password,
      // Gives a role that people may give themselves.
      replace_role,
      // Opens a session on the password that was verified, and keeps when that was and a stronger hash. Where there is
      // a second factor its code is spent.
      begin_session,
      // Switches it off, which ends every session, or on again.
      switch_account,
      // Keeps a secret that waits for its first code.
      begin_mfa,
      // Makes the secret that waited the second factor; sessions that are open show a code before they are refreshed.
      confirm_mfa,
      // Takes the second factor away, by a code.
      end_mfa,
      // Puts new recovery codes in the place of all older ones, by a code.
      replace_recovery_codes,
      // Spends a code for what is no new session.
      spend_code,
      // Takes the second factor away without a code: an operator's.
      take_mfa_away,
      // Ends every session but one.
      end_other_sessions,
      // Makes it enterable by an identity at a provider; a password that nobody had shown to be the owner's goes.
      link_identity>;
};

/// The state with another second factor; what was older than the row that the code was found right by is no judge, and
/// the version in the write's `where` has it read again.
template <class Reply, class Judge>
result<outcome<account_state, Reply>> with_mfa(const account_state& now, std::int64_t seen, Judge judge) {
  account_state next = now;
  if (now.version >= seen) {
    auto changed = judge(now.mfa);
    if (!changed) return std::move(changed).refusal();
    next.mfa = std::move(*changed);
  }
  return outcome<account_state, Reply>{std::move(next)};
}

inline result<outcome<account_state, done>> decide(const account_state& now, const change_profile& told,
                                                   const moment&) {
  auto changed = account_rules::apply(now, told.change);
  if (!changed) return std::move(changed).refusal();
  account_state next = now;
  static_cast<account&>(next) = std::move(*changed);
  return outcome<account_state, done>{std::move(next)};
}

inline result<outcome<account_state, std::vector<session_id>>> decide(const account_state& now,
                                                                      const replace_password& told, const moment&) {
  if (!account_rules::holds(now, told.proof)) return account_rules::wrong_password();
  return outcome<account_state, std::vector<session_id>>{now};
}

inline result<outcome<account_state, std::vector<session_id>>> decide(const account_state& now,
                                                                      const reset_password& told, const moment&) {
  if (!account_rules::holds(now, told.proof)) return mail_rules::dead_link();
  return outcome<account_state, std::vector<session_id>>{now};
}

inline result<outcome<account_state, done>> decide(const account_state& now, const replace_role& told, const moment&) {
  const auto roles = account_rules::self_service_role(now.roles, told.wanted, told.self_service);
  if (!roles) return roles.refusal();
  if (*roles == now.roles) return outcome<account_state, done>{};
  account_state next = now;
  next.roles = *roles;
  return outcome<account_state, done>{std::move(next)};
}

inline result<outcome<account_state, done>> decide(const account_state& now, const begin_session& told, const moment&) {
  if (!account_rules::holds(now, told.proof)) return account_rules::invalid_credentials();
  return with_mfa<done>(now, told.proof.account_version, [&](const mfa_state& m) -> result<mfa_state> {
    if (!m.on()) return m;
    if (!told.code.shown()) return mfa_rules::required();
    return mfa_rules::spend(m, told.code);
  });
}

inline result<outcome<account_state, std::vector<session_id>>> decide(const account_state& now,
                                                                      const switch_account& told, const moment&) {
  if (now.active == told.active) return outcome<account_state, std::vector<session_id>>{};
  account_state next = now;
  next.active = told.active;
  return outcome<account_state, std::vector<session_id>>{std::move(next)};
}

inline result<outcome<account_state, done>> decide(const account_state& now, const begin_mfa& told, const moment&) {
  return with_mfa<done>(now, 0, [&](const mfa_state& m) { return mfa_rules::begin(m, told.sealed); });
}

inline result<outcome<account_state, std::vector<session_id>>> decide(const account_state& now, const confirm_mfa& told,
                                                                      const moment&) {
  return with_mfa<std::vector<session_id>>(now, told.account_version, [&](const mfa_state& m) {
    return mfa_rules::confirm(m, told.pending, told.step, told.recovery_hashes);
  });
}

inline result<outcome<account_state, std::vector<session_id>>> decide(const account_state& now, const end_mfa& told,
                                                                      const moment&) {
  return with_mfa<std::vector<session_id>>(now, told.account_version,
                                           [&](const mfa_state& m) { return mfa_rules::end(m, told.code); });
}

inline result<outcome<account_state, done>> decide(const account_state& now, const replace_recovery_codes& told,
                                                   const moment&) {
  return with_mfa<done>(now, told.account_version,
                        [&](const mfa_state& m) { return mfa_rules::replace_recovery(m, told.code, told.hashes); });
}

inline result<outcome<account_state, done>> decide(const account_state& now, const spend_code& told, const moment&) {
  return with_mfa<done>(now, told.account_version, [&](const mfa_state& m) -> result<mfa_state> {
    if (!m.on()) return m;
    return mfa_rules::spend(m, told.code);
  });
}

inline result<outcome<account_state, std::vector<session_id>>> decide(const account_state& now, const take_mfa_away&,
                                                                      const moment&) {
  account_state next = now;
  next.mfa = mfa_rules::removed(now.mfa);
  return outcome<account_state, std::vector<session_id>>{std::move(next)};
}

inline result<outcome<account_state, std::vector<session_id>>> decide(const account_state& now,
                                                                      const end_other_sessions&, const moment&) {
  return outcome<account_state, std::vector<session_id>>{now};
}

inline result<outcome<account_state, std::vector<session_id>>> decide(const account_state& now,
                                                                      const link_identity& told, const moment&) {
  if (now.version >= told.account_version && !now.active) return account_rules::invalid_credentials();
  return outcome<account_state, std::vector<session_id>>{now};
}

}  // namespace stoa::actors

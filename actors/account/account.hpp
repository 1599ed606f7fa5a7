// What an account is as an entity, what it can be told, and what follows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/account/account_rules.hpp"
#include "actors/account/accounts.hpp"
#include "actors/account/mail_rules.hpp"
#include "actors/session/session_rules.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

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
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(begin_session, (), (session, proof, stronger_hash))

struct switch_account {
  bool active = false;
  using reply = std::vector<session_id>;  ///< the sessions that it ended
};
BOOST_DESCRIBE_STRUCT(switch_account, (), (active))

/// ACCOUNT `account/<user>`: one person's profile, roles and password.
struct account_kind {
  static constexpr const char* name = "account";
  static constexpr bool by_system = true;  // ends sessions too
  using key = user_id;
  using state = account;
  using commands = command_list<
      // Changes members of the profile.
      change_profile,
      // Puts a new password hash in place of the one that was verified, and ends every session.
      replace_password,
      // Puts a new password hash in place by a link that was mailed: ends every session and every such link.
      reset_password,
      // Gives a role that people may give themselves.
      replace_role,
      // Opens a session on the password that was verified, and keeps when that was and a stronger hash.
      begin_session,
      // Switches it off, which ends every session, or on again.
      switch_account>;
};

inline result<outcome<account, done>> decide(const account& now, const change_profile& told, const moment&) {
  auto next = account_rules::apply(now, told.change);
  if (!next) return std::move(next).refusal();
  return outcome<account, done>{std::move(*next)};
}

inline result<outcome<account, std::vector<session_id>>> decide(const account& now, const replace_password& told,
                                                                const moment&) {
  if (!account_rules::holds(now, told.proof)) return account_rules::wrong_password();
  return outcome<account, std::vector<session_id>>{now};
}

inline result<outcome<account, std::vector<session_id>>> decide(const account& now, const reset_password& told,
                                                                const moment&) {
  if (!account_rules::holds(now, told.proof)) return mail_rules::dead_link();
  return outcome<account, std::vector<session_id>>{now};
}

inline result<outcome<account, done>> decide(const account& now, const replace_role& told, const moment&) {
  const auto roles = account_rules::self_service_role(now.roles, told.wanted, told.self_service);
  if (!roles) return roles.refusal();
  if (*roles == now.roles) return outcome<account, done>{};
  account next = now;
  next.roles = *roles;
  return outcome<account, done>{std::move(next)};
}

inline result<outcome<account, done>> decide(const account& now, const begin_session& told, const moment&) {
  if (!account_rules::holds(now, told.proof)) return account_rules::invalid_credentials();
  return outcome<account, done>{now};
}

inline result<outcome<account, std::vector<session_id>>> decide(const account& now, const switch_account& told,
                                                                const moment&) {
  if (now.active == told.active) return outcome<account, std::vector<session_id>>{};
  account next = now;
  next.active = told.active;
  return outcome<account, std::vector<session_id>>{std::move(next)};
}

}  // namespace stoa::actors

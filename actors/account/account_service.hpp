// Accounts and sessions as handlers and plugins see them, and the check of access tokens.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/account/account_mails.hpp"
#include "actors/account/accounts.hpp"
#include "actors/services.hpp"
#include "actors/session/session_rules.hpp"
#include "runtime/security/hash_pool.hpp"
#include "runtime/security/tokens.hpp"

namespace stoa::actors {

struct account_options {
  std::vector<role> self_service_roles{role::student, role::instructor};
  session_rules::lock_policy lock;
  std::string sealing_key;                      ///< of second factors' secrets, as they are kept
  std::string mfa_issuer;                       ///< what apps that make codes call the server, or empty
  std::vector<std::string> older_sealing_keys;  ///< still open what they sealed
  std::int64_t sign_ins_per_hour = 0;           ///< with a good password, of one account; 0 is no limit
  std::int64_t number_start = 1000;             ///< the least number of an account
  std::int64_t number_step = 100;               ///< the width of the spans that they are drawn from; 1: all in a row
  mail_options mails;
};

/// The facade with what only the front end and the composition need.
class account_service : public stoa::accounts {
 public:
  /// Who presents this access token; AUTH faults for bad, expired and revoked ones. Takes no hop: safe and quick on an
  /// IO thread.
  virtual result<caller> identify(std::string_view access_token) const = 0;
  /// What is to be awaited before a token's word is taken that there is such an account, and that it is active: an AUTH
  /// fault where there is none. Nullopt where memory knows it.
  virtual std::optional<task<done>> confirm(const caller& who) = 0;
  /// Sets how accounts are numbered, and reads the revocations that older tokens may still meet. Before the first
  /// request; `finished` is called on a store thread.
  virtual void warm_up(std::function<void(result<done>)> finished) = 0;
  /// Drops what no token can meet any more and rows nobody can use.
  virtual task<done> housekeeping() = 0;
  /// The mails that accounts get.
  virtual account_mails& mails() = 0;
  /// Makes an account with any role, for the command line. The id.
  virtual task<user_id> add_user(registration r, role_set roles) = 0;
  /// Switches an account off, which ends its sessions, or on again; for the command line. USER_NOT_FOUND.
  virtual task<done> switch_user(std::string email, bool active) = 0;
  /// Takes the second factor of whoever lost it and their recovery codes; for the command line. USER_NOT_FOUND.
  virtual task<done> take_mfa_away(std::string email) = 0;
};

/// Offers accounts and people, the one object that is both.
account_service& offer_accounts(services& s, account_options options, runtime::hash_pool& hashes,
                                runtime::token_service& tokens);

}  // namespace stoa::actors

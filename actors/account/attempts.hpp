// Attempts to prove a password or a code, and the lock that wrong ones close.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "actors/account/account_store.hpp"
#include "actors/account/mfa_codes.hpp"
#include "actors/services.hpp"
#include "actors/session/sign_in_guard.hpp"
#include "runtime/entity/entities.hpp"
#include "runtime/entity/serial.hpp"
#include "runtime/security/hash_pool.hpp"

namespace stoa::actors {

/// Attempts at one identifier come one after another, so that no more of them are looked at than the lock allows; what
/// other processes let through meanwhile is settled by the guard's row. Thread-safe.
class attempts {
 public:
  attempts(services& s, session_rules::lock_policy lock, runtime::hash_pool& hashes, const mfa_codes& codes);

  struct proved {
    bool as_typed = false;  ///< the hash is of the password as it was typed, not in the form of today
    code_proof code;        ///< where there is a second factor
  };
  /// All that opens a door: the password, and a code where the account has a second factor. Wrong codes are failures
  /// like wrong passwords, and only both together forget those before. Codes that are missing or were used before are
  /// neither: they are no guesses.
  task<proved> prove_sign_in(std::string identifier, std::string password, std::string code,
                             account_store::known_credentials known);
  /// The password of who is signed in, for a new one.
  task<proved> prove_password(std::string password, account_store::known_credentials known);
  /// A code of who is signed in. A right one forgets no failures: those may be somebody else's guesses at the password.
  task<code_proof> prove_code(std::string code, account_store::known_credentials known, fault wrong);
  /// What an identity opens that somebody else vouches for: nothing while there is a lock, and a code where the account
  /// has a second factor. Wrong codes count; a right one forgets no failures, as with prove_code.
  task<code_proof> prove_claimed(std::string code, account_store::known_credentials known);
  /// The first code of the secret that waits for it: its period.
  task<std::int64_t> prove_first_code(std::string code, account_store::known_credentials known);

  /// Forgets failures and lock.
  task<done> lift(std::string identifier);
  /// Another process wrote the guard's row.
  void refresh(const std::string& identifier) { guards_.refresh(identifier); }
  runtime::any_directory& home() noexcept { return guards_.home(); }

 private:
  /// What an attempt was found to be.
  template <class Proof>
  struct judged {
    Proof proof;
    std::optional<fault> refusal = {};
    bool open = false;  ///< neither counts nor forgives
  };
  template <class Proof>
  using judge = std::function<task<judged<Proof>>()>;

  template <class Proof>
  task<Proof> run(std::string identifier, judge<Proof> look);
  template <class Proof>
  task<Proof> attempt(const std::string& identifier, const judge<Proof>& look);
  task<std::optional<bool>> matches(std::string password, std::string hash, runtime::hash_share share);

  services& services_;
  const session_rules::lock_policy lock_;
  runtime::hash_pool& hashes_;
  const mfa_codes& codes_;
  runtime::entities<sign_in_guard_kind> guards_;
  runtime::serial<std::string> attempts_;
};

}  // namespace stoa::actors

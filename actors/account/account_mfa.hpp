// The second factor of an account, from the first secret to the last code.
#pragma once

#include <string>
#include <vector>

#include "actors/account/attempts.hpp"
#include "actors/account/mfa_codes.hpp"
#include "actors/services.hpp"
#include "actors/session/session.hpp"
#include "runtime/entity/entities.hpp"

namespace stoa::actors {

/// Thread-safe. Rows are read for each code: another process may have written them.
class account_mfa {
 public:
  account_mfa(services& s, runtime::entities<account_kind>& accounts, runtime::entities<session_kind>& sessions,
              attempts& proving, const mfa_codes& codes)
      : services_(s), accounts_(accounts), sessions_(sessions), attempts_(proving), codes_(codes) {}

  task<mfa_status> status(user_id user);
  task<mfa_secret> begin(user_id user, std::string issuer);
  task<std::vector<std::string>> verify(user_id user, session_id shown_in, std::string code);
  task<done> disable(user_id user, std::string code);
  task<std::vector<std::string>> new_recovery_codes(user_id user, std::string code);
  /// Spends a code for a session that goes on; nothing where there is no second factor any more.
  task<done> spend(user_id user, std::string code);
  /// Without a code: an operator's.
  task<done> take_away(user_id user);

  /// What answers to a user's id: USER_NOT_FOUND where nobody active does.
  task<account_store::known_credentials> known(user_id user);

 private:
  void forget(const std::vector<session_id>& changed) {
    for (const auto& session : changed) sessions_.refresh(session);
  }

  services& services_;
  runtime::entities<account_kind>& accounts_;
  runtime::entities<session_kind>& sessions_;
  attempts& attempts_;
  const mfa_codes& codes_;
};

}  // namespace stoa::actors

// Signing in by an identity that a provider vouches for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "actors/account/account_mails.hpp"
#include "actors/account/account_store.hpp"
#include "actors/account/attempts.hpp"
#include "actors/account/identity_rules.hpp"
#include "actors/services.hpp"
#include "actors/session/sign_in_budget.hpp"

namespace stoa::actors {

class account_identities final : public stoa::identities {
 public:
  /// What signing in is to whoever keeps the sessions.
  struct doors {
    std::function<task<signed_in>(authenticated who, session_terms terms)> open;
    /// These rows were ended.
    std::function<void(const std::vector<session_id>&)> ended;
    std::function<token_pair(const new_session&, const account&, const session_terms&, timestamp now)> tokens;
  };

  account_identities(services& s, runtime::entities<account_kind>& accounts, actors::attempts& attempts,
                     sign_in_budget& sign_ins, account_mails& mails, std::vector<role> self_service, doors to)
      : services_(s),
        accounts_(accounts),
        attempts_(attempts),
        sign_ins_(sign_ins),
        mails_(mails),
        self_service_(std::move(self_service)),
        to_(std::move(to)) {}

  task<signed_in> enter(identity_claim claim, newcomer with, std::string mfa_code, session_terms terms) override;
  task<signed_in> enter_by_ticket(std::string ticket, std::string mfa_code, session_terms terms) override;
  task<std::vector<identity_link>> links_of(user_id user) override;
  task<done> unlink(user_id user, std::string provider) override;

 private:
  /// A claim on its way in.
  struct attempt {
    identity_claim claim;
    newcomer with;
    std::string mfa_code;
    std::string ticket_hash;  ///< under which it waited; empty: it comes from the provider
    session_terms terms;
  };

  task<signed_in> run(attempt a);
  task<signed_in> once(attempt& a);
  task<signed_in> make(const attempt& a);
  task<done> link(const attempt& a, const account_store::known_credentials& known, identity_rules::way how);
  task<std::string> keep(const identity_claim& claim);

  services& services_;
  runtime::entities<account_kind>& accounts_;
  actors::attempts& attempts_;
  sign_in_budget& sign_ins_;
  account_mails& mails_;
  const std::vector<role> self_service_;
  const doors to_;
};

}  // namespace stoa::actors

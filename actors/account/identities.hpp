// Signing in by an identity that a provider vouches for: what a proven claim opens. Inside only, as accounts are.
#pragma once

#include <boost/describe.hpp>

#include <string>
#include <vector>

#include "actors/account/accounts.hpp"
#include "stoa/areas/identity.hpp"

namespace stoa {

namespace areas {
inline constexpr area identities{"identities", 1};
}

/// What somebody who has no account yet gets beside what the provider tells of them.
struct newcomer {
  role wanted = role::student;
  std::string track;
};

/// An identity that an account can be entered by.
struct identity_link {
  std::string provider;
  std::string email;  ///< the provider's, when it was linked; may be empty
  timestamp linked_at;
};
BOOST_DESCRIBE_STRUCT(identity_link, (), (provider, email, linked_at))

/// Faults beside those of accounts: IDENTITY_UNVERIFIED and IDENTITY_TAKEN (conflict), EMAIL_MISSING (rejected),
/// TICKET_INVALID (rejected), LINK_NOT_FOUND (not_found), LAST_WAY_IN (conflict). A refusal that wants a code
/// (MFA_REQUIRED, INVALID_MFA_CODE) brings a `ticket` among its further members: the claim is kept under it for a
/// while, since the code of the provider is spent.
class identities {
 public:
  static constexpr interface_id interface { areas::identities, "identities" };
  virtual ~identities();

  /// Signs in whoever the claim names: the account of the link, or the one of the verified address, which is linked, or
  /// a new one. Lock, active and MFA are asked as at every door. One account, however many ask at once.
  virtual task<signed_in> enter(identity_claim claim, newcomer with, std::string mfa_code, session_terms terms) = 0;
  /// Goes on with a claim that lacked a code. The ticket is good until a code was right.
  virtual task<signed_in> enter_by_ticket(std::string ticket, std::string mfa_code, session_terms terms) = 0;

  /// Those of an account, the oldest first.
  virtual task<std::vector<identity_link>> links_of(user_id user) = 0;
  /// Takes one away; never the last way in, which is a password or another link.
  virtual task<done> unlink(user_id user, std::string provider) = 0;
};

}  // namespace stoa

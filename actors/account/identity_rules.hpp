// The rules of signing in by somebody else's word: pure functions.
#pragma once

#include <boost/describe.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "actors/account/account_rules.hpp"
#include "actors/account/identities.hpp"

namespace stoa::actors::identity_rules {

/// How long a claim waits for its code.
inline constexpr minutes ticket_life{5};

/// What is known of the account that a claim may belong to.
struct candidate {
  bool linked = false;          ///< by this very identity
  bool other_identity = false;  ///< another identity at the same provider is linked to it
  bool address_proved = false;  ///< its address was shown to be its owner's, here
};
BOOST_DESCRIBE_STRUCT(candidate, (), (linked, other_identity, address_proved))

enum class way {
  open,           ///< the link says who it is
  link,           ///< the verified address does
  link_and_drop,  ///< the same, and the password of who never showed to own the address goes
  make,           ///< nobody has either
};

/// What a claim leads to; nullopt is nobody.
result<way> judge(const identity_claim& claim, const std::optional<candidate>& who);

/// The claim as it may be kept: what is too long or no text is refused or left out. IDENTITY_REFUSED.
result<identity_claim> checked(identity_claim claim);

/// The account that a claim makes, in the form it is stored. EMAIL_MISSING, ROLE_NOT_ALLOWED.
result<account_rules::admitted> admit(const identity_claim& claim, role wanted, const std::vector<role>& self_service);

/// Whether a link may go where the account has a password and so many links.
result<done> may_unlink(bool has_password, std::size_t links, bool linked);

/// A refusal that wants a code, with the ticket under which the claim waits.
bool wants_code(const fault& f);
fault with_ticket(fault f, const std::string& ticket);

fault unverified();
fault taken();
fault email_missing();
fault dead_ticket();
fault link_not_found();
fault last_way_in();

}  // namespace stoa::actors::identity_rules

// Identity: signing in by what somebody else vouches for (OAuth, OpenID Connect). Whoever offers `identity_broker`
// speaks with the providers (`plugins/identity` does); what a proven identity opens is the core's to decide.
//
// Two ways to a claim. A page that asked for its code by itself brings the code and the redirect URI it used. A page
// that asks the server to begin gets an address with a state, PKCE and a nonce of the server's, and brings state and
// binding along with the code.
#pragma once

#include <boost/describe.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "stoa/events.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area identity{"identity", 1};
}

/// Whom a provider vouches for. Who it is, is (provider, subject): never the address, which people change and pass on.
struct identity_claim {
  std::string provider;         ///< its name in the settings
  std::string subject;          ///< the provider's own id of the person, which is never given to another one
  std::string email;            ///< empty where the provider tells none
  bool email_verified = false;  ///< the provider says that the person reads this mail
  std::string name;             ///< as a whole; may be empty
  std::string picture;          ///< an http(s) URL, or empty
};
BOOST_DESCRIBE_STRUCT(identity_claim, (), (provider, subject, email, email_verified, name, picture))

/// A provider as a page shows it on a button.
struct identity_provider {
  std::string name;   ///< `google`: as paths and claims have it
  std::string title;  ///< `Google`
};
BOOST_DESCRIBE_STRUCT(identity_provider, (), (name, title))

/// What a sign-in that the server begins is for.
struct identity_wish {
  std::string provider;
  std::string redirect_uri;  ///< one of the allowed ones, to the letter
};
BOOST_DESCRIBE_STRUCT(identity_wish, (), (provider, redirect_uri))

/// A sign-in that was begun.
struct identity_start {
  std::string url;      ///< where the browser goes
  std::string state;    ///< comes back beside the code; good once
  std::string binding;  ///< stays in the browser that began (its session storage, a cookie) and comes with the code
  timestamp expires_at;
};
BOOST_DESCRIBE_STRUCT(identity_start, (), (url, state, binding, expires_at))

/// What the provider sent the browser back with.
struct identity_answer {
  std::string provider;
  std::string code;
  std::string redirect_uri;
  std::string state;          ///< of the start; empty where the page asked by itself
  std::string binding;        ///< of the start
  std::string code_verifier;  ///< of a page that asked by itself with PKCE; not beside a state
  std::string issuer;         ///< `iss` of the answer (RFC 9207), where the provider sent one
};
BOOST_DESCRIBE_STRUCT(identity_answer, (), (provider, code, redirect_uri, state, binding, code_verifier, issuer))

/// The point at which identities are proved. Offered by a plugin, so it may not be there: look it up whenever it is
/// needed. Any thread.
///
/// Faults: PROVIDER_NOT_FOUND (not_found), `invalid` ones of `redirect_uri`, STATE_INVALID (rejected: unknown, used,
/// expired, another browser's or another provider's), IDENTITY_REFUSED (rejected: the provider does not take the code,
/// or what it says does not hold), UPSTREAM_UNAVAILABLE (unavailable: no answer in time, or none that makes sense).
class identity_broker {
 public:
  static constexpr interface_id interface { areas::identity, "identity_broker" };
  virtual ~identity_broker();

  /// In the order of the settings.
  virtual std::vector<identity_provider> providers() const = 0;
  /// Makes state, nonce and PKCE, which are good for a while, once, and in one browser.
  virtual task<identity_start> begin(identity_wish wish) = 0;
  /// Exchanges the code for what the provider vouches for. A state is used up by this, whatever comes of it; so is the
  /// code, at the provider. Ends within ten seconds.
  virtual task<identity_claim> finish(identity_answer answer) = 0;
};

// -- events

/// An event: an account can be entered by an identity at a provider. Where `password_dropped`, its password was set by
/// nobody who had shown to own the address: it is gone, and so are the sessions.
struct identity_linked {
  static constexpr std::string_view kind = "identity.linked";
  static constexpr std::string_view about =
      "An account can be entered by an identity at a provider. Where `password_dropped`, its password was set by "
      "nobody "
      "who had shown to own the address: it is gone, and so are the sessions.";
  static constexpr std::string_view entity = "the account";
  std::string provider;
  bool password_dropped = false;
};
BOOST_DESCRIBE_STRUCT(identity_linked, (), (provider, password_dropped))

/// An event: an account cannot be entered by its identity at a provider any more.
struct identity_unlinked {
  static constexpr std::string_view kind = "identity.unlinked";
  static constexpr std::string_view about = "An account cannot be entered by its identity at a provider any more.";
  static constexpr std::string_view entity = "the account";
  std::string provider;
};
BOOST_DESCRIBE_STRUCT(identity_unlinked, (), (provider))

}  // namespace stoa

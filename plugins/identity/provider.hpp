// What providers are, and how their answers are read: pure functions over settings and JSON.
#pragma once

#include <string>
#include <vector>

#include "stoa/areas/identity.hpp"
#include "stoa/json.hpp"
#include "stoa/result.hpp"
#include "stoa/settings.hpp"

namespace stoa_plugin::identity {

enum class protocol {
  oidc,    ///< an id_token says who it is
  oauth2,  ///< an address that is asked with the access token does
  sandbox  ///< nobody: the code itself does
};

struct provider {
  std::string name, title;
  protocol speaks = protocol::oidc;
  std::string client_id, client_secret;
  std::string issuer;  ///< of OpenID Connect; what is not set of the addresses below is found there
  std::string authorize_url, token_url, userinfo_url, emails_url, jwks_url;
  std::vector<std::string> scopes;
  std::string algorithm = "RS256";  ///< of id_tokens: this one and no other
  bool basic = false;               ///< the secret goes into a header, not into the body
  bool pkce = true;
  // Which member tells what.
  std::string id_field, email_field, verified_field, name_field, picture_field;
};

/// The keys of a provider's table, as the schema has them.
std::vector<stoa::setting> provider_settings();

/// The provider of that table, with what is known of it out of the box. Throws settings_error naming the key.
provider read_provider(const stoa::settings_view& s, const std::string& name, bool production);

/// Who the members of an id_token or of a userinfo answer say it is.
stoa::identity_claim claim_of(const provider& p, const stoa::json& told);

/// The primary address of a list of `{email, primary, verified}`, as GitHub has it.
void take_address(stoa::identity_claim& claim, const stoa::json& emails);

/// A form's text; names and values are escaped.
std::string form_of(const std::vector<std::pair<std::string, std::string>>& fields);

/// `address` with a query behind it.
std::string with_query(const std::string& address, const std::vector<std::pair<std::string, std::string>>& fields);

/// Who a code of the sandbox stands for: `email=ada@example.com`, and where wanted `&sub=...`, `&verified=false`,
/// `&name=Ada Lovelace`.
stoa::result<stoa::identity_claim> sandbox_claim(const std::string& code);

/// The provider takes no such code, or what it says does not hold.
stoa::fault refused(const std::string& why);
/// No answer in time, or none that makes sense.
stoa::fault away();

}  // namespace stoa_plugin::identity

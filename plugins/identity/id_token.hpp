// id_tokens of OpenID Connect: the one place where signatures are checked.
#pragma once

#include <string>

#include "stoa/json.hpp"
#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::identity {

/// What a token must be for it to say anything.
struct token_rules {
  std::string algorithm;
  std::string issuer;     ///< `{tenantid}` in it stands for the token's own `tid`, as Microsoft has it
  std::string client_id;  ///< the audience
  std::string nonce;      ///< empty: none was asked for
  stoa::timestamp now;
};

/// The id of the key that signed it, empty where it names none. Refused where the algorithm is not the wanted one.
stoa::result<std::string> key_id_of(const std::string& token, const std::string& algorithm);

/// The key of a JWKS that such a token is checked with: null where there is none, or where several may be meant.
const stoa::json* key_in(const stoa::json& jwks, const std::string& id, const std::string& algorithm);

/// The claims of a token that was signed with that key, and that is for us and for now.
stoa::result<stoa::json> verified(const std::string& token, const stoa::json& key, const token_rules& rules);

}  // namespace stoa_plugin::identity

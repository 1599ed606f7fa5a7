// Access and refresh tokens: JSON Web Tokens with an HMAC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

enum class token_type { access, refresh };

/// What a token says. Times have whole seconds on the wire.
struct token_claims {
  std::string issuer;    ///< `iss`; empty means the service's when signing
  std::string audience;  ///< `aud`; likewise
  user_id user;          ///< `sub`
  session_id session;    ///< `sid`
  uuid jti;              ///< nil means a new one when signing
  timestamp issued_at;   ///< `iat`
  timestamp expires_at;  ///< `exp`
  timestamp not_before;  ///< `nbf`, where a token says one; our own do not
  token_type type = token_type::access;
  std::string dialect;                ///< `dia`: the name of the door that opened the session
  seconds access_life = minutes{15};  ///< `acl`, in refresh tokens: how long the access tokens beside it live
  std::vector<std::string> roles;     ///< `roles`, separated by blanks on the wire
  std::int64_t generation = 0;        ///< `gen`: which state of the account or session the token was made from
};

struct token_settings {
  std::string key;  ///< signs
  /// Still verify: what they signed before `key` took their place. A token names its key by `kid`.
  std::vector<std::string> older_keys = {};
  std::string issuer = "stoa";
  std::string audience = "stoa";
  std::string algorithm = "HS256";  ///< or HS384, HS512
  /// How many verified tokens are remembered; 0 turns that off.
  std::size_t cache_size = 65'536;
};

enum class token_status { valid, expired, invalid };

/// What came of a verification; `claims` is set only where it is valid.
struct token_verdict {
  token_status status = token_status::invalid;
  std::shared_ptr<const token_claims> claims;

  explicit operator bool() const noexcept { return status == token_status::valid; }
};

/// Signs and verifies. Thread-safe. The algorithm is the server's choice: a token that names another is invalid.
/// A token that has been verified once is recognised by its text until it expires, which takes well under a
/// microsecond; whether its session has been ended since is for the caller to ask.
class token_service {
 public:
  /// Throws settings_error for an unknown algorithm or a key shorter than 32 bytes (or the algorithm's digest).
  explicit token_service(token_settings settings);
  ~token_service();
  token_service(const token_service&) = delete;
  token_service& operator=(const token_service&) = delete;

  /// The token's text. `jti` is made where it is nil.
  std::string sign(const token_claims& claims) const;
  token_verdict verify(std::string_view token, token_type expected, timestamp now) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::runtime

// Who turns a token into a caller.
#pragma once

#include <string_view>

#include "stoa/result.hpp"
#include "stoa/routes.hpp"
#include "stoa/time.hpp"

namespace stoa::http {

/// Turns a token into a caller. Called on IO threads for every request with credentials: it must not block.
class authenticator {
 public:
  virtual ~authenticator();
  /// A bad, expired or revoked token is an `unauthenticated` fault. `address` of the caller is filled in later.
  virtual result<caller> identify(std::string_view token, timestamp now) = 0;
};

}  // namespace stoa::http

// Who turns a token into a caller.
#pragma once

#include <optional>
#include <string_view>

#include "stoa/result.hpp"
#include "stoa/routes.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa::http {

/// Turns a token into a caller. Called on IO threads for every request with credentials: it must not block.
class authenticator {
 public:
  virtual ~authenticator();
  /// A bad, expired or revoked token is an `unauthenticated` fault. `address` of the caller is filled in later.
  virtual result<caller> identify(std::string_view token, timestamp now) = 0;
  /// What is to be awaited before such a caller is believed: it ends with an `unauthenticated` fault where there is no
  /// such account (any more). Nullopt where it is known.
  virtual std::optional<task<done>> confirm(const caller& who);
};

}  // namespace stoa::http

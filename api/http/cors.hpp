// Cross-origin requests of browsers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stoa/time.hpp"

namespace stoa::http {

struct cors_options {
  std::vector<std::string> allowed_origins;  ///< however written; `*` allows every origin, without credentials
  seconds max_age{600};
};

/// Decides which origins may read answers.
class cors {
 public:
  explicit cors(cors_options options);

  /// Whether `origin` was named in the settings. `*` does not name anybody: it never vouches for a cookie.
  bool names(std::string_view origin) const;
  bool allows(std::string_view origin) const { return any_ || names(origin); }

  /// Header lines of an ordinary answer.
  void decorate(std::string& head, std::string_view origin) const;
  /// Header lines of the answer to a preflight.
  void preflight(std::string& head, std::string_view origin) const;

 private:
  cors_options options_;
  bool any_ = false;
};

}  // namespace stoa::http

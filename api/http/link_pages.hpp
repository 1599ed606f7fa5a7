// The pages that mailed links lead to where nobody has a front end of their own.
#pragma once

#include <string>

#include "stoa/routes.hpp"

namespace stoa::http {

struct link_pages {
  std::string public_path;          ///< in front of every path, where a proxy takes one away
  std::string reset_to, verify_to;  ///< the routes that take the tokens, below it
};

/// `/account/reset-password`, `/account/verify-email` and the script of both. Opening a page uses nothing up: programs
/// that look at mail follow links, too.
void add_link_pages(route_table& plain, const link_pages& shown);

}  // namespace stoa::http

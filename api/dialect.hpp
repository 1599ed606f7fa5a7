// What a dialect says of itself. Nothing below this folder knows one by its name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/account/accounts.hpp"
#include "api/domain.hpp"
#include "api/http/dialect_policy.hpp"
#include "stoa/routes.hpp"
#include "stoa/settings.hpp"

namespace stoa::api {

/// What the handlers of a dialect's areas share: `task<Out> handler(const area_parts&, const request&, ...)`. The
/// routes keep it; what it refers to outlives them.
struct area_parts {
  stoa::domain& domain;
  const stoa::clock& clock;
  session_terms terms;                                ///< what this dialect's doors grant
  bool secure_cookies = true;                         ///< `[security] cookie_secure`
  std::function<std::vector<std::string>()> unready;  ///< names what of the server cannot serve now
  std::shared_ptr<const settings_view> own;           ///< the dialect's section: what `settings` of its description say
};

using parts_ptr = std::shared_ptr<const area_parts>;

/// A limit that a dialect has by itself. With a key it is a setting, and the rule's number its default.
struct described_limit {
  http::rate_rule rule;
  std::string key;      ///< in `[dialects.<name>]`; empty: the number is not to be changed
  std::string about;    ///< what is counted
  bool logins = false;  ///< of routes that take a password, instead of all
};

/// `login_per_hour`, `anonymous_per_hour`, `user_per_hour`: those that several contracts have.
described_limit limit_on_logins(std::int64_t per_hour);
described_limit limit_on_strangers(std::int64_t per_hour);
described_limit limit_on_users(std::int64_t per_hour);

struct self_description {
  dialect name;
  std::string prefix;     ///< its own place: `/<name>/api/v1`
  std::string base;       ///< the documented place: `/api/v1`
  seconds access_life{};  ///< of the tokens that its doors give
  seconds refresh_life{};
  reply (*render)(const fault&, const request&) = nullptr;  ///< status and envelope of every fault
  page_envelope pages;                                      ///< of its lists
  bool cookies = false;                                     ///< the access cookie is a credential
  std::vector<std::string> origins;  ///< whose pages the contract lets call; `documented` in `[cors] allowed_origins`
  bool reset_after_header = false;   ///< X-RateLimit-Reset-After beside the other headers
  std::vector<described_limit> limits;
  std::vector<setting> settings;  ///< further ones of its section, for its handlers
  std::vector<void (*)(route_table& routes, const parts_ptr& parts)> areas;
};

/// What `[dialects.<name>]` may hold, checked like a plugin's section: `hosts`, a list of host names that mean the
/// dialect, its limits, and its further settings.
std::vector<setting> settings_of(const self_description& d);
/// Its limits with the numbers that `own`, its section, gives them.
void add_limits(http::dialect_policy& policy, const self_description& d, const settings_view& own);

}  // namespace stoa::api

// What a dialect says of itself. Nothing below this folder knows one by its name.
#pragma once

#include <cstdint>
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
  session_terms terms;         ///< what this dialect's doors grant
  bool secure_cookies = true;  ///< `[security] cookie_secure`
};

using parts_ptr = std::shared_ptr<const area_parts>;

/// The most that a limit's setting may be.
inline constexpr std::int64_t most_per_window = 1'000'000'000;

/// `hosts`, which every dialect has.
setting hosts_setting();
/// How many requests a limit lets through in its window.
setting limit_setting(std::string key, std::string initial, std::string about);

/// `login_per_hour`: the logins of an address, and the limit that it sets.
setting logins_setting();
void limit_logins(http::dialect_policy& policy, const settings_view& own);

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
  /// `[dialects.<name>]`, checked like a plugin's section; `hosts` is a list of host names that mean this dialect.
  std::vector<setting> settings;
  /// Adds its limits by its own settings; not called where limits are switched off.
  void (*limit)(http::dialect_policy& policy, const settings_view& own) = nullptr;
  std::vector<void (*)(route_table& routes, const parts_ptr& parts)> areas;
};

}  // namespace stoa::api

// What a dialect is to the front end: where it lies, how it says no, what it limits.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "stoa/routes.hpp"

namespace stoa::http {

/// How many requests somebody may make within a window that begins with the first of them.
struct rate_rule {
  enum class subject {
    anonymous,  ///< requests without a signed-in user, by address
    user,       ///< requests of a signed-in user
    address,    ///< every request, by address
    hashing,    ///< what makes a password's hash, by address
  };
  subject by = subject::address;
  std::int64_t limit = 0;  ///< 0 switches the rule off
  seconds window{3600};
  std::string route = {};    ///< a pattern below the dialect's base path; empty: every route
  verb method = verb::post;  ///< of `route`
  bool shared = false;       ///< counted together with the shared rules on the same subject of all dialects
};

/// The limit on attempts to sign in that holds across all dialects together.
rate_rule shared_login_limit(std::int64_t per_address_per_hour);
/// The same of registrations and new passwords.
rate_rule shared_hash_limit(std::int64_t per_address_per_hour);

/// A dialect's policies. `render` is the one place where its faults get their form.
struct dialect_policy {
  stoa::dialect dialect;
  std::string prefix;  ///< its own place: `/<name>/api/v1`
  std::string base;    ///< the documented place: `/api/v1`
  /// Status and body of a fault. The pipeline adds WWW-Authenticate, Allow and Retry-After.
  std::function<reply(const fault&, const request&)> render;
  page_envelope pages;  ///< of its lists
  std::vector<rate_rule> limits;
  std::vector<rate_rule> login_limits;  ///< for routes that take a password
  std::vector<rate_rule> hash_limits;   ///< for routes that make a password's hash
  bool limit_headers = true;            ///< X-RateLimit-Limit, -Remaining, -Reset
  bool reset_after_header = false;      ///< X-RateLimit-Reset-After
  bool cookies = false;                 ///< the access cookie is a credential
};

/// Of what belongs to no dialect, where none is mounted: faults are `{"error": {"code", "message"}}`.
const dialect_policy& plain_policy();

/// The usual status of a kind of fault; dialects differ in a few.
int status_of(fault_kind kind) noexcept;

/// Writes the fields of a validation fault as `{"field": ["message", ...]}`; what concerns the whole body stands under
/// `non_field_errors`.
void write_field_lists(json_writer& w, const fault& f);

/// Writes `retry_after` and what else a fault brings for its envelope, without the names in `apart`. What an internal
/// fault brings is for the log and never leaves the server.
void write_further_members(json_writer& w, const fault& f, std::initializer_list<std::string_view> apart = {});

}  // namespace stoa::http

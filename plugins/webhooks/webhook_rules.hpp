// How a webhook is signed (Standard Webhooks 1.0), what its receiver's answer means, and when it comes again. No
// database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stoa/time.hpp"

namespace stoa_plugin::webhooks {

/// RFC 4648, section 4: the alphabet with `+` and `/`, with padding.
std::string base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

/// `whsec_` and 32 random bytes.
std::string make_secret();

/// What a subscription signs with.
struct signing_secrets {
  std::string current;
  std::string old;  ///< the one before it, until its receiver has taken over the new one; empty: none
  std::optional<stoa::timestamp> old_until;
};

/// `v1,<base64>`: of `<id>.<seconds>.<body>`.
std::string signature(std::string_view secret, std::string_view id, stoa::timestamp at, std::string_view body);
/// With each secret that holds at that time, the current one first, a blank between them.
std::string signatures(const signing_secrets& s, std::string_view id, stoa::timestamp at, std::string_view body);

/// What an answer means for the delivery.
enum class verdict { delivered, again, gone };
/// 2xx: delivered. 410: gone, the subscription is switched off. Everything else, redirects too: it comes again.
verdict verdict_on(int status) noexcept;

/// When what failed is tried again.
struct retry_schedule {
  std::int64_t attempts = 10;  ///< all in all
  stoa::milliseconds first_pause = stoa::seconds{5};
  stoa::milliseconds longest_pause = stoa::hours{12};
};
/// The pause behind the `attempt`th failure, counted from 1: four times as long after each further one, and up to a
/// quarter more or less by `chance` (0 to 1), so that what failed together does not come together again. A receiver
/// that says when to come back is waited for, but no longer than `longest_pause`. Nothing: it has failed for good.
std::optional<stoa::milliseconds> pause_after(const retry_schedule& s, std::int64_t attempt, double chance,
                                              std::optional<stoa::seconds> asked = std::nullopt);
/// The seconds of a Retry-After field; dates are passed over.
std::optional<stoa::seconds> retry_after(std::string_view field) noexcept;

}  // namespace stoa_plugin::webhooks

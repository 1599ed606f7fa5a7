// One-time codes of the clock (TOTP, RFC 6238) as authenticator apps make them: SHA-1, six digits, thirty seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stoa/time.hpp"

namespace stoa::runtime {

inline constexpr std::size_t totp_digits = 6;
inline constexpr seconds totp_period{30};

/// The bytes of a new secret: 160 bits, as RFC 4226 recommends.
std::string make_totp_secret();
/// RFC 4648 in upper case, without padding: how a secret is shown to people and apps.
std::string base32(std::string_view bytes);

/// The number of the period that `now` lies in.
std::int64_t totp_step(timestamp now);
/// The code of a period. Throws std::runtime_error where it cannot be computed.
std::string totp_code(std::string_view secret, std::int64_t step);
/// Which period's code this is: the present one or one beside it, for clocks that differ. Where several fit, the first
/// behind `spent`. Takes the same time whether or not one fits.
std::optional<std::int64_t> totp_match(std::string_view secret, std::string_view code, timestamp now,
                                       std::int64_t spent);

}  // namespace stoa::runtime

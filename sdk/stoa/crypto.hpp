// The cryptographic primitives the core and plugins share: hashes, encodings, random bytes. OpenSSL stays behind them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stoa {

using digest_256 = std::array<std::uint8_t, 32>;

digest_256 sha256(std::string_view data);
digest_256 hmac_sha256(std::string_view key, std::string_view data);

/// Lower case, two characters a byte.
std::string hex(std::span<const std::uint8_t> bytes);
/// Reads `hex` in either case; nullopt for an odd length or other characters.
std::optional<std::string> from_hex(std::string_view text);

/// RFC 4648, section 5, without padding.
std::string base64url(std::span<const std::uint8_t> bytes);
std::string base64url(std::string_view bytes);
/// Reads what `base64url` writes and nothing else: no padding, no blanks, no bits behind the end.
std::optional<std::string> from_base64url(std::string_view text);

/// Compares in a time that depends on the lengths only.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

/// Fills `out` from the kernel's random number generator. Throws std::system_error where there is none.
void random_bytes(std::span<std::uint8_t> out);
/// A secret for links, codes and keys: `bytes` random bytes as base64url.
std::string random_token(std::size_t bytes = 32);

}  // namespace stoa

// Signatures of messages from other services, and secrets handed out. The primitives are the sdk's (`stoa/crypto.hpp`).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stoa::runtime {

/// SHA-256 as 64 characters of lower case hex. What is stored in place of a secret that is random anyway.
std::string sha256_hex(std::string_view data);
/// HMAC-SHA256 as 64 characters of lower case hex.
std::string hmac_sha256_hex(std::string_view key, std::string_view data);
/// Whether `signature` (hex, in either case) is the HMAC-SHA256 of `data`. Constant-time; an empty key signs nothing.
bool verify_hmac_sha256_hex(std::string_view key, std::string_view data, std::string_view signature);

/// A decimal code of `digits` digits, every one as likely as any other.
std::string random_digits(std::size_t digits);

}  // namespace stoa::runtime

#include "runtime/security/signatures.hpp"

#include <array>
#include <cstdint>

#include "stoa/crypto.hpp"

namespace stoa::runtime {

std::string sha256_hex(std::string_view data) { return hex(sha256(data)); }

std::string hmac_sha256_hex(std::string_view key, std::string_view data) { return hex(hmac_sha256(key, data)); }

bool verify_hmac_sha256_hex(std::string_view key, std::string_view data, std::string_view signature) {
  if (key.empty()) return false;
  const auto given = from_hex(signature);
  if (!given) return false;
  const auto right = hmac_sha256(key, data);
  return constant_time_equal(*given, {reinterpret_cast<const char*>(right.data()), right.size()});
}

std::string random_digits(std::size_t digits) {
  std::string code;
  while (code.size() < digits) {
    std::array<std::uint8_t, 32> raw;
    random_bytes(raw);
    for (const auto b : raw) {
      // 250 and above would make the low digits likelier.
      if (b >= 250 || code.size() == digits) continue;
      code += static_cast<char>('0' + b % 10);
    }
  }
  return code;
}

}  // namespace stoa::runtime

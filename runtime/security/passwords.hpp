// Passwords at rest (argon2id) and the rules a new one has to keep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::runtime {

/// What a hash costs. The defaults are the least a server may run with.
struct argon2_cost {
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t iterations = 2;
  std::uint32_t parallelism = 1;

  bool operator==(const argon2_cost&) const = default;
};

/// Throws settings_error for a cost below the default one in any respect, or beyond what a login may take.
void require_strong(const argon2_cost& cost);

/// Hashes and checks passwords. Immutable, thread-safe, and slow by intent: call it from a hash_pool's thread only.
class password_hasher {
 public:
  /// Throws settings_error for a cost argon2 cannot compute. Tests may go below `require_strong`.
  explicit password_hasher(argon2_cost cost);

  /// The PHC text `$argon2id$v=19$m=..,t=..,p=..$salt$hash` with a fresh salt.
  std::string hash(std::string_view password) const;
  /// Whether the password made this hash. A text that is no argon2id hash matches nothing, at full price.
  bool verify(std::string_view password, const std::string& phc) const;
  /// Takes as long as `verify` of a hash with the present cost and never succeeds: for unknown accounts.
  bool verify_dummy(std::string_view password) const;
  /// Whether the hash was made with another cost than the present one.
  bool needs_rehash(std::string_view phc) const;

  const argon2_cost& cost() const noexcept { return cost_; }

 private:
  argon2_cost cost_;
};

/// The cost a PHC text names; nullopt where it is no argon2id hash.
std::optional<argon2_cost> cost_of(std::string_view phc);
/// For people: `argon2id v=19 m=19456 t=2 p=1`, `unknown` for anything else. Never shows salt or hash.
std::string hash_parameters(std::string_view phc);

/// The rules for a new password. Lengths count code points.
struct password_policy {
  std::size_t min_length = 8;
  std::size_t max_length = 128;
  /// Asks for an upper case letter, a lower case letter and a digit.
  bool mixed = false;

  /// Everything that is wrong with the password, in words for its field; empty where it is good.
  std::vector<std::string> check(std::string_view password, std::string_view email = {}) const;
};

/// Whether the password is on the built-in list of common ones, in whatever case, or a single repeated character.
bool is_common_password(std::string_view password);

}  // namespace stoa::runtime

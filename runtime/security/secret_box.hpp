// Small secrets at rest: what the database keeps and nobody who reads the database alone may use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::runtime {

/// Seals with AES-256-GCM. Its key is derived (HKDF-SHA256) from the server's and a purpose, so that what one purpose
/// sealed no other opens. Immutable, thread-safe.
class secret_box {
 public:
  /// `older_keys` still open what they sealed before `key` took their place.
  secret_box(std::string_view key, const std::vector<std::string>& older_keys, std::string_view purpose);

  /// A text of letters, digits, `-`, `_` and `.`, another one each time. `context` says what the secret belongs to (a
  /// user's id): it opens with the same one only, so that it is of no use in another row.
  std::string seal(std::string_view secret, std::string_view context) const;

  struct opened {
    std::string secret;
    bool by_older_key = false;  ///< to be sealed anew
  };
  /// Nullopt where none of the keys sealed it, or it was changed.
  std::optional<opened> open(std::string_view sealed, std::string_view context) const;

 private:
  std::vector<std::string> keys_;  ///< today's first
};

}  // namespace stoa::runtime

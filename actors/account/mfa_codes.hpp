// Which code belongs to which account: the only place where a second factor's secret is in the clear.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actors/account/mfa_rules.hpp"
#include "runtime/security/secret_box.hpp"
#include "stoa/log.hpp"

namespace stoa::actors {

/// What a code was found to be.
struct judged_code {
  enum class verdict { missing, wrong, spent, right };
  verdict what = verdict::missing;
  code_proof proof;  ///< where it is right
};

/// Immutable, thread-safe.
class mfa_codes {
 public:
  mfa_codes(runtime::secret_box box, logger& log) : box_(std::move(box)), log_(log) {}

  /// A secret's bytes as they are kept.
  std::string seal(user_id user, const std::string& secret) const { return box_.seal(secret, user.str()); }
  /// A code of the account's second factor, which is on.
  judged_code judge(user_id user, const mfa_state& m, const std::string& text, timestamp now) const;
  /// The period of a code of the secret that waits for its first.
  std::optional<std::int64_t> first_step(user_id user, const mfa_state& m, const std::string& text,
                                         timestamp now) const;
  /// What is kept of recovery codes: they are random, so that a plain hash tells nothing of them.
  static std::vector<std::string> hashes_of(user_id user, const std::vector<std::string>& codes);

 private:
  std::optional<runtime::secret_box::opened> open(user_id user, const std::string& sealed) const;

  const runtime::secret_box box_;
  logger& log_;
};

}  // namespace stoa::actors

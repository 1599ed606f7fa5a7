// The rules of second factors: pure functions. Codes come here as what they were found to be; whether a code is that of
// a secret, and what the secret is, only `mfa_codes` knows.
#pragma once

#include <boost/describe.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "actors/account/accounts.hpp"
#include "stoa/result.hpp"

namespace stoa::actors {

/// What is kept of an account's second factor. Secrets are sealed: without the server's key they are of no use.
struct mfa_state {
  std::string mfa_secret;          ///< sealed; empty while there is no second factor
  std::string mfa_pending;         ///< sealed: a secret of which no code was shown yet; it changes nothing
  std::int64_t mfa_last_step = 0;  ///< the period of the last code that was spent: those up to it are good no more
  std::string mfa_recovery;        ///< hashes of the recovery codes that are left, separated by blanks
  std::int64_t mfa_version = 0;    ///< goes up with every new secret
  bool on() const noexcept { return !mfa_secret.empty(); }
};
BOOST_DESCRIBE_STRUCT(mfa_state, (), (mfa_secret, mfa_pending, mfa_last_step, mfa_recovery, mfa_version))

}  // namespace stoa::actors

namespace stoa::actors::mfa_rules {

/// How many recovery codes somebody gets at once.
inline constexpr std::size_t recovery_codes = 10;

/// What somebody typed as a code: what tells the kinds apart, without blanks and hyphens, which people add.
struct typed_code {
  enum class kind { none, clock, recovery, neither };
  kind what = kind::none;
  std::string text;  ///< of recovery codes in lower case
};
typed_code read_code(const std::string& text);
/// Codes as they are shown to people: `abcd-efgh-ijkl-mnop`, 80 random bits each.
std::vector<std::string> fresh_recovery_codes();

std::size_t recovery_left(const mfa_state& m);
bool has_recovery(const mfa_state& m, const std::string& hash);

/// The state once the code is spent; `invalid_code` where it was spent before, or belongs to another secret.
result<mfa_state> spend(mfa_state m, const code_proof& code);
/// A secret waits for its first code. What is on is never replaced.
result<mfa_state> begin(mfa_state m, const std::string& sealed);
/// The secret that waited is the second factor from now on.
result<mfa_state> confirm(mfa_state m, const std::string& pending, std::int64_t step,
                          const std::vector<std::string>& recovery_hashes);
result<mfa_state> replace_recovery(mfa_state m, const code_proof& code,
                                   const std::vector<std::string>& recovery_hashes);
result<mfa_state> end(mfa_state m, const code_proof& code);
/// Without a second factor. Version and period stay: what was spent once is not good in the next one.
mfa_state removed(mfa_state m);

/// A door wants a code beside the password.
fault required();
/// At a door.
fault invalid_code();
/// The same of who is signed in.
fault wrong_code();
fault already_on();
fault not_on();
fault not_begun();

}  // namespace stoa::actors::mfa_rules

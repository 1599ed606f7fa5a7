#include "actors/account/mfa_codes.hpp"

#include "runtime/security/totp.hpp"
#include "stoa/crypto.hpp"

namespace stoa::actors {
namespace {

std::string hash_of(user_id user, const std::string& code) {
  return base64url(sha256("recovery code\n" + user.str() + "\n" + code));
}

}  // namespace

judged_code mfa_codes::judge(user_id user, const mfa_state& m, const std::string& text, timestamp now) const {
  using verdict = judged_code::verdict;
  judged_code out;
  const auto typed = mfa_rules::read_code(text);
  out.what = typed.what == mfa_rules::typed_code::kind::none ? verdict::missing : verdict::wrong;
  out.proof.mfa_version = m.mfa_version;
  if (typed.what == mfa_rules::typed_code::kind::recovery) {
    out.proof.recovery = hash_of(user, typed.text);
    if (mfa_rules::has_recovery(m, out.proof.recovery)) out.what = verdict::right;
  } else if (typed.what == mfa_rules::typed_code::kind::clock) {
    const auto secret = open(user, m.mfa_secret);
    // Nobody's guess: there is nothing that it could be right by.
    if (!secret) {
      out.what = verdict::spent;
      return out;
    }
    if (const auto step = runtime::totp_match(secret->secret, typed.text, now, m.mfa_last_step)) {
      out.proof.step = *step;
      out.what = *step > m.mfa_last_step ? verdict::right : verdict::spent;
      if (secret->by_older_key) out.proof.resealed = seal(user, secret->secret);
    }
  }
  return out;
}

std::optional<std::int64_t> mfa_codes::first_step(user_id user, const mfa_state& m, const std::string& text,
                                                  timestamp now) const {
  const auto typed = mfa_rules::read_code(text);
  if (typed.what != mfa_rules::typed_code::kind::clock) return std::nullopt;
  const auto secret = open(user, m.mfa_pending);
  if (!secret) return std::nullopt;
  return runtime::totp_match(secret->secret, typed.text, now, 0);
}

std::vector<std::string> mfa_codes::hashes_of(user_id user, const std::vector<std::string>& codes) {
  std::vector<std::string> out;
  for (const auto& code : codes) out.push_back(hash_of(user, mfa_rules::read_code(code).text));
  return out;
}

std::optional<runtime::secret_box::opened> mfa_codes::open(user_id user, const std::string& sealed) const {
  auto secret = box_.open(sealed, user.str());
  if (!secret)
    log_.error("a second factor was sealed with a key that is neither token_key nor token_key_previous",
               {{"user", user.str()}});
  return secret;
}

}  // namespace stoa::actors

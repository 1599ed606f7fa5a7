#include "actors/account/mfa_rules.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/security/totp.hpp"
#include "stoa/crypto.hpp"
#include "stoa/text.hpp"
#include "stoa/words.hpp"

namespace stoa::actors::mfa_rules {
namespace {

constexpr std::size_t recovery_bytes = 10, recovery_characters = 16, recovery_group = 4;

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

typed_code read_code(const std::string& text) {
  std::string bare;
  for (const char c : text)
    if (c != ' ' && c != '-') bare += c;
  typed_code out{typed_code::kind::neither, ascii_lower(bare)};
  if (bare.empty())
    out.what = typed_code::kind::none;
  else if (bare.size() == runtime::totp_digits && all_of(bare, "0123456789"))
    out.what = typed_code::kind::clock;
  else if (bare.size() == recovery_characters && all_of(out.text, "abcdefghijklmnopqrstuvwxyz234567"))
    out.what = typed_code::kind::recovery;
  return out;
}

std::vector<std::string> fresh_recovery_codes() {
  std::vector<std::string> out;
  for (std::size_t n = 0; n < recovery_codes; ++n) {
    std::array<std::uint8_t, recovery_bytes> raw;
    random_bytes(raw);
    const auto text = ascii_lower(runtime::base32({reinterpret_cast<const char*>(raw.data()), raw.size()}));
    std::string code;
    for (std::size_t at = 0; at < text.size(); at += recovery_group) {
      if (at) code += '-';
      code += text.substr(at, recovery_group);
    }
    out.push_back(std::move(code));
  }
  return out;
}

std::size_t recovery_left(const mfa_state& m) { return words_of(m.mfa_recovery).size(); }

bool has_recovery(const mfa_state& m, const std::string& hash) {
  const auto left = words_of(m.mfa_recovery);
  return !hash.empty() && std::find(left.begin(), left.end(), hash) != left.end();
}

result<mfa_state> spend(mfa_state m, const code_proof& code) {
  if (!m.on() || code.mfa_version != m.mfa_version) return invalid_code();
  if (code.recovery.empty()) {
    if (code.step <= m.mfa_last_step) return invalid_code();
    m.mfa_last_step = code.step;
  } else {
    auto left = words_of(m.mfa_recovery);
    if (std::erase(left, code.recovery) == 0) return invalid_code();
    m.mfa_recovery = joined_words(left);
  }
  if (!code.resealed.empty()) m.mfa_secret = code.resealed;
  return m;
}

result<mfa_state> begin(mfa_state m, const std::string& sealed) {
  if (m.on()) return already_on();
  m.mfa_pending = sealed;
  return m;
}

result<mfa_state> confirm(mfa_state m, const std::string& pending, std::int64_t step,
                          const std::vector<std::string>& recovery_hashes) {
  if (m.on()) return already_on();
  if (pending.empty() || m.mfa_pending != pending) return not_begun();
  m.mfa_secret = std::move(m.mfa_pending);
  m.mfa_pending.clear();
  m.mfa_last_step = step;
  m.mfa_recovery = joined_words(recovery_hashes);
  ++m.mfa_version;
  return m;
}

result<mfa_state> replace_recovery(mfa_state m, const code_proof& code,
                                   const std::vector<std::string>& recovery_hashes) {
  if (!m.on()) return not_on();
  auto spent = spend(std::move(m), code);
  if (!spent) return wrong_code();
  spent->mfa_recovery = joined_words(recovery_hashes);
  return spent;
}

result<mfa_state> end(mfa_state m, const code_proof& code) {
  if (!m.on()) return not_on();
  const auto spent = spend(std::move(m), code);
  if (!spent) return wrong_code();
  return removed(*spent);
}

mfa_state removed(mfa_state m) {
  m.mfa_secret.clear();
  m.mfa_pending.clear();
  m.mfa_recovery.clear();
  return m;
}

fault required() {
  return fault(fault_kind::unauthenticated, "MFA_REQUIRED", "A code of the second factor is needed to sign in.");
}

fault invalid_code() {
  return fault(fault_kind::unauthenticated, "INVALID_MFA_CODE", "The code is wrong, too old or was used before.");
}

fault wrong_code() {
  return fault(fault_kind::rejected, "INVALID_MFA_CODE", "The code is wrong, too old or was used before.");
}

fault already_on() {
  return fault(fault_kind::conflict, "MFA_ALREADY_ENABLED", "There is a second factor; disable it first.");
}

fault not_on() { return fault(fault_kind::conflict, "MFA_NOT_ENABLED", "There is no second factor."); }

fault not_begun() {
  return fault(fault_kind::conflict, "MFA_NOT_BEGUN", "Enable it first, and show a code of that secret.");
}

}  // namespace stoa::actors::mfa_rules

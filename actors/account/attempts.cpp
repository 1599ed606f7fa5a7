#include "actors/account/attempts.hpp"

#include "actors/account/account_rules.hpp"
#include "actors/account/ask_again.hpp"
#include "actors/session/session_store.hpp"
#include "runtime/security/normalize.hpp"

namespace stoa::actors {
namespace {

/// How long an attempt waits for those at the same identifier before it, and how many may wait.
constexpr seconds patience{10};
constexpr std::size_t most_waiting = 256;

using verdict = judged_code::verdict;

}  // namespace

attempts::attempts(services& s, session_rules::lock_policy lock, runtime::hash_pool& hashes, const mfa_codes& codes)
    : services_(s),
      lock_(lock),
      hashes_(hashes),
      codes_(codes),
      guards_(s.actors, entity_options_of(s)),
      attempts_(most_waiting, patience) {}

template <class Proof>
task<Proof> attempts::run(std::string identifier, judge<Proof> look) {
  std::function<task<Proof>()> script = [&] { return attempt<Proof>(identifier, look); };
  co_return co_await attempts_.run<Proof>(identifier, std::move(script));
}

template <class Proof>
task<Proof> attempts::attempt(const std::string& identifier, const judge<Proof>& look) {
  co_await guards_.ask(identifier, check_sign_in{});
  auto found = co_await look();
  const settle_sign_in command{!found.refusal, lock_, found.open};
  if (co_await ask_again(guards_, identifier, command)) services_.log.warn("sign-in locked", {});
  if (found.refusal) co_return std::move(*found.refusal);
  co_return std::move(found.proof);
}

/// Whether the password made the hash, and then whether as it was typed.
task<std::optional<bool>> attempts::matches(std::string password, std::string hash, runtime::hash_share share) {
  const auto usual = runtime::normalize_password(password);
  if (co_await hashes_.verify(usual, hash, share)) co_return std::optional<bool>(false);
  if (usual != password && co_await hashes_.verify(password, hash, share)) co_return std::optional<bool>(true);
  co_return std::optional<bool>();
}

task<attempts::proved> attempts::prove_sign_in(std::string identifier, std::string password, std::string code,
                                               account_store::known_credentials known) {
  judge<proved> look = [&]() -> task<judged<proved>> {
    judged<proved> out;
    const auto typed = co_await matches(password, known.password_hash, runtime::hash_share::sign_in);
    if (!typed || !known.active) {
      out.refusal = account_rules::invalid_credentials();
      co_return out;
    }
    out.proof.as_typed = *typed;
    if (!known.mfa.on()) co_return out;
    auto shown = codes_.judge(known.id, known.mfa, code, services_.time.now());
    out.open = shown.what == verdict::missing || shown.what == verdict::spent;
    if (shown.what == verdict::missing)
      out.refusal = mfa_rules::required();
    else if (shown.what != verdict::right)
      out.refusal = mfa_rules::invalid_code();
    out.proof.code = std::move(shown.proof);
    co_return out;
  };
  co_return co_await run<proved>(std::move(identifier), std::move(look));
}

task<attempts::proved> attempts::prove_password(std::string password, account_store::known_credentials known) {
  judge<proved> look = [&]() -> task<judged<proved>> {
    judged<proved> out;
    const auto typed = co_await matches(password, known.password_hash, runtime::hash_share::other);
    if (!typed || !known.active)
      out.refusal = account_rules::wrong_password();
    else
      out.proof.as_typed = *typed;
    co_return out;
  };
  co_return co_await run<proved>(known.email_key, std::move(look));
}

task<code_proof> attempts::prove_code(std::string code, account_store::known_credentials known, fault wrong) {
  judge<code_proof> look = [&]() -> task<judged<code_proof>> {
    judged<code_proof> out;
    auto shown = codes_.judge(known.id, known.mfa, code, services_.time.now());
    out.open = shown.what != verdict::wrong;
    if (shown.what != verdict::right) out.refusal = wrong;
    out.proof = std::move(shown.proof);
    co_return out;
  };
  co_return co_await run<code_proof>(known.email_key, std::move(look));
}

task<code_proof> attempts::prove_claimed(std::string code, account_store::known_credentials known) {
  judge<code_proof> look = [&]() -> task<judged<code_proof>> {
    judged<code_proof> out;
    out.open = true;
    if (!known.active) out.refusal = account_rules::invalid_credentials();
    if (!known.active || !known.mfa.on()) co_return out;
    auto shown = codes_.judge(known.id, known.mfa, code, services_.time.now());
    out.open = shown.what != verdict::wrong;
    if (shown.what == verdict::missing)
      out.refusal = mfa_rules::required();
    else if (shown.what != verdict::right)
      out.refusal = mfa_rules::invalid_code();
    out.proof = std::move(shown.proof);
    co_return out;
  };
  co_return co_await run<code_proof>(known.email_key, std::move(look));
}

task<std::int64_t> attempts::prove_first_code(std::string code, account_store::known_credentials known) {
  judge<std::int64_t> look = [&]() -> task<judged<std::int64_t>> {
    judged<std::int64_t> out;
    const auto step = codes_.first_step(known.id, known.mfa, code, services_.time.now());
    out.open = step.has_value();
    if (!step) out.refusal = mfa_rules::wrong_code();
    out.proof = step.value_or(0);
    co_return out;
  };
  co_return co_await run<std::int64_t>(known.email_key, std::move(look));
}

task<done> attempts::lift(std::string identifier) {
  const lift_lock lifting;
  co_return co_await ask_again(guards_, std::move(identifier), lifting);
}

}  // namespace stoa::actors

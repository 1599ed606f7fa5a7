#include "actors/account/account_mfa.hpp"

#include "actors/account/ask_again.hpp"
#include "actors/session/session_store.hpp"
#include "runtime/security/totp.hpp"

namespace stoa::actors {

task<account_store::known_credentials> account_mfa::known(user_id user) {
  values v{user};
  const auto found =
      co_await services_.db.query(acts_as(user), account_store::credentials_of, std::move(v), lane::commands);
  if (found.empty()) co_return account_rules::user_not_found();
  co_return account_store::read_credentials(found.front());
}

task<mfa_status> account_mfa::status(user_id user) {
  const auto who = co_await accounts_.get(user);
  mfa_status out;
  out.enabled = who->mfa.on();
  out.recovery_codes_left = static_cast<std::int64_t>(mfa_rules::recovery_left(who->mfa));
  co_return out;
}

task<mfa_secret> account_mfa::begin(user_id user, std::string issuer) {
  const auto secret = runtime::make_totp_secret();
  const actors::begin_mfa command{codes_.seal(user, secret)};
  co_await ask_again(accounts_, user, command);
  const auto who = co_await accounts_.get(user);
  mfa_secret out{runtime::base32(secret), who->email, std::move(issuer)};
  co_return out;
}

task<std::vector<std::string>> account_mfa::verify(user_id user, session_id shown_in, std::string code) {
  const auto who = co_await known(user);
  if (who.mfa.on()) co_return mfa_rules::already_on();
  if (who.mfa.mfa_pending.empty()) co_return mfa_rules::not_begun();
  const auto step = co_await attempts_.prove_first_code(std::move(code), who);
  auto codes = mfa_rules::fresh_recovery_codes();
  const confirm_mfa command{who.version, who.mfa.mfa_pending, step, mfa_codes::hashes_of(user, codes), shown_in};
  forget(co_await ask_again(accounts_, user, command));
  services_.log.info("second factor enabled", {{"user", user.str()}});
  co_return codes;
}

task<done> account_mfa::disable(user_id user, std::string code) {
  const auto who = co_await known(user);
  if (!who.mfa.on()) co_return mfa_rules::not_on();
  const auto shown = co_await attempts_.prove_code(std::move(code), who, mfa_rules::wrong_code());
  const end_mfa command{who.version, shown};
  forget(co_await ask_again(accounts_, user, command));
  services_.log.info("second factor disabled", {{"user", user.str()}});
  co_return done{};
}

task<std::vector<std::string>> account_mfa::new_recovery_codes(user_id user, std::string code) {
  const auto who = co_await known(user);
  if (!who.mfa.on()) co_return mfa_rules::not_on();
  const auto shown = co_await attempts_.prove_code(std::move(code), who, mfa_rules::wrong_code());
  auto codes = mfa_rules::fresh_recovery_codes();
  const replace_recovery_codes command{who.version, shown, mfa_codes::hashes_of(user, codes)};
  co_await ask_again(accounts_, user, command);
  co_return codes;
}

task<done> account_mfa::spend(user_id user, std::string code) {
  const auto who = co_await known(user);
  if (!who.mfa.on()) co_return done{};
  const auto shown = co_await attempts_.prove_code(std::move(code), who, mfa_rules::invalid_code());
  const spend_code command{who.version, shown};
  co_return co_await ask_again(accounts_, user, command);
}

task<done> account_mfa::take_away(user_id user) {
  const take_mfa_away command;
  forget(co_await ask_again(accounts_, user, command));
  services_.log.info("second factor taken away", {{"user", user.str()}});
  co_return done{};
}

}  // namespace stoa::actors

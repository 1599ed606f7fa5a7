#include "api/mailed.hpp"

#include <type_traits>

#include "stoa/routes.hpp"

namespace stoa::api {
namespace {

constexpr field_name once_fields[] = {{"password", "new_password"}};
constexpr field_name twice_fields[] = {{"password", "new_password1"}};

mail_answer said(const char* message) {
  mail_answer out;
  out.message = message;
  return out;
}

task<mail_answer> ask_reset(const area_parts& a, const request& q, reset_wanted in) {
  co_await a.domain.accounts.ask_password_reset(in.email, q.who.address);
  co_return said("If an account with this email exists, a link for a new password has been sent.");
}

template <class In>
task<mail_answer> reset(const area_parts& a, const request&, In in) {
  constexpr bool Strict = std::is_same_v<In, reset_confirmation_strict>;
  co_await with_fields(a.domain.accounts.reset_password(in.token, in.new_password, Strict), once_fields);
  co_return said("Password has been reset successfully");
}

template <bool Strict>
task<mail_answer> reset_twice(const area_parts& a, const request&, reset_confirmation_twice in) {
  co_await with_fields(a.domain.accounts.reset_password(in.token, in.new_password1, Strict), twice_fields);
  co_return said("Password has been reset successfully");
}

task<mail_answer> verify(const area_parts& a, const request&, mailed_token in) {
  co_await a.domain.accounts.verify_email(in.token);
  co_return said("Email verified successfully");
}

task<mail_answer> send_again(const area_parts& a, const request& q) {
  co_await a.domain.accounts.ask_email_verification(q.who.user);
  co_return said("If the address is not verified yet, a link that verifies it has been sent.");
}

task<email_shown> show(const area_parts& a, const request& q) {
  const auto state = co_await a.domain.accounts.email_of(q.who.user);
  email_shown out;
  out.email = state.email;
  out.is_verified = state.email_verified_at.has_value();
  out.verified_at = state.email_verified_at;
  co_return out;
}

}  // namespace

void check_members(const reset_confirmation& in, wire::problems& bad) {
  check_new_password(in.new_password, false, once_fields, bad);
}

void check_members(const reset_confirmation_strict& in, wire::problems& bad) {
  check_new_password(in.new_password, true, once_fields, bad);
}

void check_members(const reset_confirmation_twice& in, wire::problems& bad) {
  if (in.new_password1 != in.new_password2 && !bad.about("new_password1") && !bad.about("new_password2"))
    bad.add("new_password2", "The two passwords do not match.", "match");
  check_new_password(in.new_password1, false, twice_fields, bad);
}

void add_mailed_routes(area_routes<const area_parts>& at, const mailed_paths& paths) {
  at.post(
      paths.reset,
      {.summary = "Ask for a mail with a link for a new password; the answer never tells whether there is an account",
       .door = true,
       .addition = true,
       .refuses = {fault_kind::too_many}},
      ask_reset);
  route_options confirming{.summary = "Set a new password by the token of a mailed link; ends every session",
                           .door = true,
                           .hashes = true,
                           .addition = true,
                           .refuses = {fault_kind::rejected}};
  if (paths.twice)
    at.post(paths.reset_confirm, std::move(confirming), paths.strict ? reset_twice<true> : reset_twice<false>);
  else if (paths.strict)
    at.post(paths.reset_confirm, std::move(confirming), reset<reset_confirmation_strict>);
  else
    at.post(paths.reset_confirm, std::move(confirming), reset<reset_confirmation>);
  at.post(paths.verify,
          {.summary = "Prove an address by the token of a mailed link",
           .door = true,
           .addition = true,
           .refuses = {fault_kind::rejected}},
          verify);
  at.get(paths.verify, {.auth = auth::required, .summary = "Whether one's own address is proved", .addition = true},
         show);
  at.post(paths.verify_resend,
          {.auth = auth::required, .summary = "Ask for another mail that proves one's own address", .addition = true},
          send_again);
}

}  // namespace stoa::api

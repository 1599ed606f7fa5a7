#include "actors/account/identity_rules.hpp"

#include <utility>

#include "actors/account/mfa_rules.hpp"
#include "runtime/security/normalize.hpp"
#include "stoa/text.hpp"

namespace stoa::actors::identity_rules {
namespace {

constexpr std::size_t longest_subject = 255;

}  // namespace

result<way> judge(const identity_claim& claim, const std::optional<candidate>& who) {
  if (!who) return way::make;
  if (who->linked) return way::open;
  // Whoever has the address at the provider may not be whoever has it here, unless the provider vouches for it.
  if (!claim.email_verified) return unverified();
  if (who->other_identity) return taken();
  // An account whose address nobody proved may be a squatter's: none of their ways in stays.
  return who->address_proved ? way::link : way::link_and_drop;
}

result<identity_claim> checked(identity_claim claim) {
  const auto bad = [](const std::string& text) { return !valid_utf8(text) || has_control(text); };
  if (claim.provider.empty() || claim.subject.empty() || claim.subject.size() > longest_subject || bad(claim.subject))
    return fault(fault_kind::rejected, "IDENTITY_REFUSED", "The provider does not say who this is.");
  if (bad(claim.email) || !runtime::normalize_email(claim.email)) {
    claim.email.clear();
    claim.email_verified = false;
  }
  if (bad(claim.name)) claim.name.clear();
  if (!looks_like_http_url(claim.picture)) claim.picture.clear();
  return claim;
}

result<account_rules::admitted> admit(const identity_claim& claim, role wanted, const std::vector<role>& self_service) {
  account_rules::admitted out;
  const auto key = runtime::normalize_email(claim.email);
  if (!key) return email_missing();
  out.email = runtime::shown_email(claim.email);
  out.email_key = *key;
  out.older_email_keys = runtime::older_email_keys(claim.email);
  const auto name = split_name::of(claim.name);
  // A name that cannot be shown is no reason to keep somebody out.
  out.first_name = runtime::normalize_name(name.first, account_limits::full_name).value_or("");
  out.last_name = runtime::normalize_name(name.last, account_limits::full_name).value_or("");
  const auto roles = account_rules::self_service_role(role_set{}, wanted, self_service);
  if (!roles) return roles.refusal();
  out.roles = *roles;
  return out;
}

result<done> may_unlink(bool has_password, std::size_t links, bool linked) {
  if (!linked) return link_not_found();
  if (!has_password && links < 2) return last_way_in();
  return done{};
}

bool wants_code(const fault& f) {
  return f.code == mfa_rules::required().code || f.code == mfa_rules::invalid_code().code;
}

fault with_ticket(fault f, const std::string& ticket) {
  f.extra.emplace_back("ticket", ticket);
  return f;
}

fault unverified() {
  return {fault_kind::conflict, "IDENTITY_UNVERIFIED",
          "An account has this address, and the provider does not say that it is yours. Sign in as you did before."};
}

fault taken() {
  return {fault_kind::conflict, "IDENTITY_TAKEN",
          "The account of this address is linked to another identity at this provider."};
}

fault email_missing() {
  return {fault_kind::rejected, "EMAIL_MISSING", "The provider tells no address of yours, and an account needs one."};
}

fault dead_ticket() {
  return {fault_kind::rejected, "TICKET_INVALID",
          "This ticket was used or has expired. Sign in at the provider again."};
}

fault link_not_found() {
  return {fault_kind::not_found, "LINK_NOT_FOUND", "Your account is not linked to this provider."};
}

fault last_way_in() {
  return {fault_kind::conflict, "LAST_WAY_IN", "This is the only way into your account. Set a password first."};
}

}  // namespace stoa::actors::identity_rules

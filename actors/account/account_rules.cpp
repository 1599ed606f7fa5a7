#include "actors/account/account_rules.hpp"

#include <algorithm>

#include "runtime/security/normalize.hpp"
#include "stoa/json.hpp"
#include "stoa/text.hpp"

namespace stoa::actors::account_rules {

namespace {

using limits = account_limits;

bool listed(const std::vector<role>& roles, role r) { return std::find(roles.begin(), roles.end(), r) != roles.end(); }

fault role_not_allowed() {
  return fault(fault_kind::forbidden, "ROLE_NOT_ALLOWED", "This role cannot be chosen; ask an administrator for it.");
}

}  // namespace

bool holds(const account& now, const password_proof& proof) {
  return now.version < proof.account_version || (now.active && now.password_version == proof.password_version);
}

fault user_not_found() { return fault(fault_kind::not_found, "USER_NOT_FOUND", "The requested user does not exist"); }

fault invalid_credentials() {
  return fault(fault_kind::unauthenticated, "INVALID_CREDENTIALS", "Email or password is incorrect");
}

fault wrong_password() { return fault(fault_kind::rejected, "WRONG_PASSWORD", "Current password is incorrect"); }

fault invalid_token() { return fault(fault_kind::unauthenticated, "TOKEN_EXPIRED", "Token is invalid or expired"); }

fault email_taken() {
  fault f(fault_kind::conflict, "EMAIL_TAKEN", "A user with this email already exists.");
  f.fields.push_back({"email", f.message, "unique"});
  return f;
}

fault username_taken() {
  fault f(fault_kind::conflict, "USERNAME_TAKEN", "A user with this username already exists.");
  f.fields.push_back({"username", f.message, "unique"});
  return f;
}

result<done> check_password(const std::string& password, const std::string& email, bool strict) {
  runtime::password_policy policy;
  policy.mixed = strict;
  std::vector<field_error> errors;
  for (auto& problem : policy.check(runtime::normalize_password(password), email))
    errors.push_back({"password", std::move(problem), "password"});
  if (errors.empty()) return done{};
  auto f = fault::invalid(std::move(errors));
  f.code = "WEAK_PASSWORD";
  return f;
}

result<admitted> admit(const registration& r, const std::vector<role>& self_service) {
  admitted out;
  std::vector<field_error> errors;
  if (auto key = runtime::normalize_email(r.email)) {
    out.email = runtime::shown_email(r.email);
    out.email_key = *key;
    out.older_email_keys = runtime::older_email_keys(r.email);
  } else {
    errors.push_back({"email", "Enter a valid email address.", "email"});
  }
  if (!r.username.empty()) {
    out.username = runtime::normalize_username(r.username);
    if (out.username) out.username_key = runtime::identifier_key(*out.username);
    if (!out.username || !out.username_key)
      errors.push_back({"username", "Use 1 to 150 letters, digits and @.+-_ only.", "username"});
    else if (out.username->find('@') != std::string::npos && *out.username_key != out.email_key)
      errors.push_back({"username", "A username may hold an @ only where it is your own email address.", "username"});
  }
  const auto first = runtime::normalize_name(r.first_name, limits::full_name),
             last = runtime::normalize_name(r.last_name, limits::full_name);
  if (first) out.first_name = *first;
  if (last) out.last_name = *last;
  if (!first) errors.push_back({"first_name", "This name is too long or holds control characters.", "name"});
  if (!last) errors.push_back({"last_name", "This name is too long or holds control characters.", "name"});
  if (auto good = check_password(r.password, out.email_key, r.strict_password); !good)
    for (auto& e : std::move(good).refusal().fields) errors.push_back(std::move(e));
  if (!errors.empty()) return fault::invalid(std::move(errors));
  if (!listed(self_service, r.wanted)) return role_not_allowed();
  out.roles.add(r.wanted);
  if (r.wanted == role::instructor) out.roles.add(role::student);
  return out;
}

result<account> apply(account a, const profile_change& change) {
  std::vector<field_error> errors;
  const auto name = [&](std::string& into, const std::optional<std::string>& from, const char* field) {
    if (!from) return;
    if (auto good = runtime::normalize_name(*from, limits::full_name))
      into = *good;
    else
      errors.push_back({field, "This name is too long or holds control characters.", "name"});
  };
  const auto words = [&](std::string& into, const std::optional<std::string>& from, const char* field,
                         std::size_t most) {
    if (!from) return;
    if (code_points(*from) > most || has_control(*from, true))
      errors.push_back(
          {field, "Ensure this field has no more than " + std::to_string(most) + " characters.", "length"});
    else
      into = *from;
  };
  name(a.first_name, change.first_name, "first_name");
  name(a.last_name, change.last_name, "last_name");
  words(a.bio, change.bio, "bio", limits::bio);
  words(a.phone, change.phone, "phone", limits::phone);
  words(a.country, change.country, "country", limits::country);
  words(a.timezone, change.timezone, "timezone", limits::timezone);
  words(a.track, change.track, "track", limits::track);
  if (change.avatar_url) {
    if (change.avatar_url->empty() || looks_like_http_url(*change.avatar_url))
      a.avatar_url = *change.avatar_url;
    else
      errors.push_back({"avatar_url", "Enter a valid http or https URL.", "url"});
  }
  if (change.preferences) {
    auto parsed = json::parse(*change.preferences);
    if (!parsed || !parsed->is_object() || change.preferences->size() > 10'000)
      errors.push_back({"preferences", "Expected an object of at most 10000 bytes.", "type"});
    else
      a.preferences = *change.preferences;
  }
  if (!errors.empty()) return fault::invalid(std::move(errors));
  return a;
}

result<role_set> self_service_role(role_set present, role wanted, const std::vector<role>& self_service) {
  if (!listed(self_service, wanted)) return role_not_allowed();
  for (role r : self_service) present.remove(r);
  present.add(wanted);
  if (wanted == role::instructor) present.add(role::student);
  return present;
}

}  // namespace stoa::actors::account_rules

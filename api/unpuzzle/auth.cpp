#include "api/fields.hpp"
#include "api/http/cookies.hpp"
#include "api/mailed.hpp"
#include "api/people.hpp"
#include "api/unpuzzle/unpuzzle.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::unpuzzle {
namespace {

using api::area_parts;
using limits = account_limits;

/// Settings of the client's own: an object of any members, kept as text.
struct preferences_text {
  std::string encoded = "{}";
};

struct signup_in {
  wire::email_text email;
  api::password_text password;
  wire::text<1, limits::full_name> full_name;
};
BOOST_DESCRIBE_STRUCT(signup_in, (), (email, password, full_name))

struct signin_in {
  api::identifier_text email;
  api::password_text password;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(signin_in, (), (email, password, mfa_code))

struct refresh_in {
  api::token_text refresh_token;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh_token, mfa_code))

struct new_user {
  user_id id;
  std::string email, full_name;
  timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(new_user, (), (id, email, full_name, created_at))

struct signup_out {
  new_user user;
  std::string access_token, refresh_token;
  timestamp expires_at;
};
BOOST_DESCRIBE_STRUCT(signup_out, (), (user, access_token, refresh_token, expires_at))

struct subscription_out {
  std::string plan = "free";
  std::int64_t ai_limit = 3, ai_used = 0;
  std::optional<timestamp> valid_until;  ///< the free plan has no end
};
BOOST_DESCRIBE_STRUCT(subscription_out, (), (plan, ai_limit, ai_used, valid_until))

struct signed_in_user {
  user_id id;
  std::string email, full_name;
  std::vector<std::string> roles;
  subscription_out subscription;
};
BOOST_DESCRIBE_STRUCT(signed_in_user, (), (id, email, full_name, roles, subscription))

struct signin_out {
  signed_in_user user;
  std::string access_token, refresh_token;
  timestamp expires_at;
};
BOOST_DESCRIBE_STRUCT(signin_out, (), (user, access_token, refresh_token, expires_at))

struct tokens_out {
  std::string access_token, refresh_token;
  timestamp expires_at;
};
BOOST_DESCRIBE_STRUCT(tokens_out, (), (access_token, refresh_token, expires_at))

struct profile_out {
  user_id id;
  std::string email, full_name;
  wire::shown_url avatar_url;
  std::string bio;
  std::vector<std::string> roles;
  subscription_out subscription;
  wire::raw_json preferences;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(profile_out, (),
                      (id, email, full_name, avatar_url, bio, roles, subscription, preferences, created_at, updated_at))

struct profile_in {
  wire::given<wire::text<1, limits::full_name>> full_name;
  wire::emptiable<wire::text<0, limits::bio>> bio;
  wire::emptiable<wire::url_text> avatar_url;
  wire::emptiable<preferences_text> preferences;
};
BOOST_DESCRIBE_STRUCT(profile_in, (), (full_name, bio, avatar_url, preferences))

struct changed_profile {
  user_id id;
  std::string full_name, bio;
  wire::shown_url avatar_url;
  wire::raw_json preferences;
};
BOOST_DESCRIBE_STRUCT(changed_profile, (), (id, full_name, bio, avatar_url, preferences))

struct change_out {
  std::string message;
  changed_profile profile;
};
BOOST_DESCRIBE_STRUCT(change_out, (), (message, profile))

struct message_out {
  std::string message;
};
BOOST_DESCRIBE_STRUCT(message_out, (), (message))

constexpr api::field_name account_fields[] = {{"first_name", "full_name"}, {"last_name", "full_name"}};

std::vector<std::string> roles_of(const account& a) {
  std::vector<std::string> out;
  for (role r : {role::student, role::instructor, role::admin})
    if (a.roles.has(r)) out.emplace_back(name_of(r));
  return out;
}

using header_list = std::vector<std::pair<std::string, std::string>>;

header_list cookie_for(const token_pair& t, const area_parts& a) {
  const auto lifetime = std::chrono::round<seconds>(t.access_expires_at - a.clock.now());
  return {{"Set-Cookie", http::set_access_cookie(t.access_token, lifetime, a.secure_cookies)}};
}

/// Whether a browser keeps the token for this client. It drops an expired cookie by itself, so a page that refreshes
/// too late is known by its origin only.
bool wants_cookie(const request& q, bool secure) {
  const auto cookies = q.header("cookie");
  return (cookies && http::cookie_value(*cookies, http::access_cookie_name(secure))) || q.header("origin");
}

}  // namespace
}  // namespace stoa::unpuzzle

template <>
struct stoa::wire::codec<stoa::unpuzzle::preferences_text> {
  static void decode(const json& in, const std::string& field, unpuzzle::preferences_text& out, problems& bad) {
    if (!in.is_object()) return bad.add(field, "Expected an object.", "type");
    out.encoded = in.dump();
  }
  static void schema(json_writer& w, schema_registry&) { detail::simple_schema(w, "object"); }
};

namespace stoa::unpuzzle {
namespace {

registration registration_of(const signup_in& in) {
  auto name = split_name::of(in.full_name);
  registration r;
  r.email = in.email;
  r.password = in.password;
  r.first_name = std::move(name.first);
  r.last_name = std::move(name.last);
  return r;
}

void check_members(const signup_in& in, wire::problems& bad) {
  api::check_registration(registration_of(in), account_fields, bad);
}

task<signup_out> sign_up(const area_parts& a, const request& q, signup_in in) {
  auto signing = api::with_fields(a.domain.accounts.sign_up(registration_of(in), api::terms_of(a, q)), account_fields);
  auto in_now = co_await std::move(signing);
  const auto& who = *in_now.account;
  signup_out out{{who.id, who.email, who.full_name(), who.created_at},
                 in_now.tokens.access_token,
                 in_now.tokens.refresh_token,
                 in_now.tokens.access_expires_at};
  co_return out;
}

task<answer<signin_out>> sign_in(const area_parts& a, const request& q, signin_in in) {
  credentials c{in.email, in.password, in.mfa_code.value_or(""), q.who.address};
  auto terms = api::terms_of(a, q);
  auto in_now = co_await a.domain.accounts.sign_in(std::move(c), std::move(terms));
  const auto& who = *in_now.account;
  const auto& t = in_now.tokens;
  answer<signin_out> out;
  out.body = {
      {who.id, who.email, who.full_name(), roles_of(who), {}}, t.access_token, t.refresh_token, t.access_expires_at};
  out.headers = cookie_for(t, a);
  co_return out;
}

task<answer<tokens_out>> refresh(const area_parts& a, const request& q, refresh_in in) {
  const auto t = co_await a.domain.accounts.refresh(in.refresh_token, in.mfa_code.value_or(""));
  answer<tokens_out> out;
  out.body = {t.access_token, t.refresh_token, t.access_expires_at};
  if (wants_cookie(q, a.secure_cookies)) out.headers = cookie_for(t, a);
  co_return out;
}

task<answer<message_out>> sign_out(const area_parts& a, const request& q) {
  co_await a.domain.accounts.sign_out(q.who.session);
  answer<message_out> out;
  out.body.message = "Signed out successfully";
  out.headers.emplace_back("Set-Cookie", http::clear_access_cookie(a.secure_cookies));
  co_return out;
}

task<profile_out> profile(const area_parts& a, const request& q) {
  const auto who = co_await a.domain.accounts.get(q.who.user);
  profile_out out;
  out.id = who->id;
  out.email = who->email;
  out.full_name = who->full_name();
  out.avatar_url = who->avatar_url;
  out.bio = who->bio;
  out.roles = roles_of(*who);
  out.preferences.encoded = who->preferences;
  out.created_at = who->created_at;
  out.updated_at = who->updated_at;
  co_return out;
}

task<change_out> change_profile(const area_parts& a, const request& q, profile_in in) {
  profile_change change;
  if (in.full_name) api::set_full_name(change, *in.full_name);
  change.bio = std::move(in.bio);
  change.avatar_url = std::move(in.avatar_url);
  if (in.preferences) change.preferences = std::move(in.preferences->encoded);
  auto changing = api::with_fields(a.domain.accounts.update(q.who.user, std::move(change)), account_fields);
  const auto who = co_await std::move(changing);
  change_out out{"Profile updated successfully",
                 {who->id, who->full_name(), who->bio, who->avatar_url, {who->preferences}}};
  co_return out;
}

}  // namespace

void add_auth_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("auth", parts);
  at.post("/auth/signup/",
          {.status = 201,
           .summary = "Make an account and sign it in",
           .door = true,
           .hashes = true,
           .refuses = {fault_kind::conflict}},
          sign_up);
  at.post("/auth/signin/", {.summary = "Sign in; the access token also comes as a cookie", .door = true, .login = true},
          sign_in);
  at.post(
      "/auth/refresh/",
      {.summary = "Exchange a refresh token for a new pair", .door = true, .refuses = {fault_kind::unauthenticated}},
      refresh);
  at.post("/auth/signout/", {.auth = auth::required, .summary = "End this session", .door = true}, sign_out);
  at.get("/auth/profile/", {.auth = auth::required, .summary = "The signed-in person"}, profile);
  at.put("/auth/profile/update/", {.auth = auth::required, .summary = "Change the members that are given"},
         change_profile);

  api::mailed_paths mailed;
  mailed.reset = "/auth/password-reset/";
  mailed.reset_confirm = "/auth/password-reset/confirm/";
  mailed.verify = "/auth/verify-email/";
  mailed.verify_resend = "/auth/verify-email/resend/";
  api::add_mailed_routes(at, mailed);
}

}  // namespace stoa::unpuzzle

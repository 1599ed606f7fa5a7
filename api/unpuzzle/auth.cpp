#include "api/unpuzzle/auth.hpp"

#include "api/fields.hpp"
#include "api/http/cookies.hpp"
#include "api/people.hpp"

namespace stoa::unpuzzle {
namespace {

/// Settings of the client's own: an object of any members, kept as text.
struct preferences_text {
  std::string encoded;
};

struct signup_in {
  wire::email_text email;
  wire::verbatim<1024> password;
  wire::text<1, 255> full_name;
};
BOOST_DESCRIBE_STRUCT(signup_in, (), (email, password, full_name))

struct signin_in {
  wire::text<1, 254> email;
  wire::verbatim<1024> password;
  std::optional<wire::text<0, 16>> mfa_code;
};
BOOST_DESCRIBE_STRUCT(signin_in, (), (email, password, mfa_code))

struct refresh_in {
  wire::verbatim<4096> refresh_token;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh_token))

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
  std::string email, full_name, avatar_url, bio;
  std::vector<std::string> roles;
  subscription_out subscription;
  wire::raw_json preferences;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(profile_out, (),
                      (id, email, full_name, avatar_url, bio, roles, subscription, preferences, created_at, updated_at))

struct profile_in {
  std::optional<wire::text<1, 255>> full_name;
  std::optional<wire::text<0, 5000>> bio;
  std::optional<wire::url_text> avatar_url;
  std::optional<preferences_text> preferences;
};
BOOST_DESCRIBE_STRUCT(profile_in, (), (full_name, bio, avatar_url, preferences))

struct changed_profile {
  user_id id;
  std::string full_name, bio, avatar_url;
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

header_list cookie_for(const token_pair& t, timestamp now, bool secure) {
  const auto lifetime = std::chrono::round<seconds>(t.access_expires_at - now);
  return {{"Set-Cookie", http::set_access_cookie(t.access_token, lifetime, secure)}};
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

void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock, bool secure) {
  auto& accounts = domain.accounts;

  routes.post<signup_in, signup_out>(
      "/auth/signup/", {.status = 201, .summary = "Make an account and sign it in", .door = true, .tag = "auth"},
      [&accounts](const request&, signup_in in) -> task<signup_out> {
        auto name = split_name::of(in.full_name);
        registration r;
        r.email = in.email;
        r.password = in.password;
        r.first_name = std::move(name.first);
        r.last_name = std::move(name.last);
        auto signing = api::with_fields(accounts.sign_up(std::move(r), dialect::unpuzzle), account_fields);
        auto in_now = co_await std::move(signing);
        const auto& a = *in_now.account;
        signup_out out{{a.id, a.email, a.full_name(), a.created_at},
                       in_now.tokens.access_token,
                       in_now.tokens.refresh_token,
                       in_now.tokens.access_expires_at};
        co_return out;
      });

  routes.post<signin_in, answer<signin_out>>(
      "/auth/signin/",
      {.summary = "Sign in; the access token also comes as a cookie", .door = true, .login = true, .tag = "auth"},
      [&accounts, &clock, secure](const request& q, signin_in in) -> task<answer<signin_out>> {
        credentials c{in.email, in.password, in.mfa_code.value_or(wire::text<0, 16>()), q.who.address};
        auto signing = accounts.sign_in(std::move(c), dialect::unpuzzle);
        auto in_now = co_await std::move(signing);
        const auto& a = *in_now.account;
        const auto& t = in_now.tokens;
        answer<signin_out> out;
        out.body = {
            {a.id, a.email, a.full_name(), roles_of(a), {}}, t.access_token, t.refresh_token, t.access_expires_at};
        out.headers = cookie_for(t, clock.now(), secure);
        co_return out;
      });

  routes.post<refresh_in, answer<tokens_out>>(
      "/auth/refresh/", {.summary = "Exchange a refresh token for a new pair", .door = true, .tag = "auth"},
      [&accounts, &clock, secure](const request& q, refresh_in in) -> task<answer<tokens_out>> {
        auto refreshing = accounts.refresh(in.refresh_token);
        const auto t = co_await std::move(refreshing);
        answer<tokens_out> out;
        out.body = {t.access_token, t.refresh_token, t.access_expires_at};
        if (wants_cookie(q, secure)) out.headers = cookie_for(t, clock.now(), secure);
        co_return out;
      });

  routes.post<wire::nothing, answer<message_out>>(
      "/auth/signout/", {.auth = auth::required, .summary = "End this session", .door = true, .tag = "auth"},
      [&accounts, secure](const request& q, wire::nothing) -> task<answer<message_out>> {
        auto ending = accounts.sign_out(q.who.session);
        co_await std::move(ending);
        answer<message_out> out;
        out.body.message = "Signed out successfully";
        out.headers.emplace_back("Set-Cookie", http::clear_access_cookie(secure));
        co_return out;
      });

  routes.get<wire::nothing, profile_out>("/auth/profile/",
                                         {.auth = auth::required, .summary = "The signed-in person", .tag = "auth"},
                                         [&accounts](const request& q, wire::nothing) -> task<profile_out> {
                                           auto reading = accounts.get(q.who.user);
                                           auto a = co_await std::move(reading);
                                           profile_out out;
                                           out.id = a->id;
                                           out.email = a->email;
                                           out.full_name = a->full_name();
                                           out.avatar_url = a->avatar_url;
                                           out.bio = a->bio;
                                           out.roles = roles_of(*a);
                                           out.preferences.encoded = a->preferences;
                                           out.created_at = a->created_at;
                                           out.updated_at = a->updated_at;
                                           co_return out;
                                         });

  routes.put<profile_in, change_out>(
      "/auth/profile/update/", {.auth = auth::required, .summary = "Change the members that are given", .tag = "auth"},
      [&accounts](const request& q, profile_in in) -> task<change_out> {
        profile_change change;
        if (in.full_name) api::set_full_name(change, *in.full_name);
        change.bio = std::move(in.bio);
        change.avatar_url = std::move(in.avatar_url);
        if (in.preferences) change.preferences = std::move(in.preferences->encoded);
        auto changing = api::with_fields(accounts.update(q.who.user, std::move(change)), account_fields);
        auto a = co_await std::move(changing);
        change_out out{"Profile updated successfully",
                       {a->id, a->full_name(), a->bio, a->avatar_url, {a->preferences}}};
        co_return out;
      });
}

}  // namespace stoa::unpuzzle

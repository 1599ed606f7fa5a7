#include "api/classic/auth.hpp"

#include "api/fields.hpp"
#include "api/people.hpp"

namespace stoa::classic {
namespace {

struct register_in {
  wire::text<1, 150> username;
  wire::email_text email;
  wire::verbatim<1024> password;
  std::optional<wire::text<0, 150>> first_name, last_name;
  std::optional<wire::choice<"student", "instructor", "admin">> role;
};
BOOST_DESCRIBE_STRUCT(register_in, (), (username, email, password, first_name, last_name, role))

struct user_out {
  std::int64_t id = 0;
  std::string username, email, first_name, last_name, role;
  std::string bio, avatar_url, phone, country, timezone;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(user_out, (),
                      (id, username, email, first_name, last_name, role, bio, avatar_url, phone, country, timezone,
                       created_at, updated_at))

struct token_in {
  wire::text<1, 254> username;
  wire::verbatim<1024> password;
  std::optional<wire::text<0, 16>> mfa_code;
};
BOOST_DESCRIBE_STRUCT(token_in, (), (username, password, mfa_code))

struct refresh_in {
  wire::verbatim<4096> refresh;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh))

struct tokens_out {
  std::string access, refresh;
};
BOOST_DESCRIBE_STRUCT(tokens_out, (), (access, refresh))

struct profile_in {
  std::optional<wire::text<0, 150>> first_name, last_name;
  std::optional<wire::text<0, 5000>> bio;
  std::optional<wire::url_text> avatar_url;
  std::optional<wire::text<0, 40>> phone;
  std::optional<wire::text<0, 100>> country;
  std::optional<wire::text<0, 64>> timezone;
};
BOOST_DESCRIBE_STRUCT(profile_in, (), (first_name, last_name, bio, avatar_url, phone, country, timezone))

user_out to_wire(const account& a) {
  user_out out;
  out.id = a.number;
  // Whoever came through a door without usernames signs in here with the address.
  out.username = a.username.empty() ? a.email : a.username;
  out.email = a.email;
  out.first_name = a.first_name;
  out.last_name = a.last_name;
  out.role = name_of(api::leading_role(a.roles));
  out.bio = a.bio;
  out.avatar_url = a.avatar_url;
  out.phone = a.phone;
  out.country = a.country;
  out.timezone = a.timezone;
  out.created_at = a.created_at;
  out.updated_at = a.updated_at;
  return out;
}

}  // namespace

void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock&) {
  auto& accounts = domain.accounts;

  routes.post<register_in, user_out>("/users/register/",
                                     {.status = 201, .summary = "Make an account", .door = true, .tag = "users"},
                                     [&accounts](const request&, register_in in) -> task<user_out> {
                                       registration r;
                                       r.username = in.username;
                                       r.email = in.email;
                                       r.password = in.password;
                                       r.first_name = in.first_name.value_or("");
                                       r.last_name = in.last_name.value_or("");
                                       if (in.role) r.wanted = role_named(*in.role).value_or(role::student);
                                       auto making = accounts.make_account(std::move(r));
                                       auto who = co_await std::move(making);
                                       co_return to_wire(*who);
                                     });

  routes.post<token_in, tokens_out>(
      "/token/", {.summary = "Sign in with username or address", .door = true, .login = true, .tag = "token"},
      [&accounts](const request& q, token_in in) -> task<tokens_out> {
        credentials c{in.username, in.password, in.mfa_code.value_or(wire::text<0, 16>()), q.who.address};
        auto signing = accounts.sign_in(std::move(c), dialect::classic);
        auto in_now = co_await std::move(signing);
        tokens_out out{in_now.tokens.access_token, in_now.tokens.refresh_token};
        co_return out;
      });

  routes.post<refresh_in, tokens_out>(
      "/token/refresh/", {.summary = "Exchange a refresh token for a new pair", .door = true, .tag = "token"},
      [&accounts](const request&, refresh_in in) -> task<tokens_out> {
        auto refreshing = accounts.refresh(in.refresh);
        auto t = co_await std::move(refreshing);
        tokens_out out{t.access_token, t.refresh_token};
        co_return out;
      });

  routes.get<wire::nothing, user_out>("/users/profile/",
                                      {.auth = auth::required, .summary = "The signed-in person", .tag = "users"},
                                      [&accounts](const request& q, wire::nothing) -> task<user_out> {
                                        auto reading = accounts.get(q.who.user);
                                        auto who = co_await std::move(reading);
                                        co_return to_wire(*who);
                                      });

  routes.put<profile_in, user_out>(
      "/users/profile/", {.auth = auth::required, .summary = "Change the members that are given", .tag = "users"},
      [&accounts](const request& q, profile_in in) -> task<user_out> {
        profile_change change;
        change.first_name = std::move(in.first_name);
        change.last_name = std::move(in.last_name);
        change.bio = std::move(in.bio);
        change.avatar_url = std::move(in.avatar_url);
        change.phone = std::move(in.phone);
        change.country = std::move(in.country);
        change.timezone = std::move(in.timezone);
        auto changing = accounts.update(q.who.user, std::move(change));
        auto who = co_await std::move(changing);
        co_return to_wire(*who);
      });
}

}  // namespace stoa::classic

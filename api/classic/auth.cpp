#include "api/classic/classic.hpp"
#include "api/fields.hpp"
#include "api/mailed.hpp"
#include "api/people.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::classic {
namespace {

using api::area_parts;
using limits = account_limits;

struct register_in {
  wire::text<1, limits::username> username;
  wire::email_text email;
  api::password_text password;
  std::optional<wire::text<0, limits::name>> first_name, last_name;
  std::optional<wire::choice<"student", "instructor", "admin">> role;
};
BOOST_DESCRIBE_STRUCT(register_in, (), (username, email, password, first_name, last_name, role))

struct user_out {
  std::int64_t id = 0;
  std::string username, email, first_name, last_name, role;
  std::string bio;
  wire::shown_url avatar_url;
  std::string phone, country, timezone;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(user_out, (),
                      (id, username, email, first_name, last_name, role, bio, avatar_url, phone, country, timezone,
                       created_at, updated_at))

struct token_in {
  api::identifier_text username;
  api::password_text password;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(token_in, (), (username, password, mfa_code))

struct refresh_in {
  api::token_text refresh;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh, mfa_code))

struct tokens_out {
  std::string access, refresh;
};
BOOST_DESCRIBE_STRUCT(tokens_out, (), (access, refresh))

struct profile_in {
  wire::emptiable<wire::text<0, limits::name>> first_name, last_name;
  wire::emptiable<wire::text<0, limits::bio>> bio;
  wire::emptiable<wire::url_text> avatar_url;
  wire::emptiable<wire::text<0, limits::phone>> phone;
  wire::emptiable<wire::text<0, limits::country>> country;
  wire::emptiable<wire::text<0, limits::timezone>> timezone;
};
BOOST_DESCRIBE_STRUCT(profile_in, (), (first_name, last_name, bio, avatar_url, phone, country, timezone))

user_out to_wire(const account& a) {
  auto out = wire::same_named<user_out, "id">(a);
  out.id = a.number;
  // Whoever came through a door without usernames signs in here with the address.
  if (out.username.empty()) out.username = a.email;
  out.role = name_of(api::leading_role(a.roles));
  return out;
}

registration registration_of(const register_in& in) {
  registration r;
  r.username = in.username;
  r.email = in.email;
  r.password = in.password;
  r.first_name = in.first_name.value_or("");
  r.last_name = in.last_name.value_or("");
  if (in.role) r.wanted = role_named(*in.role).value_or(role::student);
  return r;
}

void check_members(const register_in& in, wire::problems& bad) {
  api::check_registration(registration_of(in), {}, bad);
}

task<user_out> sign_up(const area_parts& a, const request&, register_in in) {
  auto r = registration_of(in);
  auto who = co_await a.domain.accounts.make_account(std::move(r));
  co_return to_wire(*who);
}

task<tokens_out> sign_in(const area_parts& a, const request& q, token_in in) {
  credentials c{in.username, in.password, in.mfa_code.value_or(""), q.who.address};
  auto terms = api::terms_of(a, q);
  auto in_now = co_await a.domain.accounts.sign_in(std::move(c), std::move(terms));
  tokens_out out{in_now.tokens.access_token, in_now.tokens.refresh_token};
  co_return out;
}

task<tokens_out> refresh(const area_parts& a, const request&, refresh_in in) {
  auto t = co_await a.domain.accounts.refresh(in.refresh, in.mfa_code.value_or(""));
  tokens_out out{t.access_token, t.refresh_token};
  co_return out;
}

task<user_out> profile(const area_parts& a, const request& q) {
  auto who = co_await a.domain.accounts.get(q.who.user);
  co_return to_wire(*who);
}

task<user_out> change_profile(const area_parts& a, const request& q, profile_in in) {
  auto who = co_await a.domain.accounts.update(q.who.user, wire::same_named<profile_change>(in));
  co_return to_wire(*who);
}

}  // namespace

void add_auth_routes(route_table& routes, const api::parts_ptr& parts) {
  auto users = routes.area("users", parts);
  users.post("/users/register/",
             {.status = 201,
              .summary = "Make an account",
              .door = true,
              .hashes = true,
              .refuses = {fault_kind::conflict, fault_kind::forbidden}},
             sign_up);
  users.get("/users/profile/", {.auth = auth::required, .summary = "The signed-in person"}, profile);
  users.put("/users/profile/", {.auth = auth::required, .summary = "Change the members that are given"},
            change_profile);

  api::mailed_paths mailed;
  mailed.reset = "/users/password-reset/";
  mailed.reset_confirm = "/users/password-reset/confirm/";
  mailed.verify = "/users/verify-email/";
  mailed.verify_resend = "/users/verify-email/resend/";
  api::add_mailed_routes(users, mailed);

  auto tokens = routes.area("token", parts);
  tokens.post("/token/", {.summary = "Sign in with username or address", .door = true, .login = true}, sign_in);
  tokens.post("/token/refresh/",
              {.summary = "Exchange a refresh token for a new pair",
               .door = true,
               .addition = true,
               .refuses = {fault_kind::unauthenticated}},
              refresh);
}

}  // namespace stoa::classic

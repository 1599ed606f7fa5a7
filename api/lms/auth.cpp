#include "api/fields.hpp"
#include "api/lms/lms.hpp"
#include "api/mailed.hpp"
#include "api/people.hpp"

namespace stoa::lms {
namespace {

using api::area_parts;
using limits = account_limits;

struct register_in {
  wire::email_text email;
  api::password_text password;
  wire::text<1, limits::full_name> full_name;
};
BOOST_DESCRIBE_STRUCT(register_in, (), (email, password, full_name))

struct login_in {
  api::identifier_text email;
  api::password_text password;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(login_in, (), (email, password, mfa_code))

struct mfa_login_in {
  api::identifier_text email;
  api::password_text password;
  api::code_text mfa_code;
};
BOOST_DESCRIBE_STRUCT(mfa_login_in, (), (email, password, mfa_code))

struct refresh_in {
  api::token_text refresh_token;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh_token, mfa_code))

struct tokens_out {
  std::string access_token, refresh_token;
  std::string token_type = "bearer";
  std::int64_t expires_in = 0;
};
BOOST_DESCRIBE_STRUCT(tokens_out, (), (access_token, refresh_token, token_type, expires_in))

struct user_out {
  user_id id;
  std::string email, full_name, role;
  bool is_active = true;
  bool mfa_enabled = false;
  timestamp created_at, last_login_at;
};
BOOST_DESCRIBE_STRUCT(user_out, (), (id, email, full_name, role, is_active, mfa_enabled, created_at, last_login_at))

struct user_in {
  wire::given<wire::text<1, limits::full_name>> full_name;
};
BOOST_DESCRIBE_STRUCT(user_in, (), (full_name))

struct password_in {
  api::password_text current_password, new_password;
};
BOOST_DESCRIBE_STRUCT(password_in, (), (current_password, new_password))

constexpr api::field_name name_fields[] = {{"first_name", "full_name"}, {"last_name", "full_name"}};
constexpr api::field_name password_fields[] = {{"password", "new_password"}};

tokens_out to_wire(const token_pair& t, timestamp now) {
  tokens_out out;
  out.access_token = t.access_token;
  out.refresh_token = t.refresh_token;
  out.expires_in = std::chrono::round<seconds>(t.access_expires_at - now).count();
  return out;
}

user_out to_wire(const account& a, const mfa_status& mfa) {
  user_out out;
  out.id = a.id;
  out.email = a.email;
  out.full_name = a.full_name();
  out.role = name_of(api::leading_role(a.roles));
  out.is_active = a.active;
  out.mfa_enabled = mfa.enabled;
  out.created_at = a.created_at;
  // Who has not signed in since registering came in by the registration itself.
  out.last_login_at = a.last_login_at.value_or(a.created_at);
  return out;
}

registration registration_of(const register_in& in) {
  auto name = split_name::of(in.full_name);
  registration r;
  r.email = in.email;
  r.password = in.password;
  r.first_name = std::move(name.first);
  r.last_name = std::move(name.last);
  r.strict_password = true;
  return r;
}

void check_members(const register_in& in, wire::problems& bad) {
  api::check_registration(registration_of(in), name_fields, bad);
}

task<tokens_out> sign_up(const area_parts& a, const request& q, register_in in) {
  auto signing = api::with_fields(a.domain.accounts.sign_up(registration_of(in), api::terms_of(a, q)), name_fields);
  auto outcome = co_await as_result(std::move(signing));
  if (!outcome) {
    auto refused = std::move(outcome).refusal();
    // Lists of fields belong to 422 here; a conflict is told in one sentence.
    if (refused.kind == fault_kind::conflict) refused.fields.clear();
    co_return refused;
  }
  co_return to_wire(outcome->tokens, a.clock.now());
}

task<tokens_out> sign_in_with(const area_parts& a, const request& q, credentials c) {
  auto terms = api::terms_of(a, q);
  auto in_now = co_await a.domain.accounts.sign_in(std::move(c), std::move(terms));
  co_return to_wire(in_now.tokens, a.clock.now());
}

task<tokens_out> sign_in(const area_parts& a, const request& q, login_in in) {
  credentials c{in.email, in.password, in.mfa_code.value_or(""), q.who.address};
  co_return co_await sign_in_with(a, q, std::move(c));
}

task<tokens_out> mfa_sign_in(const area_parts& a, const request& q, mfa_login_in in) {
  credentials c{in.email, in.password, in.mfa_code, q.who.address};
  co_return co_await sign_in_with(a, q, std::move(c));
}

task<tokens_out> refresh(const area_parts& a, const request&, refresh_in in) {
  auto t = co_await a.domain.accounts.refresh(in.refresh_token, in.mfa_code.value_or(""));
  co_return to_wire(t, a.clock.now());
}

task<wire::nothing> sign_out(const area_parts& a, const request& q) {
  co_await a.domain.accounts.sign_out(q.who.session);
  co_return wire::nothing{};
}

task<user_out> me(const area_parts& a, const request& q) {
  auto who = co_await a.domain.accounts.get(q.who.user);
  const auto mfa = co_await a.domain.accounts.mfa_of(q.who.user);
  co_return to_wire(*who, mfa);
}

task<user_out> change_me(const area_parts& a, const request& q, user_in in) {
  profile_change change;
  if (in.full_name) api::set_full_name(change, *in.full_name);
  auto changing = api::with_fields(a.domain.accounts.update(q.who.user, std::move(change)), name_fields);
  auto who = co_await std::move(changing);
  const auto mfa = co_await a.domain.accounts.mfa_of(q.who.user);
  co_return to_wire(*who, mfa);
}

void check_members(const password_in& in, wire::problems& bad) {
  api::check_new_password(in.new_password, true, password_fields, bad);
}

task<wire::nothing> change_password(const area_parts& a, const request& q, password_in in) {
  auto changing = api::with_fields(
      a.domain.accounts.change_password(q.who.user, in.current_password, in.new_password, true), password_fields);
  co_await std::move(changing);
  co_return wire::nothing{};
}

}  // namespace

void add_auth_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("auth", parts);
  at.post("/auth/register",
          {.status = 201,
           .summary = "Make an account and sign it in",
           .door = true,
           .hashes = true,
           .refuses = {fault_kind::conflict}},
          sign_up);
  at.post("/auth/login", {.summary = "Sign in with address and password", .door = true, .login = true}, sign_in);
  at.post("/auth/mfa/login",
          {.summary = "Sign in with address, password and a code of the second factor", .door = true, .login = true},
          mfa_sign_in);
  at.post(
      "/auth/refresh",
      {.summary = "Exchange a refresh token for a new pair", .door = true, .refuses = {fault_kind::unauthenticated}},
      refresh);
  at.post("/auth/logout", {.auth = auth::required, .status = 204, .summary = "End this session", .door = true},
          sign_out);

  api::mailed_paths mailed;
  mailed.reset = "/auth/password-reset";
  mailed.reset_confirm = "/auth/password-reset/confirm";
  mailed.verify = "/auth/verify-email";
  mailed.verify_resend = "/auth/verify-email/resend";
  mailed.strict = true;
  api::add_mailed_routes(at, mailed);

  auto users = routes.area("users", parts);
  users.get("/users/me", {.auth = auth::required, .summary = "The signed-in person"}, me);
  users.patch("/users/me", {.auth = auth::required, .summary = "Change one's own profile"}, change_me);
  users.post("/users/me/password",
             {.auth = auth::required,
              .status = 204,
              .summary = "Change the password; ends every session",
              .door = true,
              .hashes = true,
              .refuses = {fault_kind::rejected}},
             change_password);
}

}  // namespace stoa::lms

#include "api/apranova/apranova.hpp"
#include "api/fields.hpp"
#include "api/mailed.hpp"
#include "api/people.hpp"

namespace stoa::apranova {
namespace {

using api::area_parts;
using limits = account_limits;

/// What this contract calls a role.
std::string word_for(role r) { return std::string(r == role::instructor ? "trainer" : name_of(r)); }

using role_word = wire::choice<"student", "trainer", "instructor", "admin">;

role role_of(const std::string& word) {
  return word == "trainer" ? role::instructor : role_named(word).value_or(role::student);
}

struct register_in {
  wire::text<1, limits::full_name> name;
  wire::email_text email;
  api::password_text password1, password2;
  std::optional<role_word> role;
  std::optional<wire::text<0, limits::track>> track;
};
BOOST_DESCRIBE_STRUCT(register_in, (), (name, email, password1, password2, role, track))

struct user_out {
  std::int64_t id = 0;
  std::string email, name, role, track;
};
BOOST_DESCRIBE_STRUCT(user_out, (), (id, email, name, role, track))

struct registered {
  std::string access, refresh;
  user_out user;
};
BOOST_DESCRIBE_STRUCT(registered, (), (access, refresh, user))

struct login_in {
  api::identifier_text email;
  api::password_text password;
  std::optional<wire::text<0, 32>> role;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(login_in, (), (email, password, role, mfa_code))

struct login_out {
  std::string access, refresh;
  user_out user;
  std::string redirect_url;
};
BOOST_DESCRIBE_STRUCT(login_out, (), (access, refresh, user, redirect_url))

struct refresh_in {
  api::token_text refresh;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh, mfa_code))

struct tokens_out {
  std::string access, refresh;
};
BOOST_DESCRIBE_STRUCT(tokens_out, (), (access, refresh))

struct logout_in {
  std::optional<api::token_text> refresh;
};
BOOST_DESCRIBE_STRUCT(logout_in, (), (refresh))

struct message_out {
  std::string message;
};
BOOST_DESCRIBE_STRUCT(message_out, (), (message))

struct email_in {
  wire::email_text email;
};
BOOST_DESCRIBE_STRUCT(email_in, (), (email))

struct exists_out {
  bool exists = false;
};
BOOST_DESCRIBE_STRUCT(exists_out, (), (exists))

struct profile_out {
  std::int64_t id = 0;
  std::string email, name, role, track;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(profile_out, (), (id, email, name, role, track, created_at, updated_at))

struct profile_in {
  wire::given<wire::text<1, limits::full_name>> name;
  wire::emptiable<wire::text<0, limits::track>> track;
};
BOOST_DESCRIBE_STRUCT(profile_in, (), (name, track))

struct role_in {
  role_word role;
};
BOOST_DESCRIBE_STRUCT(role_in, (), (role))

struct role_holder {
  std::int64_t id = 0;
  std::string role;
};
BOOST_DESCRIBE_STRUCT(role_holder, (), (id, role))

struct role_out {
  std::string message;
  role_holder user;
};
BOOST_DESCRIBE_STRUCT(role_out, (), (message, user))

constexpr api::field_name account_fields[] = {{"first_name", "name"}, {"last_name", "name"}, {"password", "password1"}};

std::string word_of(const account& a) { return word_for(api::leading_role(a.roles)); }

user_out user_of(const account& a) { return {a.number, a.email, a.full_name(), word_of(a), a.track}; }

profile_out profile_of(const account& a) {
  return {a.number, a.email, a.full_name(), word_of(a), a.track, a.created_at, a.updated_at};
}

/// A taken address is a complaint about its field here, like any other.
fault as_validation(fault f) {
  if (f.kind == fault_kind::conflict && !f.fields.empty()) f.kind = fault_kind::invalid;
  return f;
}

fault other_role(const std::string& actual, const std::string& asked) {
  fault f(fault_kind::forbidden, "ROLE_MISMATCH",
          "You are registered as '" + actual + "' but tried to login as '" + asked + "'");
  f.extra.emplace_back("actual_role", actual);
  return f;
}

registration registration_of(const register_in& in) {
  auto name = split_name::of(in.name);
  registration r;
  r.email = in.email;
  r.password = in.password1;
  r.first_name = std::move(name.first);
  r.last_name = std::move(name.last);
  r.track = in.track.value_or("");
  if (in.role) r.wanted = role_of(*in.role);
  return r;
}

void check_members(const register_in& in, wire::problems& bad) {
  if (in.password1 != in.password2 && !bad.about("password1") && !bad.about("password2"))
    bad.add("password2", "The two passwords do not match.", "match");
  api::check_registration(registration_of(in), account_fields, bad);
}

task<registered> sign_up(const area_parts& a, const request& q, register_in in) {
  auto signing = api::with_fields(a.domain.accounts.sign_up(registration_of(in), api::terms_of(a, q)), account_fields);
  auto outcome = co_await as_result(std::move(signing));
  if (!outcome) co_return as_validation(std::move(outcome).refusal());
  registered out{outcome->tokens.access_token, outcome->tokens.refresh_token, user_of(*outcome->account)};
  co_return out;
}

task<login_out> sign_in(const area_parts& a, const request& q, login_in in) {
  credentials c{in.email, in.password, in.mfa_code.value_or(""), q.who.address};
  auto who = co_await a.domain.accounts.authenticate(std::move(c));
  const auto actual = word_of(*who.account);
  if (in.role && !in.role->empty()) {
    auto asked = ascii_lower(*in.role);
    if (asked == name_of(role::instructor)) asked = word_for(role::instructor);
    if (asked != actual) co_return other_role(actual, asked);
  }
  auto terms = api::terms_of(a, q);
  auto in_now = co_await a.domain.accounts.open_session(std::move(who), std::move(terms));
  login_out out{in_now.tokens.access_token, in_now.tokens.refresh_token, user_of(*in_now.account),
                a.own->text(redirect_setting(actual))};
  co_return out;
}

task<tokens_out> refresh(const area_parts& a, const request&, refresh_in in) {
  auto t = co_await a.domain.accounts.refresh(in.refresh, in.mfa_code.value_or(""));
  tokens_out out{t.access_token, t.refresh_token};
  co_return out;
}

/// Without a refresh token the session is the access token's alone.
task<message_out> sign_out(const area_parts& a, const request& q, logout_in in) {
  if (in.refresh)
    co_await a.domain.accounts.sign_out(q.who.user, q.who.session, *in.refresh);
  else
    co_await a.domain.accounts.sign_out(q.who.session);
  message_out out{"Logout successful"};
  co_return out;
}

task<exists_out> check_email(const area_parts& a, const request&, email_in in) {
  exists_out out;
  out.exists = co_await a.domain.accounts.email_exists(in.email);
  co_return out;
}

task<profile_out> profile(const area_parts& a, const request& q) {
  auto who = co_await a.domain.accounts.get(q.who.user);
  co_return profile_of(*who);
}

task<profile_out> change_profile(const area_parts& a, const request& q, profile_in in) {
  profile_change change;
  if (in.name) api::set_full_name(change, *in.name);
  change.track = std::move(in.track);
  auto changing = api::with_fields(a.domain.accounts.update(q.who.user, std::move(change)), account_fields);
  auto changed = co_await std::move(changing);
  co_return profile_of(*changed);
}

task<role_out> change_role(const area_parts& a, const request& q, role_in in) {
  auto who = co_await a.domain.accounts.change_role(q.who.user, role_of(in.role));
  role_out out{"Role updated successfully", {who->number, word_of(*who)}};
  co_return out;
}

}  // namespace

void add_auth_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("auth", parts);
  at.post("/auth/registration/",
          {.status = 201,
           .summary = "Make an account and sign it in",
           .door = true,
           .hashes = true,
           .refuses = {fault_kind::forbidden}},
          sign_up);
  at.post(
      "/auth/token/refresh/",
      {.summary = "Exchange a refresh token for a new pair", .door = true, .refuses = {fault_kind::unauthenticated}},
      refresh);

  api::mailed_paths mailed;
  mailed.reset = "/auth/password/reset/";
  mailed.reset_confirm = "/auth/password/reset/confirm/";
  mailed.verify = "/auth/verify-email/";
  mailed.verify_resend = "/auth/verify-email/resend/";
  mailed.twice = true;
  api::add_mailed_routes(at, mailed);

  auto users = routes.area("users", parts);
  users.post("/users/login/",
             {.summary = "Sign in, in one's own role", .door = true, .login = true, .refuses = {fault_kind::forbidden}},
             sign_in);
  users.post("/users/logout/", {.auth = auth::required, .summary = "End this session", .door = true}, sign_out);
  users.post("/users/check-email/", {.summary = "Whether an address has an account"}, check_email);
  users.get("/users/profile/", {.auth = auth::required, .summary = "The signed-in person"}, profile);
  users.put("/users/profile/",
            {.auth = auth::required, .summary = "Change the members that are given", .addition = true}, change_profile);
  users.patch("/users/profile/",
              {.auth = auth::required, .summary = "Change the members that are given", .addition = true},
              change_profile);
  users.post("/users/update-role/",
             {.auth = auth::required,
              .summary = "Take a role that people may take themselves",
              .refuses = {fault_kind::forbidden}},
             change_role);
}

}  // namespace stoa::apranova

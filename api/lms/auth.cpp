#include "api/lms/auth.hpp"

#include "api/fields.hpp"
#include "api/people.hpp"

namespace stoa::lms {
namespace {

struct register_in {
  wire::email_text email;
  wire::verbatim<1024> password;
  wire::text<1, 255> full_name;
};
BOOST_DESCRIBE_STRUCT(register_in, (), (email, password, full_name))

struct login_in {
  wire::text<1, 254> email;
  wire::verbatim<1024> password;
  std::optional<wire::text<0, 16>> mfa_code;
};
BOOST_DESCRIBE_STRUCT(login_in, (), (email, password, mfa_code))

struct refresh_in {
  wire::verbatim<4096> refresh_token;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh_token))

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
  std::optional<wire::text<1, 255>> full_name;
};
BOOST_DESCRIBE_STRUCT(user_in, (), (full_name))

struct password_in {
  wire::verbatim<1024> current_password, new_password;
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

user_out to_wire(const account& a) {
  user_out out;
  out.id = a.id;
  out.email = a.email;
  out.full_name = a.full_name();
  out.role = name_of(api::leading_role(a.roles));
  out.is_active = a.active;
  out.created_at = a.created_at;
  // Who has not signed in since registering came in by the registration itself.
  out.last_login_at = a.last_login_at.value_or(a.created_at);
  return out;
}

}  // namespace

void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock) {
  auto& accounts = domain.accounts;

  routes.post<register_in, tokens_out>(
      "/auth/register", {.status = 201, .summary = "Make an account and sign it in", .door = true, .tag = "auth"},
      [&accounts, &clock](const request&, register_in in) -> task<tokens_out> {
        auto name = split_name::of(in.full_name);
        registration r;
        r.email = in.email;
        r.password = in.password;
        r.first_name = std::move(name.first);
        r.last_name = std::move(name.last);
        r.strict_password = true;
        auto signing = api::with_fields(accounts.sign_up(std::move(r), dialect::lms), name_fields);
        auto outcome = co_await as_result(std::move(signing));
        if (!outcome) {
          auto refused = std::move(outcome).refusal();
          // Lists of fields belong to 422 here; a conflict is told in one sentence.
          if (refused.kind == fault_kind::conflict) refused.fields.clear();
          co_return refused;
        }
        co_return to_wire(outcome->tokens, clock.now());
      });

  routes.post<login_in, tokens_out>(
      "/auth/login", {.summary = "Sign in with address and password", .door = true, .login = true, .tag = "auth"},
      [&accounts, &clock](const request& q, login_in in) -> task<tokens_out> {
        credentials c{in.email, in.password, in.mfa_code.value_or(wire::text<0, 16>()), q.who.address};
        auto signing = accounts.sign_in(std::move(c), dialect::lms);
        auto in_now = co_await std::move(signing);
        co_return to_wire(in_now.tokens, clock.now());
      });

  routes.post<refresh_in, tokens_out>(
      "/auth/refresh", {.summary = "Exchange a refresh token for a new pair", .door = true, .tag = "auth"},
      [&accounts, &clock](const request&, refresh_in in) -> task<tokens_out> {
        auto refreshing = accounts.refresh(in.refresh_token);
        auto t = co_await std::move(refreshing);
        co_return to_wire(t, clock.now());
      });

  routes.post<wire::nothing, wire::nothing>(
      "/auth/logout",
      {.auth = auth::required, .status = 204, .summary = "End this session", .door = true, .tag = "auth"},
      [&accounts](const request& q, wire::nothing) -> task<wire::nothing> {
        auto ending = accounts.sign_out(q.who.session);
        co_await std::move(ending);
        co_return wire::nothing{};
      });

  routes.get<wire::nothing, user_out>("/users/me",
                                      {.auth = auth::required, .summary = "The signed-in person", .tag = "users"},
                                      [&accounts](const request& q, wire::nothing) -> task<user_out> {
                                        auto reading = accounts.get(q.who.user);
                                        auto who = co_await std::move(reading);
                                        co_return to_wire(*who);
                                      });

  routes.patch<user_in, user_out>(
      "/users/me", {.auth = auth::required, .summary = "Change one's own profile", .tag = "users"},
      [&accounts](const request& q, user_in in) -> task<user_out> {
        profile_change change;
        if (in.full_name) api::set_full_name(change, *in.full_name);
        auto changing = api::with_fields(accounts.update(q.who.user, std::move(change)), name_fields);
        auto who = co_await std::move(changing);
        co_return to_wire(*who);
      });

  routes.post<password_in, wire::nothing>(
      "/users/me/password",
      {.auth = auth::required,
       .status = 204,
       .summary = "Change the password; ends every session",
       .door = true,
       .tag = "users"},
      [&accounts](const request& q, password_in in) -> task<wire::nothing> {
        auto changing = api::with_fields(
            accounts.change_password(q.who.user, in.current_password, in.new_password, true), password_fields);
        co_await std::move(changing);
        co_return wire::nothing{};
      });
}

}  // namespace stoa::lms

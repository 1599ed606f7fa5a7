#include "api/apranova/auth.hpp"

#include "api/fields.hpp"
#include "api/people.hpp"

namespace stoa::apranova {
namespace {

/// What this contract calls a role.
std::string word_for(role r) { return std::string(r == role::instructor ? "trainer" : name_of(r)); }

using role_word = wire::choice<"student", "trainer", "instructor", "admin">;

role role_of(const std::string& word) {
  return word == "trainer" ? role::instructor : role_named(word).value_or(role::student);
}

struct register_in {
  wire::text<1, 255> name;
  wire::email_text email;
  wire::verbatim<1024> password1, password2;
  std::optional<role_word> role;
  std::optional<wire::text<0, 32>> track;
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
  wire::text<1, 254> email;
  wire::verbatim<1024> password;
  std::optional<wire::text<0, 32>> role;
  std::optional<wire::text<0, 16>> mfa_code;
};
BOOST_DESCRIBE_STRUCT(login_in, (), (email, password, role, mfa_code))

struct login_out {
  std::string access, refresh;
  user_out user;
  std::string redirect_url;
};
BOOST_DESCRIBE_STRUCT(login_out, (), (access, refresh, user, redirect_url))

struct refresh_in {
  wire::verbatim<4096> refresh;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh))

struct tokens_out {
  std::string access, refresh;
};
BOOST_DESCRIBE_STRUCT(tokens_out, (), (access, refresh))

struct logout_in {
  std::optional<wire::verbatim<4096>> refresh;
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
  std::optional<wire::text<1, 255>> name;
  std::optional<wire::text<0, 32>> track;
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

task<profile_out> change_profile(accounts& who, user_id user, profile_in in) {
  profile_change change;
  if (in.name) api::set_full_name(change, *in.name);
  change.track = std::move(in.track);
  auto changing = api::with_fields(who.update(user, std::move(change)), account_fields);
  auto changed = co_await std::move(changing);
  co_return profile_of(*changed);
}

}  // namespace

void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock&) {
  auto& accounts = domain.accounts;

  routes.post<register_in, registered>(
      "/auth/registration/", {.status = 201, .summary = "Make an account and sign it in", .door = true, .tag = "auth"},
      [&accounts](const request&, register_in in) -> task<registered> {
        if (in.password1 != in.password2) co_return fault::field("password2", "The two passwords do not match.");
        auto name = split_name::of(in.name);
        registration r;
        r.email = in.email;
        r.password = in.password1;
        r.first_name = std::move(name.first);
        r.last_name = std::move(name.last);
        r.track = in.track.value_or("");
        if (in.role) r.wanted = role_of(*in.role);
        auto signing = api::with_fields(accounts.sign_up(std::move(r), dialect::apranova), account_fields);
        auto outcome = co_await as_result(std::move(signing));
        if (!outcome) co_return as_validation(std::move(outcome).refusal());
        registered out{outcome->tokens.access_token, outcome->tokens.refresh_token, user_of(*outcome->account)};
        co_return out;
      });

  routes.post<login_in, login_out>(
      "/users/login/", {.summary = "Sign in, in one's own role", .door = true, .login = true, .tag = "users"},
      [&accounts](const request& q, login_in in) -> task<login_out> {
        credentials c{in.email, in.password, in.mfa_code.value_or(wire::text<0, 16>()), q.who.address};
        auto checking = accounts.authenticate(std::move(c));
        auto who = co_await std::move(checking);
        const auto actual = word_of(*who);
        if (in.role && !in.role->empty()) {
          auto asked = ascii_lower(*in.role);
          if (asked == name_of(role::instructor)) asked = word_for(role::instructor);
          if (asked != actual) co_return other_role(actual, asked);
        }
        auto opening = accounts.open_session(std::move(who), dialect::apranova);
        auto in_now = co_await std::move(opening);
        login_out out{in_now.tokens.access_token, in_now.tokens.refresh_token, user_of(*in_now.account),
                      "/" + actual + "/dashboard"};
        co_return out;
      });

  routes.post<refresh_in, tokens_out>(
      "/auth/token/refresh/", {.summary = "Exchange a refresh token for a new pair", .door = true, .tag = "auth"},
      [&accounts](const request&, refresh_in in) -> task<tokens_out> {
        auto refreshing = accounts.refresh(in.refresh);
        auto t = co_await std::move(refreshing);
        tokens_out out{t.access_token, t.refresh_token};
        co_return out;
      });

  // The session is the access token's; the refresh token in the body belongs to it and ends with it.
  routes.post<logout_in, message_out>(
      "/users/logout/", {.auth = auth::required, .summary = "End this session", .door = true, .tag = "users"},
      [&accounts](const request& q, logout_in) -> task<message_out> {
        auto ending = accounts.sign_out(q.who.session);
        co_await std::move(ending);
        message_out out{"Logout successful"};
        co_return out;
      });

  routes.post<email_in, exists_out>("/users/check-email/",
                                    {.summary = "Whether an address has an account", .tag = "users"},
                                    [&accounts](const request&, email_in in) -> task<exists_out> {
                                      auto looking = accounts.email_exists(in.email);
                                      exists_out out;
                                      out.exists = co_await std::move(looking);
                                      co_return out;
                                    });

  routes.get<wire::nothing, profile_out>("/users/profile/",
                                         {.auth = auth::required, .summary = "The signed-in person", .tag = "users"},
                                         [&accounts](const request& q, wire::nothing) -> task<profile_out> {
                                           auto reading = accounts.get(q.who.user);
                                           auto who = co_await std::move(reading);
                                           co_return profile_of(*who);
                                         });

  const auto change = [&accounts](const request& q, profile_in in) -> task<profile_out> {
    return change_profile(accounts, q.who.user, std::move(in));
  };
  routes.put<profile_in, profile_out>(
      "/users/profile/", {.auth = auth::required, .summary = "Change the members that are given", .tag = "users"},
      change);
  routes.patch<profile_in, profile_out>(
      "/users/profile/", {.auth = auth::required, .summary = "Change the members that are given", .tag = "users"},
      change);

  routes.post<role_in, role_out>(
      "/users/update-role/",
      {.auth = auth::required, .summary = "Take a role that people may take themselves", .tag = "users"},
      [&accounts](const request& q, role_in in) -> task<role_out> {
        auto changing = accounts.change_role(q.who.user, role_of(in.role));
        auto who = co_await std::move(changing);
        role_out out{"Role updated successfully", {who->number, word_of(*who)}};
        co_return out;
      });
}

}  // namespace stoa::apranova

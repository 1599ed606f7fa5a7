#include "actors/dashboard/learner_numbers.hpp"
#include "api/certificates.hpp"
#include "api/fields.hpp"
#include "api/learnflow/learnflow.hpp"
#include "api/mailed.hpp"
#include "api/people.hpp"
#include "runtime/entity/snapshots.hpp"

namespace stoa::learnflow {
namespace {

using api::area_parts;
using limits = account_limits;

struct register_in {
  wire::email_text email;
  api::password_text password;
  wire::text<1, limits::name> first_name;
  wire::text<1, limits::name> last_name;
};
BOOST_DESCRIBE_STRUCT(register_in, (), (email, password, first_name, last_name))

struct registered {
  user_id id;
  std::string email, first_name, last_name;
  bool is_instructor = false;
  std::string access_token, refresh_token;
};
BOOST_DESCRIBE_STRUCT(registered, (), (id, email, first_name, last_name, is_instructor, access_token, refresh_token))

struct login_in {
  api::identifier_text email;
  api::password_text password;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(login_in, (), (email, password, mfa_code))

struct user_out {
  user_id id;
  std::string email, first_name, last_name;
  bool is_instructor = false;
};
BOOST_DESCRIBE_STRUCT(user_out, (), (id, email, first_name, last_name, is_instructor))

struct login_out {
  std::string access_token, refresh_token;
  user_out user;
};
BOOST_DESCRIBE_STRUCT(login_out, (), (access_token, refresh_token, user))

struct refresh_in {
  api::token_text refresh_token;
  std::optional<api::code_text> mfa_code;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh_token, mfa_code))

struct tokens_out {
  std::string access_token, refresh_token;
  timestamp expires_at;
};
BOOST_DESCRIBE_STRUCT(tokens_out, (), (access_token, refresh_token, expires_at))

struct profile_out {
  std::string bio;
  std::optional<std::string> profile_picture;
  std::string phone, country, timezone;
  wire::rounded<1> total_hours_learned;
  std::int64_t courses_completed = 0, certificates_earned = 0, current_streak_days = 0;
  std::optional<timestamp> last_activity;
};
BOOST_DESCRIBE_STRUCT(profile_out, (),
                      (bio, profile_picture, phone, country, timezone, total_hours_learned, courses_completed,
                       certificates_earned, current_streak_days, last_activity))

struct me_out {
  user_id id;
  std::string email, first_name, last_name;
  bool is_instructor = false;
  profile_out profile;
};
BOOST_DESCRIBE_STRUCT(me_out, (), (id, email, first_name, last_name, is_instructor, profile))

struct me_in {
  wire::given<wire::text<1, limits::name>> first_name, last_name;
  wire::emptiable<wire::text<0, limits::bio>> bio;
  wire::emptiable<wire::url_text> profile_picture;
  wire::emptiable<wire::text<0, limits::phone>> phone;
  wire::emptiable<wire::text<0, limits::country>> country;
  wire::emptiable<wire::text<0, limits::timezone>> timezone;
};
BOOST_DESCRIBE_STRUCT(me_in, (), (first_name, last_name, bio, profile_picture, phone, country, timezone))

user_out user_of(const account& a) {
  auto out = wire::same_named<user_out>(a);
  out.is_instructor = a.roles.has(role::instructor);
  return out;
}

/// The encoded answer of /auth/me/ for as long as nothing it shows has changed: same account, same learner, same
/// curricula and certificates, same day of theirs.
struct encoded_me {
  account_ptr account;
  learner_ptr learner;
  held_certificates_ptr held;
  date day;
  actors::course_versions courses;
  std::shared_ptr<const std::string> text;
};

class me_answers {
 public:
  me_answers(stoa::domain& domain, const stoa::clock& clock) : domain_(domain), clock_(clock) {}

  task<std::shared_ptr<const std::string>> of(user_id user) {
    auto who = co_await domain_.accounts.get(user);
    auto learner = co_await domain_.enrollments.get(user);
    const auto held = co_await api::certificates_of(domain_, user);
    const auto now = clock_.now();
    const auto today = actors::calendar_of(who->timezone).day_of(now);
    auto kept = kept_.find(user);
    if (kept && kept->account == who && kept->learner == learner && kept->day == today && kept->held == held &&
        actors::unchanged(kept->courses, domain_.courses))
      co_return kept->text;
    actors::course_versions seen;
    const auto numbers = co_await actors::learner_numbers(learner, domain_.courses, who->timezone, now, &seen);
    auto out = wire::same_named<me_out>(*who);
    out.is_instructor = who->roles.has(role::instructor);
    out.profile = wire::same_named<profile_out>(*who);
    if (!who->avatar_url.empty()) out.profile.profile_picture = who->avatar_url;
    out.profile.total_hours_learned.value = numbers.hours_learned;
    out.profile.courses_completed = numbers.courses_completed;
    out.profile.certificates_earned = api::number_of(held);
    out.profile.current_streak_days = numbers.streak_days;
    out.profile.last_activity = numbers.last_activity;
    auto fresh = std::make_shared<encoded_me>();
    fresh->account = std::move(who);
    fresh->learner = std::move(learner);
    fresh->held = held;
    fresh->day = today;
    fresh->courses = std::move(seen);
    fresh->text = std::make_shared<const std::string>(wire::write(out));
    auto text = fresh->text;
    // A bound rather than a policy: what is thrown away is made again from snapshots.
    if (kept_.size() > 20'000) kept_.clear();
    kept_.publish(user, std::move(fresh));
    co_return text;
  }

 private:
  stoa::domain& domain_;
  const stoa::clock& clock_;
  runtime::snapshots<user_id, encoded_me> kept_;
};

/// The handlers of /auth/me/, over the encoded answers.
class me_area {
 public:
  explicit me_area(api::parts_ptr parts) : parts_(std::move(parts)), answers_(parts_->domain, parts_->clock) {}

  task<encoded<me_out>> show(const request& q) {
    auto text = co_await answers_.of(q.who.user);
    encoded<me_out> out;
    out.out.body.push_back({{}, std::move(text)});
    co_return out;
  }

  task<encoded<me_out>> change(const request& q, me_in in) {
    auto wanted = wire::same_named<profile_change>(in);
    wanted.avatar_url = std::move(in.profile_picture);
    co_await parts_->domain.accounts.update(q.who.user, std::move(wanted));
    co_return co_await show(q);
  }

 private:
  api::parts_ptr parts_;
  me_answers answers_;
};

registration registration_of(const register_in& in) {
  registration r;
  r.email = in.email;
  r.password = in.password;
  r.first_name = in.first_name;
  r.last_name = in.last_name;
  return r;
}

void check_members(const register_in& in, wire::problems& bad) {
  api::check_registration(registration_of(in), {}, bad);
}

task<registered> sign_up(const area_parts& a, const request& q, register_in in) {
  auto r = registration_of(in);
  auto terms = api::terms_of(a, q);
  auto in_now = co_await a.domain.accounts.sign_up(std::move(r), std::move(terms));
  auto out = wire::same_named<registered>(*in_now.account);
  out.is_instructor = in_now.account->roles.has(role::instructor);
  out.access_token = in_now.tokens.access_token;
  out.refresh_token = in_now.tokens.refresh_token;
  co_return out;
}

task<login_out> sign_in(const area_parts& a, const request& q, login_in in) {
  credentials c{in.email, in.password, in.mfa_code.value_or(""), q.who.address};
  auto terms = api::terms_of(a, q);
  auto in_now = co_await a.domain.accounts.sign_in(std::move(c), std::move(terms));
  login_out out{in_now.tokens.access_token, in_now.tokens.refresh_token, user_of(*in_now.account)};
  co_return out;
}

task<tokens_out> refresh(const area_parts& a, const request&, refresh_in in) {
  auto t = co_await a.domain.accounts.refresh(in.refresh_token, in.mfa_code.value_or(""));
  tokens_out out{t.access_token, t.refresh_token, t.access_expires_at};
  co_return out;
}

task<wire::nothing> sign_out(const area_parts& a, const request& q) {
  co_await a.domain.accounts.sign_out(q.who.session);
  co_return wire::nothing{};
}

}  // namespace

void add_auth_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("auth", parts);
  at.post("/auth/register/",
          {.status = 201,
           .summary = "Make an account and sign it in",
           .door = true,
           .hashes = true,
           .refuses = {fault_kind::conflict}},
          sign_up);
  at.post("/auth/login/", {.summary = "Sign in with address and password", .door = true, .login = true}, sign_in);
  at.post("/auth/refresh/",
          {.summary = "Exchange a refresh token for a new pair",
           .door = true,
           .addition = true,
           .refuses = {fault_kind::unauthenticated}},
          refresh);
  at.post("/auth/logout/",
          {.auth = auth::required, .status = 204, .summary = "End this session", .door = true, .addition = true},
          sign_out);

  api::mailed_paths mailed;
  mailed.reset = "/auth/password-reset/";
  mailed.reset_confirm = "/auth/password-reset/confirm/";
  mailed.verify = "/auth/verify-email/";
  mailed.verify_resend = "/auth/verify-email/resend/";
  api::add_mailed_routes(at, mailed);

  auto me = routes.area("auth", std::make_shared<me_area>(parts));
  me.get("/auth/me/", {.auth = auth::required, .summary = "The signed-in person"}, &me_area::show);
  me.patch("/auth/me/", {.auth = auth::required, .summary = "Change one's own profile", .addition = true},
           &me_area::change);
}

}  // namespace stoa::learnflow

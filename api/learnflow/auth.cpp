#include "api/learnflow/auth.hpp"

#include "actors/dashboard/learner_numbers.hpp"
#include "runtime/entity/snapshots.hpp"

namespace stoa::learnflow {
namespace {

struct register_in {
  wire::email_text email;
  wire::verbatim<1024> password;
  wire::text<1, 150> first_name;
  wire::text<1, 150> last_name;
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
  wire::text<1, 254> email;
  wire::verbatim<1024> password;
  std::optional<wire::text<0, 16>> mfa_code;
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
  wire::verbatim<4096> refresh_token;
};
BOOST_DESCRIBE_STRUCT(refresh_in, (), (refresh_token))

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
  std::optional<wire::text<1, 150>> first_name, last_name;
  std::optional<wire::text<0, 5000>> bio;
  std::optional<wire::url_text> profile_picture;
  std::optional<wire::text<0, 40>> phone;
  std::optional<wire::text<0, 100>> country;
  std::optional<wire::text<0, 64>> timezone;
};
BOOST_DESCRIBE_STRUCT(me_in, (), (first_name, last_name, bio, profile_picture, phone, country, timezone))

user_out user_of(const account& a) { return {a.id, a.email, a.first_name, a.last_name, a.roles.has(role::instructor)}; }

/// The encoded answer of /auth/me/ for as long as nothing it shows has changed: same account, same learner, same day.
struct encoded_me {
  account_ptr account;
  learner_ptr learner;
  date day;
  std::shared_ptr<const std::string> text;
};

class me_answers {
 public:
  me_answers(stoa::domain& domain, const stoa::clock& clock) : domain_(domain), clock_(clock) {}

  task<std::shared_ptr<const std::string>> of(user_id user) {
    auto reading = domain_.accounts.get(user);
    auto who = co_await std::move(reading);
    auto learning = domain_.enrollments.get(user);
    auto learner = co_await std::move(learning);
    const auto today = std::chrono::floor<days>(clock_.now());
    auto kept = kept_.find(user);
    if (kept && kept->account == who && kept->learner == learner && kept->day == today) co_return kept->text;
    auto counting = actors::learner_numbers(learner, domain_.courses, clock_.now());
    const auto numbers = co_await std::move(counting);
    me_out out;
    out.id = who->id;
    out.email = who->email;
    out.first_name = who->first_name;
    out.last_name = who->last_name;
    out.is_instructor = who->roles.has(role::instructor);
    out.profile.bio = who->bio;
    if (!who->avatar_url.empty()) out.profile.profile_picture = who->avatar_url;
    out.profile.phone = who->phone;
    out.profile.country = who->country;
    out.profile.timezone = who->timezone;
    out.profile.total_hours_learned.value = numbers.hours_learned;
    out.profile.courses_completed = numbers.courses_completed;
    out.profile.certificates_earned = numbers.certificates_earned;
    out.profile.current_streak_days = numbers.streak_days;
    out.profile.last_activity = numbers.last_activity;
    auto fresh = std::make_shared<encoded_me>();
    fresh->account = std::move(who);
    fresh->learner = std::move(learner);
    fresh->day = today;
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

reply shared_json(std::shared_ptr<const std::string> text) {
  reply r;
  r.body.push_back({{}, std::move(text)});
  return r;
}

}  // namespace

void add_auth_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock) {
  auto& accounts = domain.accounts;
  auto me = std::make_shared<me_answers>(domain, clock);

  routes.post<register_in, registered>(
      "/auth/register/", {.status = 201, .summary = "Make an account and sign it in", .door = true, .tag = "auth"},
      [&accounts](const request&, register_in in) -> task<registered> {
        registration r;
        r.email = in.email;
        r.password = in.password;
        r.first_name = in.first_name;
        r.last_name = in.last_name;
        auto signing = accounts.sign_up(std::move(r), dialect::learnflow);
        auto in_now = co_await std::move(signing);
        const auto& a = *in_now.account;
        registered out{a.id,
                       a.email,
                       a.first_name,
                       a.last_name,
                       a.roles.has(role::instructor),
                       in_now.tokens.access_token,
                       in_now.tokens.refresh_token};
        co_return out;
      });

  routes.post<login_in, login_out>(
      "/auth/login/", {.summary = "Sign in with address and password", .door = true, .login = true, .tag = "auth"},
      [&accounts](const request& q, login_in in) -> task<login_out> {
        credentials c{in.email, in.password, in.mfa_code.value_or(wire::text<0, 16>()), q.who.address};
        auto signing = accounts.sign_in(std::move(c), dialect::learnflow);
        auto in_now = co_await std::move(signing);
        login_out out{in_now.tokens.access_token, in_now.tokens.refresh_token, user_of(*in_now.account)};
        co_return out;
      });

  routes.post<refresh_in, tokens_out>(
      "/auth/refresh/", {.summary = "Exchange a refresh token for a new pair", .door = true, .tag = "auth"},
      [&accounts](const request&, refresh_in in) -> task<tokens_out> {
        auto refreshing = accounts.refresh(in.refresh_token);
        auto t = co_await std::move(refreshing);
        tokens_out out{t.access_token, t.refresh_token, t.access_expires_at};
        co_return out;
      });

  routes.post<wire::nothing, wire::nothing>(
      "/auth/logout/",
      {.auth = auth::required, .status = 204, .summary = "End this session", .door = true, .tag = "auth"},
      [&accounts](const request& q, wire::nothing) -> task<wire::nothing> {
        auto ending = accounts.sign_out(q.who.session);
        co_await std::move(ending);
        co_return wire::nothing{};
      });

  routes.get<wire::nothing, encoded<me_out>>("/auth/me/",
                                             {.auth = auth::required, .summary = "The signed-in person", .tag = "auth"},
                                             [me](const request& q, wire::nothing) -> task<encoded<me_out>> {
                                               auto answering = me->of(q.who.user);
                                               auto text = co_await std::move(answering);
                                               encoded<me_out> out{shared_json(std::move(text))};
                                               co_return out;
                                             });

  routes.patch<me_in, encoded<me_out>>("/auth/me/",
                                       {.auth = auth::required, .summary = "Change one's own profile", .tag = "auth"},
                                       [me, &accounts](const request& q, me_in in) -> task<encoded<me_out>> {
                                         profile_change change;
                                         change.first_name = std::move(in.first_name);
                                         change.last_name = std::move(in.last_name);
                                         change.bio = std::move(in.bio);
                                         change.avatar_url = std::move(in.profile_picture);
                                         change.phone = std::move(in.phone);
                                         change.country = std::move(in.country);
                                         change.timezone = std::move(in.timezone);
                                         auto changing = accounts.update(q.who.user, std::move(change));
                                         co_await std::move(changing);
                                         auto answering = me->of(q.who.user);
                                         auto text = co_await std::move(answering);
                                         encoded<me_out> out{shared_json(std::move(text))};
                                         co_return out;
                                       });
}

}  // namespace stoa::learnflow

// The second factor by the clock: over HTTP, in houses of the test's own process, with codes of somebody else's app.
#include <algorithm>
#include <cctype>
#include <optional>
#include <thread>
#include <vector>

#include "runtime/store/plain.hpp"
#include "testing/fake_mailer.hpp"
#include "tests/cli/house/house_shop.hpp"
#include "tests/support/authenticator.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/mailed.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const std::string lms = "/lms/api/v1";

response enable(const test_house& h, const std::string& access) {
  return h.client().as(access).post(lms + "/auth/mfa/enable", "{}");
}
response tell(const test_house& h, const std::string& access, const std::string& what, const std::string& code) {
  return h.client().as(access).post(lms + "/auth/mfa/" + what, object({{"code", code}}));
}
response login(const test_house& h, const door& d, const person& who, const std::string& code = {}) {
  const auto body = d.login(who.email, who.password);
  return h.client().below(d.prefix).post(d.login_path, code.empty() ? body : with_code(body, code));
}
response login(const test_house& h, const person& who, const std::string& code = {}) {
  return login(h, door_named("lms"), who, code);
}
response refresh(const test_house& h, const door& d, const std::string& token, const std::string& code = {}) {
  const auto body = d.refresh_body(token);
  return h.client().below(d.prefix).post(d.refresh_path, code.empty() ? body : with_code(body, code));
}
response refresh(const test_house& h, const std::string& token, const std::string& code = {}) {
  return refresh(h, door_named("lms"), token, code);
}
bool mfa_enabled(const test_house& h, const std::string& access) {
  return h.client().as(access).get(lms + "/users/me").truth("mfa_enabled");
}

/// Somebody with an account, and an app that shows its codes once they are wanted.
struct owner : person {
  owner(test_house& house, person who) : person(std::move(who)), h(&house) {}
  explicit owner(test_house& house) : owner(house, account_at(house.client())) {}

  /// The code of the present period, after the clock has left the last one.
  std::string code() {
    h->clock.advance(seconds{30});
    return app_code(secret, h->clock.now());
  }
  void begin() {
    const auto begun = enable(*h, access);
    REQUIRE_STATUS(begun, 200);
    secret = begun.text("secret");
  }
  void protect() {
    begin();
    const auto verified = tell(*h, access, "verify", code());
    REQUIRE_STATUS(verified, 200);
    for (const auto& each : verified.at("recovery_codes").items()) recovery.emplace_back(each.text());
  }

  test_house* h;
  std::string secret;
  std::vector<std::string> recovery;
};

int count(const std::vector<int>& statuses, int status) {
  return static_cast<int>(std::count(statuses.begin(), statuses.end(), status));
}

}  // namespace

// -- every door

TEST_CASE("an account with a second factor gets no token without a code, at any door or refresh", "[house][mfa]") {
  test_house h;
  for (const auto& d : all_doors()) {
    INFO(d.name);
    owner who(h);
    const auto before = login(h, d, who);
    REQUIRE_STATUS(before, 200);
    who.protect();

    const auto bare = login(h, d, who);
    CHECK_STATUS(bare, 401);
    CHECK(bare.text(d.code_path) == "MFA_REQUIRED");
    CHECK(bare.header("www-authenticate"));
    const auto wrong = login(h, d, who, other_than(who.code()));
    CHECK_STATUS(wrong, 401);
    CHECK(wrong.text(d.code_path) == "INVALID_MFA_CODE");
    CHECK_STATUS(login(h, d, who, "no code"), 401);

    const auto in = login(h, d, who, who.code());
    REQUIRE_STATUS(in, 200);
    CHECK_STATUS(h.client().below(d.prefix).as(in.text(d.access_member)).get(d.me_path), 200);
    const auto next = refresh(h, d, in.text(d.refresh_member));
    REQUIRE_STATUS(next, 200);
    CHECK_STATUS(login(h, d, who, who.recovery[0]), 200);
    CHECK_STATUS(login(h, d, who, who.recovery[0]), 401);

    // A session from before goes on until its access token ends; then it shows a code.
    const auto old = before.text(d.refresh_member);
    CHECK_STATUS(h.client().below(d.prefix).as(before.text(d.access_member)).get(d.me_path), 200);
    const auto due = refresh(h, d, old);
    CHECK_STATUS(due, 401);
    CHECK(due.text(d.code_path) == "MFA_REQUIRED");
    CHECK_STATUS(refresh(h, d, old, other_than(who.code())), 401);
    const auto shown = refresh(h, d, old, who.code());
    REQUIRE_STATUS(shown, 200);
    CHECK_STATUS(refresh(h, d, shown.text(d.refresh_member)), 200);
  }
}

TEST_CASE("who has a wrong password learns nothing of the second factor", "[house][mfa]") {
  test_house h;
  owner who(h);
  who.protect();
  for (const auto& code : {std::string(), who.code(), who.recovery[0]}) {
    person guess = who;
    guess.password = "Not-the-password-1";
    const auto refused = login(h, guess, code);
    CHECK_STATUS(refused, 401);
    CHECK(refused.text("code") == "INVALID_CREDENTIALS");
  }
  // Nor was a code spent by it.
  CHECK_STATUS(login(h, who, who.recovery[0]), 200);
}

TEST_CASE("a code is ignored where there is no second factor", "[house][mfa]") {
  test_house h;
  const owner who(h);
  CHECK_STATUS(login(h, who, "123456"), 200);
  CHECK_STATUS(
      h.client().post(lms + "/auth/mfa/login", with_code(door_named("lms").login(who.email, who.password), "1")), 200);
  CHECK_STATUS(refresh(h, who.refresh, "123456"), 200);
}

// -- coming and going

TEST_CASE("a second factor that was begun and never verified changes nothing", "[house][mfa]") {
  test_house h;
  owner who(h);
  who.begin();
  CHECK_FALSE(mfa_enabled(h, who.access));
  CHECK_STATUS(login(h, who), 200);
  CHECK_STATUS(refresh(h, who.refresh), 200);
  CHECK_STATUS(tell(h, who.access, "disable", who.code()), 409);
  CHECK_STATUS(tell(h, who.access, "recovery-codes", who.code()), 409);
  // Beginning again replaces it.
  const auto first = who.secret;
  who.begin();
  CHECK(who.secret != first);
  CHECK_STATUS(tell(h, who.access, "verify", app_code(first, h.clock.now())), 400);
  CHECK_STATUS(tell(h, who.access, "verify", who.code()), 200);
  CHECK(mfa_enabled(h, who.access));
}

TEST_CASE("a second factor that is on is never replaced, and goes by a code alone", "[house][mfa]") {
  test_house h;
  owner who(h);
  CHECK_STATUS(tell(h, who.access, "verify", "123456"), 409);
  who.protect();
  const auto again = enable(h, who.access);
  CHECK_STATUS(again, 409);
  CHECK(again.text("code") == "MFA_ALREADY_ENABLED");
  CHECK_STATUS(tell(h, who.access, "verify", who.code()), 409);
  CHECK_STATUS(tell(h, who.access, "disable", other_than(who.code())), 400);
  CHECK_STATUS(tell(h, who.access, "disable", ""), 400);
  CHECK(mfa_enabled(h, who.access));
  CHECK_STATUS(tell(h, who.access, "disable", who.code()), 204);
  CHECK_FALSE(mfa_enabled(h, who.access));
  CHECK_STATUS(login(h, who), 200);
  // What was before is worth nothing in the next one.
  const auto old = who.recovery[0], old_secret = who.secret;
  who.recovery.clear();
  who.protect();
  CHECK(who.secret != old_secret);
  CHECK_STATUS(login(h, who, old), 401);
  CHECK_STATUS(login(h, who, app_code(old_secret, h.clock.now())), 401);
  CHECK_STATUS(tell(h, who.access, "disable", who.recovery[9]), 204);
}

TEST_CASE("sessions that owe a code owe none once the second factor is gone", "[house][mfa]") {
  test_house h;
  owner who(h);
  const auto before = login(h, who);
  who.protect();
  REQUIRE_STATUS(refresh(h, before.text("refresh_token")), 401);
  CHECK_STATUS(refresh(h, who.refresh), 200);
  REQUIRE_STATUS(tell(h, who.access, "disable", who.code()), 204);
  CHECK_STATUS(refresh(h, before.text("refresh_token")), 200);
}

TEST_CASE("new recovery codes take the place of all older ones", "[house][mfa]") {
  test_house h;
  owner who(h);
  who.protect();
  REQUIRE(who.recovery.size() == 10);
  CHECK_STATUS(tell(h, who.access, "recovery-codes", other_than(who.code())), 400);
  const auto renewed = tell(h, who.access, "recovery-codes", who.code());
  REQUIRE_STATUS(renewed, 200);
  CHECK(renewed.header("cache-control") == "no-store");
  const auto& fresh = renewed.at("recovery_codes").items();
  REQUIRE(fresh.size() == 10);
  CHECK_STATUS(login(h, who, who.recovery[0]), 401);
  // As they are written down, or as somebody types them.
  auto typed = std::string(fresh[0].text());
  std::erase(typed, '-');
  for (auto& c : typed) c = static_cast<char>(std::toupper(c));
  CHECK_STATUS(login(h, who, typed), 200);
  CHECK_STATUS(login(h, who, std::string(fresh[0].text())), 401);
  for (std::size_t i = 1; i < 10; ++i) CHECK_STATUS(login(h, who, std::string(fresh[i].text())), 200);
}

// -- once, and in time

TEST_CASE("a code is good once, in its period and one beside it", "[house][mfa]") {
  test_house h;
  owner who(h);
  who.protect();
  // The code that verified is spent.
  CHECK_STATUS(login(h, who, app_code(who.secret, h.clock.now())), 401);
  const auto shown = who.code();
  CHECK_STATUS(login(h, who, shown), 200);
  CHECK_STATUS(login(h, who, shown), 401);
  CHECK_STATUS(tell(h, who.access, "disable", shown), 400);

  h.clock.advance(minutes{10});
  const auto at = [&](int periods) { return app_code(who.secret, h.clock.now() + seconds{30 * periods}); };
  CHECK_STATUS(login(h, who, at(-2)), 401);
  CHECK_STATUS(login(h, who, at(2)), 401);
  CHECK_STATUS(login(h, who, at(-1)), 200);
  CHECK_STATUS(login(h, who, at(1)), 200);
  // Who came with the next period's code has spent this one's with it.
  CHECK_STATUS(login(h, who, at(0)), 401);
}

TEST_CASE("of twenty sign-ins at once with one code one gets in", "[house][mfa]") {
  test_house h;
  owner who(h);
  who.protect();
  for (const auto& code : {who.code(), who.recovery[0]}) {
    std::vector<int> statuses(20);
    std::vector<std::thread> all;
    for (std::size_t i = 0; i < statuses.size(); ++i)
      all.emplace_back([&, i] { statuses[i] = login(h, all_doors()[i % all_doors().size()], who, code).status; });
    for (auto& t : all) t.join();
    CHECK(count(statuses, 200) == 1);
    CHECK(count(statuses, 401) == 19);
  }
  // Codes that were used before are no guesses: nobody is locked out by them.
  CHECK_STATUS(login(h, who, who.code()), 200);
}

// -- the lock

TEST_CASE("wrong codes lock like wrong passwords, and a right password alone forgives none", "[house][mfa]") {
  test_house h;
  owner who(h);
  who.protect();
  for (int i = 0; i < 5; ++i) {
    CHECK_STATUS(login(h, who), 401);
    CHECK_STATUS(login(h, who, other_than(who.code())), 401);
  }
  const auto locked = login(h, who, who.code());
  CHECK_STATUS(locked, 423);
  CHECK(locked.text("detail") == "Account locked (too many failed attempts)");
  CHECK_STATUS(login(h, who), 423);
  for (const auto& d : all_doors()) CHECK_STATUS(login(h, d, who, who.code()), d.locked_status);
  h.clock.advance(minutes{16});
  CHECK_STATUS(login(h, who, who.code()), 200);
}

TEST_CASE("codes are guessed in a session no more often than at a door", "[house][mfa]") {
  test_house h;
  owner who(h);
  who.protect();
  CHECK_STATUS(tell(h, who.access, "disable", other_than(who.code())), 400);
  CHECK_STATUS(tell(h, who.access, "recovery-codes", other_than(who.code())), 400);
  // A right one in a session forgives nothing: the failures may be guesses at the password.
  REQUIRE_STATUS(tell(h, who.access, "recovery-codes", who.code()), 200);
  for (int i = 0; i < 3; ++i) CHECK_STATUS(tell(h, who.access, "disable", other_than(who.code())), 400);
  CHECK_STATUS(tell(h, who.access, "disable", who.code()), 423);
  CHECK_STATUS(login(h, who, who.code()), 423);
  CHECK_STATUS(refresh(h, who.refresh), 200);

  owner other(h);
  other.begin();
  for (int i = 0; i < 5; ++i) CHECK_STATUS(tell(h, other.access, "verify", other_than(other.code())), 400);
  CHECK_STATUS(tell(h, other.access, "verify", other.code()), 423);
}

// -- what a mailbox is worth

TEST_CASE("a new password by mail neither takes the second factor nor lifts a lock on it", "[house][mfa]") {
  test_house h({"plugins.disabled=mail, notifications", "accounts.verify_email=false"});
  auto post = std::make_shared<fake_mailer>();
  h->areas().offer<mailer>(post);
  owner who(h);
  who.protect();
  const auto reset = [&](std::size_t n, const std::string& next) {
    const auto& d = mailed_doors()[0];
    const auto at = h.client().below(d.own().prefix);
    REQUIRE_STATUS(at.post(d.reset, object({{"email", who.email}})), 200);
    REQUIRE(eventually([&] { return post->sent_to(who.email).size() >= n; }));
    const auto token = token_in(fake_mailer::variable(post->sent_to(who.email)[n - 1], "link"));
    REQUIRE_STATUS(at.post(d.confirm, d.confirmation(token, next)), 200);
    who.password = next;
  };
  reset(1, "AnotherSecret456!");
  for (const auto& d : all_doors()) {
    const auto bare = login(h, d, who);
    CHECK_STATUS(bare, 401);
    CHECK(bare.text(d.code_path) == "MFA_REQUIRED");
  }
  CHECK_STATUS(login(h, who, who.code()), 200);
  for (int i = 0; i < 5; ++i) CHECK_STATUS(login(h, who, other_than(who.code())), 401);
  reset(2, "YetAnother789!");
  CHECK_STATUS(login(h, who, who.code()), 423);
  h.clock.advance(minutes{16});
  CHECK_STATUS(login(h, who, who.code()), 200);
}

// -- what is kept

TEST_CASE("neither secrets nor recovery codes are in the database as they are", "[house][mfa]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  owner who(h);
  who.protect();
  runtime::plain_connection db{database};
  db.run("set stoa.acting = 'system'");
  const auto rows = db.run(
      "select a::text from account a union all select o::text from outbox o union all "
      "select j::text from job j");
  REQUIRE(rows.size() > 1);
  for (const auto& row : rows) {
    CHECK(row[0]->find(who.secret) == std::string::npos);
    for (auto code : who.recovery) {
      CHECK(row[0]->find(code) == std::string::npos);
      std::erase(code, '-');
      CHECK(row[0]->find(code) == std::string::npos);
    }
  }
}

TEST_CASE("a second factor outlives a change of the key, for as long as the old one is there", "[house][mfa]") {
  const auto database = test_postgres::shared().fresh_database();
  const std::string first = "security.token_key=the-first-key-of-thirty-two-bytes-or-more";
  const std::string second = "security.token_key=the-second-key-of-thirty-two-bytes-or-more";
  person who, late;
  std::string secret, late_secret;
  std::vector<std::string> recovery;
  std::optional<timestamp> at;
  const auto in = [&](test_house& h, person p, const std::string& of) {
    owner o(h, std::move(p));
    o.secret = of;
    h.clock.set(*at);
    const auto code = o.code();
    at = h.clock.now();
    return login(h, o, code).status;
  };
  {
    test_house h({first}, database);
    owner one(h), two(h);
    one.protect();
    two.protect();
    who = one, late = two, secret = one.secret, late_secret = two.secret, recovery = two.recovery;
    at = h.clock.now();
  }
  {
    test_house h({second, "security.token_key_previous=" + first.substr(first.find('=') + 1)}, database);
    CHECK(in(h, who, secret) == 200);
  }
  test_house h({second}, database);
  CHECK(in(h, who, secret) == 200);
  // Whoever did not sign in meanwhile has recovery codes, and the operator.
  CHECK(in(h, late, late_secret) == 401);
  CHECK_STATUS(login(h, late, recovery[0]), 200);
  const auto taken = run_stoa({"user", "disable-mfa", "--email", late.email, "--set", "database.mode=external", "--set",
                               "database.url=" + database, "--set", second});
  INFO(taken.errors);
  CHECK(taken.status == 0);
  CHECK_STATUS(login(h, late), 200);
}

// -- two processes

TEST_CASE("what one process is told of a second factor holds at once at the other", "[house][mfa]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house here({}, database), there({}, database);
  owner who(here);
  const auto other = login(there, who);
  REQUIRE_STATUS(other, 200);
  REQUIRE_STATUS(refresh(there, other.text("refresh_token")), 200);
  who.protect();
  there.clock.set(here.clock.now());
  CHECK_STATUS(refresh(there, other.text("refresh_token")), 401);
  CHECK_STATUS(login(there, who), 401);
  const auto code = who.code();
  there.clock.set(here.clock.now());
  CHECK_STATUS(login(here, who, code), 200);
  CHECK_STATUS(login(there, who, code), 401);
  CHECK_STATUS(login(there, who, who.recovery[0]), 200);
  CHECK_STATUS(login(here, who, who.recovery[0]), 401);
  CHECK(eventually([&] { return mfa_enabled(there, who.access); }));
  const auto last = who.code();
  there.clock.set(here.clock.now());
  REQUIRE_STATUS(tell(there, who.access, "disable", last), 204);
  CHECK_STATUS(login(here, who), 200);
}

// -- sessions

TEST_CASE("the list of sessions says when each was last used, and leaves out what has ended", "[house][sessions]") {
  test_house h;
  const owner who(h);
  const auto list = [&](const std::string& access) { return h.client().as(access).get(lms + "/auth/sessions"); };
  h.clock.advance(minutes{1});
  const auto second = login(h, door_named("unpuzzle"), who);
  const auto both = list(second.text("access_token"));
  REQUIRE_STATUS(both, 200);
  CHECK(both.integer("total") == 2);
  CHECK(both.truth("items.0.current"));
  CHECK(both.text("items.0.door") == "unpuzzle");
  CHECK(both.text("items.0.last_used_at") == both.text("items.0.created_at"));
  CHECK_FALSE(both.truth("items.1.current"));
  h.clock.advance(minutes{1});
  const auto next = refresh(h, who.refresh);
  REQUIRE_STATUS(next, 200);
  const auto turned = list(next.text("access_token"));
  CHECK(turned.truth("items.0.current"));
  CHECK(turned.text("items.0.last_used_at") > turned.text("items.0.created_at"));
  h.clock.advance(days{8});
  // The session of a week is over, that of thirty days goes on.
  const auto later = refresh(h, second.text("refresh_token"));
  REQUIRE_STATUS(later, 200);
  CHECK(list(later.text("access_token")).integer("total") == 1);
}

TEST_CASE("an ended session's access ends at once at every process", "[house][sessions]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house here({}, database), there({}, database);
  const owner who(here);
  const auto second = login(there, who), third = login(here, who);
  const auto me = [&](const test_house& h, const std::string& access) {
    return h.client().as(access).get(lms + "/users/me").status;
  };
  const auto list = here.client().as(who.access).get(lms + "/auth/sessions");
  REQUIRE(list.integer("total") == 3);
  std::string id;
  const auto& items = list.at("items").items();
  for (const auto& s : items)
    if (!find_at(s, "current")->as_boolean()) id = find_at(s, "id")->text();
  REQUIRE_STATUS(here.client().as(who.access).send("DELETE", lms + "/auth/sessions/" + id, std::nullopt), 204);
  CHECK(me(here, second.text("access_token")) + me(here, third.text("access_token")) == 200 + 401);
  CHECK(eventually(
      [&] { return me(there, second.text("access_token")) + me(there, third.text("access_token")) == 200 + 401; }));
  REQUIRE_STATUS(there.client().as(who.access).send("DELETE", lms + "/auth/sessions", std::nullopt), 204);
  for (const auto& token : {second.text("access_token"), third.text("access_token")}) {
    CHECK(me(there, token) == 401);
    CHECK(eventually([&] { return me(here, token) == 401; }));
  }
  CHECK_STATUS(refresh(here, second.text("refresh_token")), 401);
  CHECK_STATUS(refresh(here, third.text("refresh_token")), 401);
  CHECK(me(here, who.access) == 200);
  CHECK_STATUS(refresh(here, who.refresh), 200);
}

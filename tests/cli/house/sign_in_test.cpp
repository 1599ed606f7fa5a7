// What a sign-in is bound to, and what ends it: over HTTP, in houses of the test's own process.
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/store/plain.hpp"
#include "tests/api/doors/doors.hpp"
#include "tests/cli/house/house_shop.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const std::string base = learnflow_base;
constexpr const char* new_password = "An0ther-Secret!";

response login(const test_house& h, const std::string& name, const std::string& password) {
  return h.client().post(base + "/auth/login/", object({{"email", name}, {"password", password}}));
}
response token_of(const test_house& h, const std::string& name, const std::string& password) {
  return h.client().post("/classic/api/token/", object({{"username", name}, {"password", password}}));
}
response refresh(const test_house& h, const std::string& token) {
  return h.client().post(base + "/auth/refresh/", object({{"refresh_token", token}}));
}
response me(const test_house& h, const std::string& access) { return h.client().as(access).get(base + "/auth/me/"); }
response change_password(const test_house& h, const std::string& access, const std::string& from,
                         const std::string& to) {
  return h.client().as(access).post("/lms/api/v1/users/me/password",
                                    object({{"current_password", from}, {"new_password", to}}));
}

/// The statuses of answers that were asked for at once, and how many there are of each.
std::map<int, int> at_once(int n, const std::function<int(int)>& status_of) {
  std::vector<int> statuses(static_cast<std::size_t>(n));
  std::vector<std::thread> all;
  for (int i = 0; i < n; ++i) all.emplace_back([&, i] { statuses[static_cast<std::size_t>(i)] = status_of(i); });
  for (auto& t : all) t.join();
  std::map<int, int> out;
  for (const int status : statuses) ++out[status];
  return out;
}

/// Somebody with an address and a username of their own choice.
person named_account(const test_house& h, const std::string& email, const std::string& username) {
  person p;
  p.email = email;
  p.password = good_password;
  REQUIRE_STATUS(h.client().post("/classic/api/users/register/",
                                 object({{"username", username}, {"email", email}, {"password", p.password}})),
                 201);
  return p;
}

}  // namespace

// -- a sign-in is bound to the password it verified

TEST_CASE("of parallel password changes with one present password one takes place", "[house][sign_in]") {
  test_house h;
  const auto who = account_at(h.client());
  const auto answers = at_once(
      6, [&](int i) { return change_password(h, who.access, who.password, new_password + std::to_string(i)).status; });
  CHECK(answers.at(204) == 1);
  for (const auto& [status, n] : answers) CHECK((status == 204 || status == 400 || status == 401));
}

TEST_CASE("no session on the old password outlives a new one, however the sign-ins fall", "[house][sign_in]") {
  test_house h({"accounts.lock_failures=1000"});
  const auto who = account_at(h.client());
  std::vector<std::string> tokens;
  std::mutex guard;
  std::atomic<bool> over{false};
  std::vector<std::thread> visitors;
  for (int i = 0; i < 3; ++i)
    visitors.emplace_back([&] {
      while (!over) {
        const auto in = login(h, who.email, who.password);
        if (in.status != 200) return;
        const std::lock_guard lock(guard);
        tokens.push_back(in.text("refresh_token"));
      }
    });
  eventually([&] {
    const std::lock_guard lock(guard);
    return tokens.size() > 4;
  });
  CHECK_STATUS(change_password(h, who.access, who.password, new_password), 204);
  for (auto& t : visitors) t.join();
  CHECK_STATUS(login(h, who.email, who.password), 401);
  for (const auto& token : tokens) CHECK_STATUS(refresh(h, token), 401);
  CHECK_STATUS(login(h, who.email, new_password), 200);
}

TEST_CASE("a sign-in that renews a hash does not bring an old password back", "[house][sign_in]") {
  const auto database = test_postgres::shared().fresh_database();
  person who;
  {
    test_house before({"security.argon2_iterations=3"}, database);
    who = account_at(before.client());
  }
  test_house h({"security.argon2_iterations=2"}, database);
  // Every one of these has a hash to renew.
  const auto answers = at_once(6, [&](int i) {
    return (i == 3 ? change_password(h, who.access, who.password, new_password) : login(h, who.email, who.password))
        .status;
  });
  REQUIRE(answers.contains(204));
  CHECK_STATUS(login(h, who.email, new_password), 200);
  CHECK_STATUS(login(h, who.email, who.password), 401);
}

// -- what was ended stays ended

TEST_CASE("a refresh token whose session a new password ended gets no lost answer again", "[house][sign_in]") {
  test_house h;
  const auto who = account_at(h.client());
  const auto second = refresh(h, who.refresh);
  REQUIRE_STATUS(second, 200);
  REQUIRE_STATUS(change_password(h, second.text("access_token"), who.password, new_password), 204);
  CHECK_STATUS(refresh(h, who.refresh), 401);
  CHECK_STATUS(refresh(h, second.text("refresh_token")), 401);
  // Nor when nothing is remembered of the revocation any more.
  h.clock.advance(minutes{70});
  CHECK_STATUS(refresh(h, who.refresh), 401);
  CHECK_STATUS(refresh(h, second.text("refresh_token")), 401);
}

TEST_CASE("a lost answer is repeated only while the session's row lives, whoever ended it", "[house][sign_in]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  const auto who = account_at(h.client());
  REQUIRE_STATUS(refresh(h, who.refresh), 200);
  REQUIRE_STATUS(refresh(h, who.refresh), 200);
  // Behind the back of every process: no event tells of it.
  runtime::plain_connection{database}.run(
      "set stoa.acting = 'system'; update session set revoked_at = now(), version = version + 1");
  CHECK_STATUS(refresh(h, who.refresh), 401);
}

TEST_CASE("a sign-out whose outcome is unknown ends access at once and the session when it can", "[house][sign_in]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({"database.lock_timeout=200ms"}, database);
  const auto who = account_at(h.client());
  runtime::plain_connection db{database};
  db.run("set stoa.acting = 'system'");
  db.run("begin; select 1 from session for update");
  CHECK_STATUS(h.client().as(who.access).post(base + "/auth/logout/"), 503);
  CHECK_STATUS(me(h, who.access), 401);
  CHECK_STATUS(refresh(h, who.refresh), 401);
  db.run("rollback");
  const auto ended = [&] { return db.run("select 1 from session where revoked_at is not null").size() == 1; };
  CHECK_FALSE(ended());
  h.clock.advance(seconds{6});
  CHECK(eventually(ended));
}

TEST_CASE("a password change whose outcome is unknown ends the access that was given before", "[house][sign_in]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({"database.lock_timeout=200ms"}, database);
  const auto who = account_at(h.client());
  runtime::plain_connection db{database};
  db.run("set stoa.acting = 'system'");
  db.run("begin; select 1 from account for update");
  CHECK_STATUS(change_password(h, who.access, who.password, new_password), 503);
  db.run("rollback");
  CHECK_STATUS(me(h, who.access), 401);
  // It did not take place: the old password opens, and what comes now is good.
  h.clock.advance(seconds{2});
  const auto in = login(h, who.email, who.password);
  REQUIRE_STATUS(in, 200);
  CHECK_STATUS(me(h, in.text("access_token")), 200);
}

// -- guesses

TEST_CASE("sixty guesses at once are five guesses, and the right one is refused behind them", "[house][sign_in]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house one({}, database), other({}, database);
  const auto who = account_at(one.client());
  const auto answers = at_once(
      60, [&](int i) { return login(i % 2 ? one : other, who.email, "Not-the-password-" + std::to_string(i)).status; });
  CHECK(answers == std::map<int, int>{{401, 5}, {429, 55}});
  for (const auto* h : {&one, &other}) {
    const auto right = login(*h, who.email, who.password), wrong = login(*h, who.email, "Not-the-password-1");
    CHECK(right.status == 429);
    CHECK(right.text("error.code") == wrong.text("error.code"));
    CHECK(right.text("error.message") == wrong.text("error.message"));
  }
}

TEST_CASE("guesses at the present password of a session are no other door", "[house][sign_in]") {
  test_house h;
  const auto who = account_at(h.client());
  const auto answers = at_once(20, [&](int i) {
    return (i % 2 ? change_password(h, who.access, "Not-the-password-1", new_password)
                  : login(h, who.email, "Not-the-password-1"))
        .status;
  });
  // lms says 400 of a wrong present password and 423 of a lock, learnflow 401 and 429.
  const auto count = [&](int status) { return answers.contains(status) ? answers.at(status) : 0; };
  CHECK(count(400) + count(401) == 5);
  CHECK(count(423) + count(429) == 15);
  CHECK(change_password(h, who.access, who.password, new_password).status != 204);
}

TEST_CASE("many good sign-ins at once are all let in, at two processes too", "[house][sign_in]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house one({}, database), other({}, database);
  const auto who = account_at(one.client());
  CHECK(at_once(16, [&](int i) { return login(i % 2 ? one : other, who.email, who.password).status; }) ==
        std::map<int, int>{{200, 16}});
}

// -- one spelling

TEST_CASE("spellings of an address and the username beside it share one lock", "[house][sign_in]") {
  test_house h;
  const auto who = named_account(h, "alice@x.example", "alice.liddell");
  const auto wrong = std::string("Not-the-password-1");
  REQUIRE_STATUS(login(h, "\u2003alice@x.example", wrong), 401);
  REQUIRE_STATUS(login(h, "alice@x\u3002example" + std::string(40, ' '), wrong), 401);
  REQUIRE_STATUS(login(h, "\uFF21lice@X.example\u00A0", wrong), 401);
  REQUIRE_STATUS(token_of(h, "Alice.Liddell", wrong), 401);
  REQUIRE_STATUS(token_of(h, "\u3000alice.liddell", wrong), 401);
  for (const char* name : {"alice@x.example", "alice.liddell", "\u2003ALICE@x\u3002example", "alice.LIDDELL\u00A0"}) {
    INFO(name);
    CHECK_STATUS(login(h, name, who.password), 429);
  }
}

TEST_CASE("guesses at a password change count by the same spelling as those at the doors", "[house][sign_in]") {
  test_house h;
  const std::string typed = "Bob@x\u3002example";
  REQUIRE_STATUS(
      h.client().post(
          base + "/auth/register/",
          object({{"email", typed}, {"password", good_password}, {"first_name", "Bob"}, {"last_name", "B."}})),
      201);
  const auto access = login(h, typed, good_password).text("access_token");
  for (int i = 0; i < 5; ++i) CHECK_STATUS(change_password(h, access, "Not-the-password-1", new_password), 400);
  CHECK_STATUS(login(h, "bob@x.example", good_password), 429);
}

TEST_CASE("the limit of an account counts its sign-ins in every spelling, and nothing else", "[house][sign_in]") {
  test_house h({"limits.enabled=true", "limits.login_per_account_per_hour=4"});
  const auto who = named_account(h, "carol@x.example", "carol");
  // What the lock counts and refuses is not counted a second time.
  for (int i = 0; i < 5; ++i) REQUIRE_STATUS(login(h, who.email, "Not-the-password-1"), 401);
  for (int i = 0; i < 10; ++i) REQUIRE_STATUS(login(h, who.email, who.password), 429);
  h.clock.advance(minutes{15} + seconds{1});
  CHECK_STATUS(login(h, who.email, who.password), 200);
  CHECK_STATUS(login(h, "\u2003CAROL@x.example", who.password), 200);
  CHECK_STATUS(token_of(h, "carol", who.password), 200);
  CHECK_STATUS(token_of(h, "carol@x\u3002example", who.password), 200);
  for (const char* name : {"carol@x.example", "carol", "Carol\u00A0"}) {
    const auto limited = login(h, name, who.password);
    CHECK_STATUS(limited, 429);
    CHECK(limited.text("error.code") == "RATE_LIMIT_EXCEEDED");
    CHECK(limited.integer("error.retry_after") > 0);
  }
  h.clock.advance(hours{1});
  CHECK_STATUS(login(h, who.email, who.password), 200);
}

// -- hashing is metered

TEST_CASE("every route that makes a hash is limited by address", "[house][sign_in]") {
  for (const auto& d : all_doors()) {
    INFO(d.name);
    test_house h({"limits.enabled=true", "limits.passwords_per_address_per_hour=2"});
    const auto front = h.client().below(d.prefix);
    for (int i = 0; i < 2; ++i)
      CHECK_STATUS(front.post(d.register_path, d.registration(fresh_email(), good_password)), 201);
    CHECK_STATUS(front.post(d.register_path, d.registration(fresh_email(), good_password)), 429);
    if (d.name != "lms") continue;
    h.clock.advance(hours{1});
    auto who = account_at(h.client());
    CHECK_STATUS(change_password(h, who.access, who.password, new_password), 204);
    who.access = login(h, who.email, new_password).text("access_token");
    CHECK_STATUS(change_password(h, who.access, new_password, who.password), 429);
  }
}

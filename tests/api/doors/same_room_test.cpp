// One user, one token: whatever is made at one door is good at all others.
#include <atomic>
#include <thread>
#include <vector>

#include "runtime/store/plain.hpp"
#include "tests/api/doors/doors.hpp"

using namespace stoa;
using namespace stoa::testing;

TEST_CASE("an account made at any door signs in at every other and its token is valid in all five") {
  auto& s = shared_server();
  for (const auto& made_at : all_doors()) {
    const auto email = fresh_email(made_at.name);
    const auto made = made_at.at(s).post(made_at.register_path, made_at.registration(email, good_password));
    REQUIRE_STATUS(made, 201);
    CHECK(made.header("cache-control") == "no-store");
    for (const auto& d : all_doors()) {
      INFO("made at " << made_at.name << ", signs in at " << d.name);
      const auto in = d.at(s).post(d.login_path, d.login(email, good_password));
      REQUIRE_STATUS(in, 200);
      CHECK(in.header("cache-control") == "no-store");
      CHECK(in.header("x-request-id"));
      CHECK(in.header("x-content-type-options") == "nosniff");
      const auto access = in.text(d.access_member);
      REQUIRE(looks_like_token(access));
      REQUIRE(looks_like_token(in.text(d.refresh_member)));
      for (const auto& shown_at : all_doors()) {
        const auto me = shown_at.at(s).as(access).get(shown_at.me_path);
        REQUIRE_STATUS(me, 200);
        CHECK(me.text("email") == email);
      }
    }
  }
}

TEST_CASE("a refresh token is exchanged at any door") {
  auto& s = shared_server();
  const auto who = fresh_account();
  auto token = who.refresh;
  for (const auto& d : all_doors()) {
    INFO(d.name);
    const auto next = d.at(s).post(d.refresh_path, d.refresh_body(token));
    REQUIRE_STATUS(next, 200);
    CHECK(next.header("cache-control") == "no-store");
    token = next.text(d.refresh_member);
    CHECK_STATUS(d.at(s).as(next.text(d.access_member)).get(d.me_path), 200);
  }
}

TEST_CASE("twenty registrations of one address at once make one account") {
  auto& s = shared_server();
  const auto email = fresh_email("parallel");
  std::atomic<int> made{0}, taken{0}, other{0};
  std::vector<std::thread> all;
  for (int i = 0; i < 20; ++i)
    all.emplace_back([&, i] {
      const auto& d = all_doors()[static_cast<std::size_t>(i) % all_doors().size()];
      try {
        const auto answer =
            d.at(s).post(d.register_path, d.registration(i % 2 ? email : "P" + email.substr(1), good_password));
        ++(answer.status == 201 ? made : answer.status == d.taken_status ? taken : other);
      } catch (const std::exception&) {
        ++other;
      }
    });
  for (auto& t : all) t.join();
  CHECK(made == 1);
  CHECK(taken == 19);
  CHECK(other == 0);
  runtime::plain_connection db{s.database()};
  db.run("set stoa.acting = 'system'");
  CHECK(db.run("select count(*) from account where email_key = $1", {email}).at(0).at(0) == "1");
}

TEST_CASE("a taken address is refused at every door, in whatever case it is written") {
  auto& s = shared_server();
  const auto who = fresh_account();
  for (const auto& d : all_doors()) {
    INFO(d.name);
    auto loud = who.email;
    loud[0] = 'S';
    const auto answer = d.at(s).post(d.register_path, d.registration(loud, good_password));
    CHECK_STATUS(answer, d.taken_status);
  }
}

TEST_CASE("weak passwords and forms that are none are refused at every door") {
  auto& s = shared_server();
  for (const auto& d : all_doors()) {
    INFO(d.name);
    for (const auto* weak : {"short1A", "password123", "aaaaaaaaaaaa"})
      CHECK_STATUS(d.at(s).post(d.register_path, d.registration(fresh_email(), weak)), d.invalid_status);
    CHECK_STATUS(d.at(s).post(d.register_path, d.registration(fresh_email(), std::string(129, 'x') + "A1")),
                 d.invalid_status);
    CHECK_STATUS(d.at(s).post(d.register_path, d.registration("no address", good_password)), d.invalid_status);
    CHECK_STATUS(d.at(s).post(d.register_path, "{}"), d.invalid_status);
    CHECK_STATUS(d.at(s).post(d.login_path, "{}"), d.invalid_status);
    CHECK_STATUS(d.at(s).post(d.login_path, R"({"email": 5, "username": [], "password": {}})"), d.invalid_status);
    CHECK_STATUS(d.at(s).post(d.refresh_path, "{}"), d.invalid_status);
    CHECK_STATUS(d.at(s).post(d.login_path, "{\"email\": \"trunc"), 400);
    CHECK_STATUS(d.at(s).post(d.login_path, "[1]"), d.invalid_status);
    CHECK_STATUS(d.at(s).with("Content-Type", "text/plain").post(d.login_path, "{}"), 415);
    CHECK_STATUS(d.at(s).del(d.login_path), 405);
  }
}

TEST_CASE("passwords are taken as they are: blanks, any script, up to 128 characters") {
  auto& s = shared_server();
  std::string longest = "A1a";
  for (int i = 0; i < 125; ++i) longest += "ж";
  const auto& lms = door_named("lms");
  for (const auto& password : {std::string("  two Blanks 1  "), std::string("Пароль-и-ещё-1Aa"), longest}) {
    const auto email = fresh_email("verbatim");
    REQUIRE_STATUS(lms.at(s).post(lms.register_path, lms.registration(email, password)), 201);
    for (const auto& d : all_doors()) CHECK_STATUS(d.at(s).post(d.login_path, d.login(email, password)), 200);
    CHECK_STATUS(lms.at(s).post(lms.login_path, lms.login(email, password + " ")), 401);
    auto shorter = password;
    while ((static_cast<unsigned char>(shorter.back()) & 0xC0) == 0x80) shorter.pop_back();
    shorter.pop_back();
    CHECK_STATUS(lms.at(s).post(lms.login_path, lms.login(email, shorter)), 401);
  }
}

TEST_CASE("addresses and names of any script") {
  auto& s = shared_server();
  const auto number = fresh_email("x");
  const auto tail = number.substr(number.find('.'));       // .pid.n@example.com
  const std::string composed = "J\xC3\xBCrgen" + tail;     // with the letter as one code point
  const std::string decomposed = "ju\xCC\x88rgen" + tail;  // and as two
  const auto& puzzle = door_named("unpuzzle");
  const auto made = puzzle.at(s).post(
      puzzle.register_path,
      object({{"email", composed}, {"password", good_password}, {"full_name", "Jürgen von der Mühle 山田"}}));
  REQUIRE_STATUS(made, 201);
  CHECK(made.text("user.full_name") == "Jürgen von der Mühle 山田");
  CHECK(made.text("user.email") == composed);
  for (const auto& d : all_doors()) {
    INFO(d.name);
    CHECK_STATUS(d.at(s).post(d.login_path, d.login(decomposed, good_password)), 200);
    CHECK_STATUS(d.at(s).post(d.register_path, d.registration(decomposed, good_password)), d.taken_status);
  }
}

TEST_CASE("admin is a role nobody takes at a door, and unknown members grant nothing") {
  auto& s = shared_server();
  const auto refused = s.client().post("/classic/api/users/register/", object({{"username", fresh_email("u")},
                                                                               {"email", fresh_email()},
                                                                               {"password", good_password},
                                                                               {"first_name", "A"},
                                                                               {"last_name", "B"},
                                                                               {"role", "admin"}}));
  // The username holds an @ that is not the address, so the address comes first here.
  CHECK_STATUS(refused, 400);
  const auto admin = fresh_email("admin");
  CHECK_STATUS(s.client().post("/classic/api/users/register/", object({{"username", admin},
                                                                       {"email", admin},
                                                                       {"password", good_password},
                                                                       {"first_name", "A"},
                                                                       {"last_name", "B"},
                                                                       {"role", "admin"}})),
               403);
  CHECK_STATUS(s.client().post("/apranova/api/auth/registration/", object({{"name", "A B"},
                                                                           {"email", fresh_email()},
                                                                           {"password1", good_password},
                                                                           {"password2", good_password},
                                                                           {"role", "admin"}})),
               403);
  const auto email = fresh_email("greedy");
  REQUIRE_STATUS(s.client().post("/learnflow/api/v1/auth/register/", object({{"email", email},
                                                                             {"password", good_password},
                                                                             {"first_name", "A"},
                                                                             {"last_name", "B"},
                                                                             {"is_instructor", true},
                                                                             {"is_staff", true},
                                                                             {"role", "admin"},
                                                                             {"roles", field::raw(R"(["admin"])")}})),
                 201);
  const auto in =
      s.client().post("/unpuzzle/api/v1/auth/signin/", object({{"email", email}, {"password", good_password}}));
  REQUIRE_STATUS(in, 200);
  CHECK(in.at("user.roles").dump() == R"(["student"])");
  const auto puzzler = s.client().post("/unpuzzle/api/v1/auth/signup/",
                                       object({{"email", fresh_email("meta")},
                                               {"password", good_password},
                                               {"full_name", "M"},
                                               {"subscription", field::raw(R"({"plan": "premium"})")},
                                               {"metadata", field::raw(R"({"role": "admin", "is_staff": true})")}}));
  REQUIRE_STATUS(puzzler, 201);
  const auto profile = s.client().as(puzzler.text("access_token")).get("/unpuzzle/api/v1/auth/profile/");
  CHECK(profile.at("roles").dump() == R"(["student"])");
  CHECK(profile.text("subscription.plan") == "free");
}

TEST_CASE("the documented places without a prefix lead to the same doors") {
  auto& s = shared_server();
  const auto email = fresh_email("plain");
  REQUIRE_STATUS(s.client().post("/api/v1/auth/register/", door_named("learnflow").registration(email, good_password)),
                 201);
  const auto body = object({{"email", email}, {"password", good_password}});
  CHECK(s.client().post("/api/v1/auth/login/", body).has("user.is_instructor"));
  CHECK(s.client().post("/api/v1/auth/login", body).text("token_type") == "bearer");
  CHECK(s.client().post("/api/v1/auth/signin/", body).has("user.subscription"));
  CHECK(s.client().post("/api/users/login/", body).text("redirect_url") == "/student/dashboard");
  const auto token = s.client().post("/api/token/", object({{"username", email}, {"password", good_password}}));
  REQUIRE_STATUS(token, 200);
  const auto me = s.client().as(token.text("access"));
  CHECK(me.get("/api/users/profile/").has("username"));
  CHECK(me.with("X-API-Dialect", "apranova").get("/api/users/profile/").has("name"));
  CHECK(me.get("/api/v1/users/me").has("mfa_enabled"));
  CHECK(me.get("/api/v1/auth/me/").has("profile.bio"));
  CHECK(me.get("/api/v1/auth/profile/").has("subscription"));
}

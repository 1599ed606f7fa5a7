// A new password and a proved address by mailed links, at all doors, with a real mail server.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "runtime/store/plain.hpp"
#include "tests/support/mailed.hpp"
#include "tests/support/smtpd.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr const char* next_password = "AnotherSecret456!";

/// A server whose mail goes to a server of ours, links and nothing else.
struct mailing {
  explicit mailing(const std::string& verify = "false", std::vector<std::string> more = {})
      : house(start_server({}, arguments(verify, std::move(more)))) {}
  std::vector<std::string> arguments(const std::string& verify, std::vector<std::string> more) const {
    std::vector<std::string> all;
    for (const auto& s : std::vector<std::string>{
             "plugins.mail.transport=smtp", "plugins.mail.host=127.0.0.1",
             "plugins.mail.port=" + std::to_string(post.port()), "plugins.mail.security=none",
             "plugins.mail.allow_private=true", "accounts.verify_email=" + verify, "plugins.disabled=notifications"}) {
      all.emplace_back("--set");
      all.push_back(s);
    }
    for (auto& m : more) all.push_back(std::move(m));
    return all;
  }
  /// The token of the `n`th mail to that address.
  std::string token(std::size_t n, const std::string& to) {
    if (!eventually([&] { return post.to(to).size() >= n; }, std::chrono::seconds{20}))
      throw std::runtime_error("no mail");
    return token_in(post.text(post.to(to)[n - 1], "text"));
  }
  /// No mail is on its way any more.
  bool quiet() {
    runtime::plain_connection db{house->database()};
    db.run("set stoa.acting = 'system'");
    return eventually([&] { return db.run("select count(*) from job").at(0).at(0) == "0"; }, std::chrono::seconds{20});
  }
  client at(const mailed_door& d) { return d.own().at(*house); }

  smtpd post;
  std::unique_ptr<server> house;
};

/// One for all tests that want nothing special.
mailing& shared_mailing() {
  static mailing one;
  return one;
}

int sign_in(mailing& m, const door& d, const std::string& email, const std::string& password) {
  return d.at(*m.house).post(d.login_path, d.login(email, password)).status;
}

}  // namespace

TEST_CASE("a forgotten password is replaced by a mailed link, at every door, and every session ends", "[mailed]") {
  auto& m = shared_mailing();
  for (const auto& d : mailed_doors()) {
    INFO(d.name);
    const auto who = fresh_account(*m.house);
    const auto second = d.own().at(*m.house).post(d.own().login_path, d.own().login(who.email, who.password));
    REQUIRE_STATUS(second, 200);
    const auto asked = m.at(d).post(d.reset, object({{"email", who.email}}));
    REQUIRE_STATUS(asked, 200);
    CHECK(asked.header("cache-control") == "no-store");
    CHECK(asked.text("message") == "If an account with this email exists, a link for a new password has been sent.");
    const auto token = m.token(1, who.email);
    CHECK(token.size() == 43);
    // Nothing has changed yet.
    CHECK_STATUS(d.own().at(*m.house).as(who.access).get(d.own().me_path), 200);

    const auto weak = m.at(d).post(d.confirm, d.confirmation(token, "password123"));
    CHECK_STATUS(weak, d.own().invalid_status);
    CHECK(weak.body.find(d.password_field()) != std::string::npos);
    const auto done = m.at(d).post(d.confirm, d.confirmation(token, next_password));
    REQUIRE_STATUS(done, 200);
    CHECK(done.header("cache-control") == "no-store");
    CHECK(done.text("message") == "Password has been reset successfully");

    for (const auto& access : {who.access, second.text(d.own().access_member)})
      CHECK_STATUS(d.own().at(*m.house).as(access).get(d.own().me_path), 401);
    CHECK_STATUS(d.own().at(*m.house).post(d.own().refresh_path, d.own().refresh_body(who.refresh)), 401);
    CHECK(sign_in(m, d.own(), who.email, who.password) == 401);
    CHECK(sign_in(m, d.own(), who.email, next_password) == 200);

    const auto again = m.at(d).post(d.confirm, d.confirmation(token, "YetAnother789!"));
    CHECK_STATUS(again, 400);
    CHECK(again.text(d.own().code_path) == "LINK_INVALID");
    CHECK(sign_in(m, d.own(), who.email, next_password) == 200);
    CHECK(m.post.to(who.email).size() == 1);
  }
}

TEST_CASE("a link that was asked for at one door is good at every other", "[mailed]") {
  auto& m = shared_mailing();
  for (std::size_t i = 0; i < mailed_doors().size(); ++i) {
    const auto& asks = mailed_doors()[i];
    const auto& uses = mailed_doors()[(i + 2) % mailed_doors().size()];
    INFO(asks.name << " " << uses.name);
    const auto who = fresh_account(*m.house);
    auto loud = who.email;
    loud[0] = 'S';
    REQUIRE_STATUS(m.at(asks).post(asks.reset, object({{"email", loud}})), 200);
    REQUIRE_STATUS(m.at(uses).post(uses.confirm, uses.confirmation(m.token(1, who.email), next_password)), 200);
    CHECK(sign_in(m, asks.own(), who.email, next_password) == 200);
  }
}

TEST_CASE("an address that nobody has is answered like one that somebody has, at every door", "[mailed]") {
  auto& m = shared_mailing();
  const auto who = fresh_account(*m.house);
  const auto gone = fresh_account(*m.house);
  const auto stranger = fresh_email("nobody");
  REQUIRE(run_stoa({"user", "disable", "--email", gone.email, "--data", m.house->data().string()}).status == 0);
  for (const auto& d : mailed_doors()) {
    INFO(d.name);
    const auto known = m.at(d).post(d.reset, object({{"email", who.email}}));
    const auto unknown = m.at(d).post(d.reset, object({{"email", stranger}}));
    const auto off = m.at(d).post(d.reset, object({{"email", gone.email}}));
    CHECK_STATUS(known, 200);
    CHECK_STATUS(unknown, 200);
    CHECK(unknown.body == known.body);
    CHECK(off.body == known.body);
    std::vector<std::string> names, others;
    for (const auto& [name, value] : known.headers) names.push_back(name);
    for (const auto& [name, value] : unknown.headers) others.push_back(name);
    CHECK(names == others);
  }
  CHECK(m.quiet());
  CHECK(m.post.to(who.email).size() == mailed_doors().size());
  CHECK(m.post.to(gone.email).empty());
  CHECK(m.post.to(stranger).empty());
}

TEST_CASE("nothing is told by the time that asking takes", "[mailed]") {
  auto& m = shared_mailing();
  const auto& d = mailed_doors().front();
  const auto who = fresh_account(*m.house);
  const auto took = [&](const std::string& email) {
    const auto began = std::chrono::steady_clock::now();
    REQUIRE_STATUS(m.at(d).post(d.reset, object({{"email", email}})), 200);
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  };
  // By turns, so that what else the machine does falls on both.
  std::vector<double> known, unknown;
  for (int i = 0; i < 61; ++i) {
    known.push_back(took(who.email));
    unknown.push_back(took(fresh_email("nobody")));
  }
  const auto median = [](std::vector<double>& all) {
    std::nth_element(all.begin(), all.begin() + 30, all.end());
    return all[30];
  };
  // One statement either way; a password's hash would be 30 ms.
  CHECK(std::abs(median(known) - median(unknown)) < 8.0);
}

TEST_CASE("bodies that are none are refused at every door", "[mailed]") {
  auto& m = shared_mailing();
  for (const auto& d : mailed_doors()) {
    INFO(d.name);
    const int invalid = d.own().invalid_status;
    CHECK_STATUS(m.at(d).post(d.reset, "{}"), invalid);
    CHECK_STATUS(m.at(d).post(d.reset, object({{"email", "no address"}})), invalid);
    CHECK_STATUS(m.at(d).post(d.reset, object({{"email", 5}})), invalid);
    CHECK_STATUS(m.at(d).post(d.reset, "{\"email\": \"trunc"), 400);
    CHECK_STATUS(m.at(d).post(d.confirm, "{}"), invalid);
    CHECK_STATUS(m.at(d).post(d.confirm, d.confirmation(std::string(300, 'x'), next_password)), invalid);
    CHECK_STATUS(m.at(d).get(d.reset), 405);
    for (const auto& made_up : {std::string(43, 'A'), std::string("x"), std::string("'; drop table account; --")}) {
      const auto r = m.at(d).post(d.confirm, d.confirmation(made_up, next_password));
      CHECK_STATUS(r, 400);
      CHECK(r.text(d.own().code_path) == "LINK_INVALID");
      CHECK_STATUS(m.at(d).post(d.verify, object({{"token", made_up}})), 400);
    }
    CHECK_STATUS(m.at(d).post(d.resend), 401);
    CHECK_STATUS(m.at(d).get(d.verify), 401);
  }
  const auto& twice =
      *std::find_if(mailed_doors().begin(), mailed_doors().end(), [](const auto& d) { return d.twice; });
  const auto differ = m.at(twice).post(
      twice.confirm, object({{"token", "x"}, {"new_password1", next_password}, {"new_password2", "OtherThan456!"}}));
  CHECK_STATUS(differ, 400);
  CHECK(differ.has("new_password2"));
}

TEST_CASE("lms's new passwords keep its own rules", "[mailed]") {
  auto& m = shared_mailing();
  const auto who = fresh_account(*m.house);
  const auto& lms = mailed_doors()[2];
  REQUIRE(lms.name == "lms");
  REQUIRE_STATUS(m.at(lms).post(lms.reset, object({{"email", who.email}})), 200);
  const auto token = m.token(1, who.email);
  CHECK_STATUS(m.at(lms).post(lms.confirm, lms.confirmation(token, "no upper and no digit")), 422);
  CHECK_STATUS(m.at(lms).post(lms.confirm, lms.confirmation(token, next_password)), 200);
}

TEST_CASE("of twenty confirmations with one link one wins", "[mailed]") {
  auto& m = shared_mailing();
  const auto who = fresh_account(*m.house);
  const auto& first = mailed_doors().front();
  REQUIRE_STATUS(m.at(first).post(first.reset, object({{"email", who.email}})), 200);
  const auto token = m.token(1, who.email);
  std::atomic<int> won{0}, lost{0}, other{0};
  std::vector<std::string> tried;
  for (int i = 0; i < 20; ++i) tried.push_back("Password-number-" + std::to_string(i) + "A!");
  std::atomic<int> winner{-1};
  std::vector<std::thread> all;
  for (int i = 0; i < 20; ++i)
    all.emplace_back([&, i] {
      const auto& d = mailed_doors()[static_cast<std::size_t>(i) % mailed_doors().size()];
      try {
        const auto r = m.at(d).post(d.confirm, d.confirmation(token, tried[static_cast<std::size_t>(i)]));
        if (r.status == 200) winner = i;
        ++(r.status == 200 ? won : r.status == 400 ? lost : other);
      } catch (const std::exception&) {
        ++other;
      }
    });
  for (auto& t : all) t.join();
  CHECK(won == 1);
  CHECK(lost == 19);
  CHECK(other == 0);
  REQUIRE(winner >= 0);
  CHECK(sign_in(m, first.own(), who.email, tried[static_cast<std::size_t>(winner)]) == 200);
}

TEST_CASE("a new password of any kind ends the links that were mailed before it", "[mailed]") {
  auto& m = shared_mailing();
  const auto& d = mailed_doors().front();
  const auto who = fresh_account(*m.house);
  for (int i = 0; i < 2; ++i) REQUIRE_STATUS(m.at(d).post(d.reset, object({{"email", who.email}})), 200);
  const auto one = m.token(1, who.email), two = m.token(2, who.email);
  CHECK(one != two);
  REQUIRE_STATUS(m.at(d).post(d.confirm, d.confirmation(one, next_password)), 200);
  CHECK_STATUS(m.at(d).post(d.confirm, d.confirmation(two, "YetAnother789!")), 400);

  REQUIRE_STATUS(m.at(d).post(d.reset, object({{"email", who.email}})), 200);
  const auto three = m.token(3, who.email);
  const auto in = door_named("lms").at(*m.house).post("/auth/login", door_named("lms").login(who.email, next_password));
  REQUIRE_STATUS(door_named("lms")
                     .at(*m.house)
                     .as(in.text("access_token"))
                     .post("/users/me/password",
                           object({{"current_password", next_password}, {"new_password", "Changed-by-hand-1"}})),
                 204);
  CHECK_STATUS(m.at(d).post(d.confirm, d.confirmation(three, "YetAnother789!")), 400);
  CHECK(sign_in(m, d.own(), who.email, "Changed-by-hand-1") == 200);
}

TEST_CASE("whoever is locked out comes in by a mailed link", "[mailed]") {
  auto& m = shared_mailing();
  const auto& d = mailed_doors().front();
  const auto who = fresh_account(*m.house);
  for (int i = 0; i < 5; ++i) sign_in(m, d.own(), who.email, "Wrong-password-1");
  CHECK(sign_in(m, d.own(), who.email, who.password) == 429);
  REQUIRE_STATUS(m.at(d).post(d.reset, object({{"email", who.email}})), 200);
  const auto token = m.token(1, who.email);
  // Asking alone lifts nothing.
  CHECK(sign_in(m, d.own(), who.email, who.password) == 429);
  REQUIRE_STATUS(m.at(d).post(d.confirm, d.confirmation(token, next_password)), 200);
  CHECK(sign_in(m, d.own(), who.email, next_password) == 200);
}

TEST_CASE("only a hash of what a link holds is stored, and nothing of it is logged", "[mailed]") {
  mailing m("true", {"--set", "log.level=debug"});
  const auto& d = mailed_doors().front();
  const auto who = fresh_account(*m.house);
  const auto proof = m.token(1, who.email);
  REQUIRE_STATUS(m.at(d).post(d.reset, object({{"email", who.email}})), 200);
  const auto token = m.token(2, who.email);
  runtime::plain_connection db{m.house->database()};
  db.run("set stoa.acting = 'system'");
  CHECK(db.run("select count(*) from account_token").at(0).at(0) == "2");
  for (const auto* table : {"account_token", "job", "outbox", "idempotency", "plugin_mail.sent"})
    for (const auto& secret : {proof, token}) {
      INFO(table);
      CHECK(db.run("select count(*) from " + std::string(table) + " t where t::text like '%' || $1 || '%'", {secret})
                .at(0)
                .at(0) == "0");
    }
  // Nor by whoever opens the page that it leads to, which uses nothing up.
  for (const auto* page : {"/account/reset-password", "/account/verify-email"})
    CHECK_STATUS(m.house->client().get(page + ("?token=" + token)), 200);
  for (const auto& secret : {proof, token}) CHECK(m.house->log().find(secret) == std::string::npos);
  CHECK_STATUS(m.at(d).post(d.confirm, d.confirmation(token, next_password)), 200);
}

TEST_CASE("an address is proved by the link that a registration sends, once, at every door", "[mailed]") {
  mailing m("true");
  for (const auto& d : mailed_doors()) {
    INFO(d.name);
    const auto who = fresh_account(*m.house);
    const auto me = m.at(d).as(who.access);
    const auto first = m.token(1, who.email);
    const auto before = me.get(d.verify);
    REQUIRE_STATUS(before, 200);
    CHECK(before.text("email") == who.email);
    CHECK_FALSE(before.truth("is_verified"));
    CHECK(before.at("verified_at").is_null());
    REQUIRE_STATUS(me.post(d.resend), 200);
    const auto second = m.token(2, who.email);
    // A link of the one kind is none of the other.
    CHECK_STATUS(m.at(d).post(d.confirm, d.confirmation(second, next_password)), 400);
    const auto proved = m.at(d).post(d.verify, object({{"token", second}}));
    REQUIRE_STATUS(proved, 200);
    CHECK(proved.text("message") == "Email verified successfully");
    CHECK(me.get(d.verify).truth("is_verified"));
    CHECK_STATUS(m.at(d).post(d.verify, object({{"token", second}})), 400);
    CHECK_STATUS(m.at(d).post(d.verify, object({{"token", first}})), 400);
    // Who has proved it gets no further mail; sessions are untouched.
    REQUIRE_STATUS(me.post(d.resend), 200);
    CHECK(m.quiet());
    CHECK(m.post.to(who.email).size() == 2);
  }
}

TEST_CASE("the pages that links lead to run their own script and nobody else's", "[mailed]") {
  const auto at = shared_server().client();
  for (const auto* path : {"/account/reset-password", "/account/verify-email"}) {
    const auto page = at.get(path);
    REQUIRE_STATUS(page, 200);
    CHECK(page.header("content-type") == "text/html; charset=utf-8");
    CHECK(page.header("referrer-policy") == "no-referrer");
    CHECK(page.header("cache-control") == "no-store");
    CHECK(page.header("content-security-policy")->find("script-src 'self'") != std::string::npos);
    // What they post to is there.
    const auto to = page.body.substr(page.body.find("data-to=\"") + 9);
    CHECK_STATUS(at.post(to.substr(0, to.find('"')), "{}"), 422);
  }
  const auto script = at.get("/account/links.js");
  REQUIRE_STATUS(script, 200);
  CHECK(script.header("content-type") == "text/javascript; charset=utf-8");
}

TEST_CASE("a fresh server shows the link in its log", "[mailed]") {
  auto house = start_server({}, {"--set", "log.level=info", "--set", "accounts.verify_email=false"});
  const auto& d = mailed_doors().front();
  const auto who = fresh_account(*house);
  const auto at = d.own().at(*house);
  REQUIRE_STATUS(at.post(d.reset, object({{"email", who.email}})), 200);
  REQUIRE(eventually([&] { return house->log().find("token=") != std::string::npos; }, std::chrono::seconds{20}));
  const auto token = token_in(house->log());
  REQUIRE_STATUS(at.post(d.confirm, d.confirmation(token, next_password)), 200);
}

TEST_CASE("asking is limited by address; an account gets few mails, which nobody is told", "[mailed]") {
  mailing m("false", {"--set", "limits.enabled=true", "--set", "limits.resets_per_address_per_hour=7", "--set",
                      "limits.mails_per_account_per_hour=2"});
  const auto who = fresh_account(*m.house);
  const auto& d = mailed_doors()[1];
  const auto first = m.at(d).post(d.reset, object({{"email", who.email}}));
  for (int i = 0; i < 6; ++i) {
    const auto more = m.at(d).post(d.reset, object({{"email", who.email}}));
    REQUIRE_STATUS(more, 200);
    CHECK(more.body == first.body);
  }
  for (const auto& other : mailed_doors()) {
    const auto refused = m.at(other).post(other.reset, object({{"email", fresh_email("nobody")}}));
    CHECK_STATUS(refused, 429);
    CHECK(refused.header("retry-after"));
  }
  CHECK(m.quiet());
  CHECK(m.post.count() == 2);
  // Both are good until one is used.
  CHECK_STATUS(m.at(d).post(d.confirm, d.confirmation(m.token(1, who.email), next_password)), 200);
}

TEST_CASE("where nobody carries mail it is told to everybody alike", "[mailed]") {
  auto house = start_server({}, {"--set", "plugins.disabled=mail"});
  const auto who = fresh_account(*house);
  for (const auto& d : mailed_doors()) {
    const auto at = d.own().at(*house);
    const auto known = at.post(d.reset, object({{"email", who.email}}));
    CHECK_STATUS(known, 503);
    CHECK(known.text(d.own().code_path) == "MAIL_UNAVAILABLE");
    CHECK_STATUS(at.post(d.reset, object({{"email", fresh_email("nobody")}})), 503);
  }
  runtime::plain_connection db{house->database()};
  db.run("set stoa.acting = 'system'");
  CHECK(db.run("select count(*) from job").at(0).at(0) == "0");
}

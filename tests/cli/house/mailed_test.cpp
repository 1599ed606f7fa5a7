// Mailed links by the clock: a whole server whose clock moves, and a mailer that keeps what it is given.
#include "tests/support/mailed.hpp"
#include <algorithm>

#include "testing/fake_mailer.hpp"
#include "tests/cli/house/house_shop.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/smtpd.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr const char* next_password = "AnotherSecret456!";

/// The mail plugin is off, and this one offers the point in its place.
struct mailing {
  explicit mailing(std::vector<std::string> more = {}, const std::string& off = "mail, notifications")
      : house(settings(std::move(more), off)) {
    house->areas().offer<mailer>(post);
  }
  static std::vector<std::string> settings(std::vector<std::string> more, const std::string& off) {
    more.emplace_back("plugins.disabled=" + off);
    return more;
  }
  client at(const mailed_door& d) { return house.client().below(d.own().prefix); }
  int ask(const std::string& email) {
    return at(mailed_doors()[0]).post(mailed_doors()[0].reset, object({{"email", email}})).status;
  }
  int confirm(const std::string& token, const char* password = next_password) {
    return at(mailed_doors()[0])
        .post(mailed_doors()[0].confirm, mailed_doors()[0].confirmation(token, password))
        .status;
  }
  std::string link(const std::string& to, std::size_t n) {
    if (!eventually([&] { return post->sent_to(to).size() >= n; })) throw std::runtime_error("no mail");
    return fake_mailer::variable(post->sent_to(to)[n - 1], "link");
  }

  std::shared_ptr<fake_mailer> post = std::make_shared<fake_mailer>();
  test_house house;
};

}  // namespace

TEST_CASE("a link for a new password is good for its time and no longer", "[house][mailed]") {
  mailing m({"accounts.reset_lifetime=30m", "accounts.verify_email=false"});
  const auto who = account_at(m.house.client());
  REQUIRE(m.ask(who.email) == 200);
  const auto first = token_in(m.link(who.email, 1));
  const auto mail = m.post->sent_to(who.email)[0];
  CHECK(mail.template_name == "password_reset");
  CHECK(fake_mailer::variable(mail, "lifetime") == "30 minutes");
  CHECK(fake_mailer::variable(mail, "email") == who.email);
  m.house.clock.advance(minutes{29});
  REQUIRE(m.ask(who.email) == 200);
  const auto second = token_in(m.link(who.email, 2));
  m.house.clock.advance(minutes{2});
  CHECK(m.confirm(first) == 400);
  CHECK(m.confirm(second) == 200);
}

TEST_CASE("a link that proves an address is good for its time and no longer", "[house][mailed]") {
  mailing m({"accounts.verification_lifetime=2d"});
  const auto& d = mailed_doors()[0];
  const auto who = account_at(m.house.client());
  const auto token = token_in(m.link(who.email, 1));
  CHECK(m.post->sent_to(who.email)[0].template_name == "verify_email");
  m.house.clock.advance(hours{49});
  CHECK_STATUS(m.at(d).post(d.verify, object({{"token", token}})), 400);
}

TEST_CASE("links lead to the front end's pages, else to the server's own", "[house][mailed]") {
  mailing own({"accounts.verify_email=false"});
  const auto one = account_at(own.house.client());
  REQUIRE(own.ask(one.email) == 200);
  CHECK(own.link(one.email, 1).starts_with(own.house->url() + "/account/reset-password?token="));

  mailing elsewhere({"accounts.reset_page=https://app.example.com/reset", "http.public_url=https://api.example.com",
                     "accounts.verify_page="});
  const auto two = account_at(elsewhere.house.client());
  CHECK(elsewhere.link(two.email, 1).starts_with("https://api.example.com/account/verify-email?token="));
  // What a client says its host is leads nobody astray.
  const auto& d = mailed_doors()[0];
  REQUIRE_STATUS(elsewhere.at(d).with("X-Forwarded-Host", "evil.example").post(d.reset, object({{"email", two.email}})),
                 200);
  CHECK(elsewhere.link(two.email, 2).starts_with("https://app.example.com/reset?token="));
}

TEST_CASE("mail that cannot leave now leaves later, once", "[house][mailed]") {
  mailing m({"accounts.verify_email=false"});
  const auto who = account_at(m.house.client());
  m.post->away(true);
  REQUIRE(m.ask(who.email) == 200);
  for (int i = 0; i < 4; ++i) {
    CHECK_FALSE(eventually([&] { return !m.post->sent().empty(); }, std::chrono::milliseconds{300}));
    m.house.clock.advance(minutes{2});
  }
  m.post->away(false);
  m.house.clock.advance(minutes{10});
  const auto token = token_in(m.link(who.email, 1));
  CHECK(m.confirm(token) == 200);
  CHECK(m.post->sent().size() == 1);
}

TEST_CASE("a greylisting server gets the mail when the time has come", "[house][mailed]") {
  smtpd grey({"--greylist", "2"});
  test_house h({"plugins.mail.transport=smtp", "plugins.mail.host=127.0.0.1",
                "plugins.mail.port=" + std::to_string(grey.port()), "plugins.mail.security=none",
                "plugins.mail.allow_private=true", "plugins.disabled=notifications", "accounts.verify_email=false"});
  const auto& d = mailed_doors()[0];
  const auto at = h.client().below(d.own().prefix);
  const auto who = account_at(h.client());
  REQUIRE_STATUS(at.post(d.reset, object({{"email", who.email}})), 200);
  const auto put_off = "451 " + who.email + "\n";
  REQUIRE(eventually([&] { return grey.log() == put_off; }));
  // Each attempt makes a link of its own; the one that arrives is good.
  const auto by_and_by = [&](const auto& condition) {
    return eventually([&] {
      h.clock.advance(seconds{20});
      return eventually(condition, std::chrono::seconds{1});
    });
  };
  REQUIRE(by_and_by([&] { return grey.log() == put_off + put_off; }));
  REQUIRE(by_and_by([&] { return grey.count() == 1; }));
  CHECK_STATUS(at.post(d.confirm, d.confirmation(token_in(grey.text(1, "text")), next_password)), 200);
  CHECK(grey.log() == put_off + put_off + "250 " + who.email + "\n");
}

TEST_CASE("an account gets few mails within an hour, and more afterwards", "[house][mailed]") {
  mailing m({"limits.enabled=true", "limits.mails_per_account_per_hour=2", "accounts.verify_email=false",
             "limits.resets_per_address_per_hour=100"});
  const auto who = account_at(m.house.client());
  const auto other = account_at(m.house.client());
  for (int i = 0; i < 4; ++i) REQUIRE(m.ask(who.email) == 200);
  REQUIRE(m.ask(other.email) == 200);
  m.link(other.email, 1);
  CHECK(m.post->sent_to(who.email).size() <= 2);
  m.link(who.email, 2);
  m.house.clock.advance(minutes{61});
  REQUIRE(m.ask(who.email) == 200);
  m.link(who.email, 3);
  CHECK(m.post->sent_to(who.email).size() == 3);
}

TEST_CASE("a new password is told by mail, until its owner wants no such mails", "[house][mailed]") {
  mailing m({"accounts.verify_email=false", "plugins.notifications.site=https://app.example.com/"}, "mail");
  const auto& lms =
      *std::find_if(mailed_doors().begin(), mailed_doors().end(), [](const auto& d) { return d.name == "lms"; });
  const auto who = account_at(m.house.client());
  const auto told = [&] {
    std::size_t n = 0;
    for (const auto& sent : m.post->sent_to(who.email)) n += sent.template_name == "notification";
    return n;
  };
  const auto sign_in = [&](const std::string& password) {
    const auto in = m.at(lms).post(lms.own().login_path, lms.own().login(who.email, password));
    REQUIRE_STATUS(in, 200);
    return m.at(lms).as(in.text("access_token"));
  };
  const auto change = [&](const std::string& from, const std::string& to) {
    REQUIRE_STATUS(sign_in(from).post("/users/me/password", object({{"current_password", from}, {"new_password", to}})),
                   204);
  };
  REQUIRE(m.ask(who.email) == 200);
  REQUIRE(m.confirm(token_in(m.link(who.email, 1))) == 200);
  REQUIRE(eventually([&] { return told() == 1; }));
  const auto mail = m.post->sent_to(who.email)[1];
  CHECK(fake_mailer::variable(mail, "title") == "Your password was changed");
  CHECK(fake_mailer::variable(mail, "link") == "https://app.example.com/account");

  change(next_password, "Changed-by-hand-1");
  REQUIRE(eventually([&] { return told() == 2; }));
  REQUIRE_STATUS(sign_in("Changed-by-hand-1")
                     .put("/notifications/preferences",
                          R"({"preferences": [{"type": "system", "in_app": true, "email": false}]})"),
                 200);
  change("Changed-by-hand-1", "Changed-by-hand-2");
  const auto reader = sign_in("Changed-by-hand-2");
  REQUIRE(eventually([&] { return reader.get("/notifications?type=system").integer("total") == 3; }));
  // Were it to be mailed, the job would stand in the transaction that wrote the third row.
  CHECK_FALSE(eventually([&] { return told() > 2; }, std::chrono::seconds{1}));
}

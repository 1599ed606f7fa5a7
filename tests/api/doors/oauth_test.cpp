// Signing in by what others vouch for, at apranova's doors, over a real server.
#include <algorithm>
#include <set>
#include <thread>

#include "runtime/store/plain.hpp"
#include "tests/plugins/identity/providers.hpp"
#include "tests/support/authenticator.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client apranova(const server& at = shared_server()) { return at.client().below("/apranova/api"); }

std::string body_of(const std::string& code, const std::string& more = "") {
  return R"({"code": ")" + code + R"(", "redirect_uri": ")" + identity_redirect + "\"" + more + "}";
}

/// A code of the sandbox, as a person with that address gets it.
response enter(const std::string& code, const std::string& more = "") {
  return apranova().post("/auth/sandbox/", body_of(code, more));
}

void prove_address(const std::string& email) {
  runtime::plain_connection db{shared_server().database()};
  db.run("set stoa.acting = 'system'");
  db.run("update account set email_verified_at = now() where email_key = '" + email + "'");
}

std::string count_of(const std::string& email) {
  runtime::plain_connection db{shared_server().database()};
  db.run("set stoa.acting = 'system'");
  return db.run("select count(*) from account where email_key = '" + email + "'").at(0).at(0).value_or("");
}

int sign_in(const person& who) {
  return apranova().post("/users/login/", object({{"email", who.email}, {"password", who.password}})).status;
}

response links_of(const std::string& access) { return apranova().as(access).get("/auth/links/"); }

std::string enable_mfa(const person& who) {
  const auto lms = shared_server().client().below("/lms/api/v1").as(who.access);
  const auto secret = lms.post("/auth/mfa/enable", "").text("secret");
  REQUIRE_STATUS(lms.post("/auth/mfa/verify", object({{"code", app_code(secret, system_clock().now())}})), 200);
  return secret;
}

}  // namespace

TEST_CASE("apranova: somebody new signs in by a provider, and again", "[oauth]") {
  const auto email = fresh_email("new");
  const auto in = enter("email=" + email + "&sub=" + email + "-id&name=John Doe", R"(, "track": "DP")");
  REQUIRE_STATUS(in, 200);
  CHECK(looks_like_token(in.text("access")));
  CHECK(looks_like_token(in.text("refresh")));
  CHECK(in.integer("user.id") > 0);
  CHECK(in.text("user.email") == email);
  CHECK(in.text("user.name") == "John Doe");
  CHECK(in.text("user.role") == "student");
  CHECK(in.text("user.track") == "DP");
  CHECK(in.header("cache-control") == "no-store");
  CHECK(apranova().as(in.text("access")).get("/users/profile/").text("email") == email);
  CHECK_STATUS(apranova().post("/auth/token/refresh/", object({{"refresh", in.text("refresh")}})), 200);

  // The subject says who it is, also with another address.
  const auto again = enter("email=" + fresh_email("moved") + "&sub=" + email + "-id");
  REQUIRE_STATUS(again, 200);
  CHECK(again.integer("user.id") == in.integer("user.id"));
  CHECK(again.text("user.email") == email);
  // There is no password that opens it.
  for (const char* guess : {"", "!", "SecurePass123!"})
    CHECK(apranova().post("/users/login/", object({{"email", email}, {"password", guess}})).status >= 400);
}

TEST_CASE("apranova: whoever comes in by a provider chooses no role but their own", "[oauth]") {
  CHECK(enter("email=" + fresh_email("t"), R"(, "role": "trainer")").text("user.role") == "trainer");
  const auto refused = enter("email=" + fresh_email("a"), R"(, "role": "admin")");
  REQUIRE_STATUS(refused, 403);
  CHECK(refused.text("code") == "ROLE_NOT_ALLOWED");
}

TEST_CASE("apranova: a verified address is linked, and its proved password stays", "[oauth]") {
  const auto who = fresh_account();
  prove_address(who.email);
  const auto in = enter("email=" + who.email);
  REQUIRE_STATUS(in, 200);
  CHECK(sign_in(who) == 200);
  CHECK_STATUS(apranova().as(who.access).get("/users/profile/"), 200);
  CHECK(links_of(in.text("access")).text("links.0.provider") == "sandbox");
  // The address belongs to one person at a provider.
  const auto other = enter("email=" + who.email + "&sub=somebody-else");
  REQUIRE_STATUS(other, 409);
  CHECK(other.text("code") == "IDENTITY_TAKEN");
}

TEST_CASE("apranova: a password that nobody proved the address for is dropped, with its sessions", "[oauth]") {
  const auto squatter = fresh_account();
  const auto owner = enter("email=" + squatter.email);
  REQUIRE_STATUS(owner, 200);
  CHECK(sign_in(squatter) == 401);
  CHECK_STATUS(apranova().as(squatter.access).get("/users/profile/"), 401);
  CHECK_STATUS(shared_server()
                   .client()
                   .below("/learnflow/api/v1")
                   .post("/auth/refresh/", object({{"refresh_token", squatter.refresh}})),
               401);
  CHECK_STATUS(apranova().as(owner.text("access")).get("/users/profile/"), 200);
}

TEST_CASE("apranova: an address that the provider does not vouch for links nothing", "[oauth]") {
  const auto who = fresh_account();
  const auto refused = enter("email=" + who.email + "&verified=false");
  REQUIRE_STATUS(refused, 409);
  CHECK(refused.text("code") == "IDENTITY_UNVERIFIED");
  CHECK_FALSE(refused.text("error").empty());
  CHECK_FALSE(refused.text("message").empty());
  CHECK(sign_in(who) == 200);
  // Who has no account gets one, whose address waits to be proved.
  const auto email = fresh_email("unproved");
  REQUIRE_STATUS(enter("email=" + email + "&verified=false"), 200);
  const auto taken_over = enter("email=" + email + "&sub=other");
  REQUIRE_STATUS(taken_over, 409);
  CHECK(taken_over.text("code") == "IDENTITY_TAKEN");
}

TEST_CASE("apranova: an account with a second factor is asked for its code", "[oauth]") {
  const auto who = fresh_account();
  prove_address(who.email);
  const auto secret = enable_mfa(who);
  const auto code = [&](int periods) { return app_code(secret, system_clock().now() + seconds{30 * periods}); };
  const auto bare = enter("email=" + who.email);
  REQUIRE_STATUS(bare, 401);
  CHECK(bare.text("code") == "MFA_REQUIRED");
  CHECK_FALSE(bare.has("access"));
  const auto ticket = bare.text("ticket");
  // Nothing was linked by then.
  CHECK(links_of(who.access).at("links").items().empty());

  const auto go_on = [&](const std::string& with, const std::string& shown) {
    return apranova().post("/auth/ticket/", object({{"ticket", with}, {"mfa_code", shown}}));
  };
  const auto wrong = go_on(ticket, other_than(code(1)));
  REQUIRE_STATUS(wrong, 401);
  CHECK(wrong.text("code") == "INVALID_MFA_CODE");
  CHECK(wrong.text("ticket") == ticket);
  const auto in = go_on(ticket, code(1));
  REQUIRE_STATUS(in, 200);
  CHECK(in.text("user.email") == who.email);
  CHECK(links_of(in.text("access")).text("links.0.provider") == "sandbox");
  // The ticket was for once, and so was the code.
  const auto again = go_on(ticket, code(1));
  REQUIRE_STATUS(again, 400);
  CHECK(again.text("code") == "TICKET_INVALID");
  CHECK(go_on("made-up", code(1)).text("code") == "TICKET_INVALID");
  CHECK(enter("email=" + who.email, R"(, "mfa_code": ")" + code(1) + "\"").text("code") == "INVALID_MFA_CODE");
}

TEST_CASE("apranova: wrong codes behind a provider lock like those behind a password", "[oauth]") {
  const auto who = fresh_account();
  prove_address(who.email);
  const auto secret = enable_mfa(who);
  const auto ticket = enter("email=" + who.email).text("ticket");
  const auto wrong = other_than(app_code(secret, system_clock().now() + seconds{90}));
  for (int i = 0; i < 5; ++i) apranova().post("/auth/ticket/", object({{"ticket", ticket}, {"mfa_code", wrong}}));
  const auto locked =
      apranova().post("/auth/ticket/",
                      object({{"ticket", ticket}, {"mfa_code", app_code(secret, system_clock().now() + seconds{30})}}));
  REQUIRE_STATUS(locked, 403);
  CHECK(locked.text("code") == "ACCOUNT_LOCKED");
  CHECK(sign_in(who) == 403);
}

TEST_CASE("apranova: an account that was switched off is refused like one that is not there", "[oauth]") {
  const auto email = fresh_email("off");
  REQUIRE_STATUS(enter("email=" + email), 200);
  const auto off = run_stoa({"user", "disable", "--email", email, "--data", shared_server().data().string()});
  REQUIRE(off.status == 0);
  const auto refused = enter("email=" + email);
  REQUIRE_STATUS(refused, 401);
  CHECK(refused.text("code") == "INVALID_CREDENTIALS");
}

TEST_CASE("apranova: twenty first sign-ins of one person at once make one account", "[oauth]") {
  const auto email = fresh_email("crowd");
  std::vector<response> answers(20);
  std::vector<std::thread> all;
  for (auto& a : answers) all.emplace_back([&a, &email] { a = enter("email=" + email + "&sub=" + email); });
  for (auto& t : all) t.join();
  std::set<std::int64_t> ids;
  for (const auto& a : answers) {
    REQUIRE_STATUS(a, 200);
    ids.insert(a.integer("user.id"));
  }
  CHECK(ids.size() == 1);
  CHECK(count_of(email) == "1");
}

TEST_CASE("apranova: a sign-in that begins at the server", "[oauth]") {
  const auto begun = apranova().post("/auth/sandbox/start/", object({{"redirect_uri", identity_redirect}}));
  REQUIRE_STATUS(begun, 200);
  CHECK(begun.header("cache-control") == "no-store");
  const auto url = begun.text("url");
  CHECK(url.starts_with(std::string(identity_redirect) + "?"));
  CHECK(parameter(url, "state") == begun.text("state"));
  CHECK(parse_rfc3339(begun.text("expires_at")));
  const auto back = [&](const std::string& binding) {
    return apranova().post("/auth/sandbox/", object({{"code", parameter(url, "code")},
                                                     {"redirect_uri", identity_redirect},
                                                     {"state", begun.text("state")},
                                                     {"binding", binding}}));
  };
  REQUIRE_STATUS(back(begun.text("binding")), 200);
  const auto again = back(begun.text("binding"));
  REQUIRE_STATUS(again, 400);
  CHECK(again.text("code") == "STATE_INVALID");
  const auto other = apranova().post("/auth/sandbox/start/", object({{"redirect_uri", identity_redirect}}));
  CHECK(enter("email=" + fresh_email(), R"(, "state": ")" + other.text("state") + R"(", "binding": "not-mine")")
            .text("code") == "STATE_INVALID");
}

TEST_CASE("apranova: what a sign-in by a provider is refused for", "[oauth]") {
  for (const char* path : {"/auth/google/", "/auth/github/"}) {
    const auto empty = apranova().post(path, "{}");
    REQUIRE_STATUS(empty, 400);
    CHECK(empty.at("code").is_array());
    CHECK(empty.at("redirect_uri").is_array());
    // Not set up on this server.
    const auto unknown = apranova().post(path, body_of("x"));
    REQUIRE_STATUS(unknown, 404);
    CHECK(unknown.text("code") == "PROVIDER_NOT_FOUND");
  }
  const auto elsewhere = apranova().post(
      "/auth/sandbox/", object({{"code", "email=a@b.example"}, {"redirect_uri", "https://evil.example/callback"}}));
  REQUIRE_STATUS(elsewhere, 400);
  CHECK(elsewhere.at("redirect_uri").is_array());
  CHECK_STATUS(apranova().post("/auth/sandbox/start/", object({{"redirect_uri", "https://evil.example/"}})), 400);
  const auto code = enter("no code");
  REQUIRE_STATUS(code, 400);
  CHECK(code.text("code") == "IDENTITY_REFUSED");
  const auto nameless = enter("sub=" + fresh_email());
  REQUIRE_STATUS(nameless, 400);
  CHECK(nameless.text("code") == "EMAIL_MISSING");
}

TEST_CASE("apranova: providers, links, and the last way in", "[oauth]") {
  const auto known = apranova().get("/auth/providers/");
  REQUIRE_STATUS(known, 200);
  CHECK(known.text("providers.0.name") == "sandbox");
  CHECK_STATUS(apranova().get("/auth/links/"), 401);

  const auto email = fresh_email("links");
  const auto me = apranova().as(enter("email=" + email).text("access"));
  const auto links = me.get("/auth/links/");
  REQUIRE_STATUS(links, 200);
  REQUIRE(links.at("links").items().size() == 1);
  CHECK(links.text("links.0.email") == email);
  CHECK(parse_rfc3339(links.text("links.0.linked_at")));
  const auto last = me.send("DELETE", "/auth/links/sandbox/", std::nullopt);
  REQUIRE_STATUS(last, 409);
  CHECK(last.text("code") == "LAST_WAY_IN");
  CHECK_STATUS(me.send("DELETE", "/auth/links/google/", std::nullopt), 404);

  const auto who = fresh_account();
  prove_address(who.email);
  const auto mine = apranova().as(enter("email=" + who.email).text("access"));
  CHECK_STATUS(mine.send("DELETE", "/auth/links/sandbox/", std::nullopt), 204);
  CHECK(mine.get("/auth/links/").at("links").items().empty());
  CHECK_STATUS(mine.send("DELETE", "/auth/links/sandbox/", std::nullopt), 404);
}

TEST_CASE("apranova: the documented doors of Google and GitHub", "[oauth][npm]") {
  emulated_providers others;
  std::vector<std::string> arguments;
  for (const auto& set : std::vector<std::string>{
           "providers=google,github", "google.issuer=" + others.google(), "google.client_id=stoa.apps",
           "google.client_secret=GOCSPX-x", "github.authorize_url=" + others.github() + "/login/oauth/authorize",
           "github.token_url=" + others.github() + "/login/oauth/access_token",
           "github.userinfo_url=" + others.github() + "/user", "github.emails_url=" + others.github() + "/user/emails",
           "github.client_id=Iv1.stoa", "github.client_secret=ghsecret"}) {
    arguments.emplace_back("--set");
    arguments.push_back("plugins.identity." + set);
  }
  const auto house = start_server({}, arguments);
  const auto by = [&](const std::string& provider, const std::string& authorize, const std::string& who) {
    const auto back = browse(authorize + "&response_type=code&redirect_uri=" + identity_redirect + "&state=s", who);
    return apranova(*house).post("/auth/" + provider + "/", body_of(parameter(back, "code")));
  };
  const auto google = others.google() + "/o/oauth2/v2/auth?client_id=stoa.apps&scope=openid%20email%20profile";
  const auto ada = by("google", google, "ada" + others.mark() + "@gmail.test");
  REQUIRE_STATUS(ada, 200);
  CHECK(looks_like_token(ada.text("access")));
  CHECK(looks_like_token(ada.text("refresh")));
  CHECK(ada.text("user.email") == "ada" + others.mark() + "@gmail.test");
  CHECK(ada.text("user.name") == "Ada Lovelace");
  CHECK(ada.text("user.role") == "student");
  const auto github = others.github() + "/login/oauth/authorize?client_id=Iv1.stoa&scope=user:email";
  const auto octocat = by("github", github, "octo" + others.mark());
  REQUIRE_STATUS(octocat, 200);
  CHECK(octocat.text("user.name") == "The Octocat");
  CHECK(by("github", github, "octo" + others.mark()).integer("user.id") == octocat.integer("user.id"));
  const auto refused = apranova(*house).post("/auth/github/", body_of("made-up"));
  REQUIRE_STATUS(refused, 400);
  CHECK(refused.text("code") == "IDENTITY_REFUSED");
}

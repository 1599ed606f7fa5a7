// The second factor and the list of sessions as lms documents and adds them, over a real server.
#include "stoa/ids.hpp"
#include "tests/support/authenticator.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client lms() { return shared_server().client().below("/lms/api/v1"); }

std::string code_in(const std::string& secret, int periods) {
  return app_code(secret, system_clock().now() + seconds{30 * periods});
}

response tell(const person& who, const std::string& what, const std::string& code) {
  return lms().as(who.access).post("/auth/mfa/" + what, object({{"code", code}}));
}

response end_session(const person& who, const std::string& id) {
  return lms().as(who.access).send("DELETE", "/auth/sessions/" + id, std::nullopt);
}

bool is_base32(const std::string& text) {
  return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == std::string::npos;
}

}  // namespace

TEST_CASE("lms: a second factor from its secret to its end") {
  const auto who = fresh_account();
  const auto begun = lms().as(who.access).post("/auth/mfa/enable", "");
  REQUIRE_STATUS(begun, 200);
  CHECK(begun.header("cache-control") == "no-store");
  const auto secret = begun.text("secret");
  CHECK(secret.size() == 32);
  CHECK(is_base32(secret));
  CHECK(begun.text("provisioning_url") ==
        "otpauth://totp/LMS%20Backend:" + who.email + "?secret=" + secret + "&issuer=LMS%20Backend");
  CHECK_FALSE(lms().as(who.access).get("/users/me").truth("mfa_enabled"));

  const auto wrong = tell(who, "verify", other_than(code_in(secret, 3)));
  REQUIRE_STATUS(wrong, 400);
  CHECK_FALSE(wrong.text("detail").empty());
  const auto verified = tell(who, "verify", code_in(secret, 0));
  REQUIRE_STATUS(verified, 200);
  CHECK(verified.text("message") == "MFA enabled successfully");
  CHECK(verified.header("cache-control") == "no-store");
  REQUIRE(verified.at("recovery_codes").items().size() == 10);
  const auto recovery = [&](std::size_t n) { return verified.at("recovery_codes").items()[n].text(); };
  CHECK(lms().as(who.access).get("/users/me").truth("mfa_enabled"));
  CHECK(lms().as(who.access).patch("/users/me", R"({"full_name": "A B"})").truth("mfa_enabled"));

  const auto login = door_named("lms").login(who.email, who.password);
  const auto bare = lms().post("/auth/login", login);
  REQUIRE_STATUS(bare, 401);
  CHECK(bare.text("code") == "MFA_REQUIRED");
  CHECK_FALSE(bare.text("detail").empty());
  CHECK(lms().post("/auth/mfa/login", with_code(login, "")).text("code") == "MFA_REQUIRED");
  const auto refused = lms().post("/auth/mfa/login", with_code(login, "no code"));
  REQUIRE_STATUS(refused, 401);
  CHECK(refused.text("code") == "INVALID_MFA_CODE");

  // That code is spent; the next period's is accepted already.
  const auto in = lms().post("/auth/mfa/login", with_code(login, code_in(secret, 1)));
  REQUIRE_STATUS(in, 200);
  CHECK(looks_like_token(in.text("access_token")));
  CHECK(looks_like_token(in.text("refresh_token")));
  CHECK(in.text("token_type") == "bearer");
  CHECK(in.integer("expires_in") == 900);
  CHECK_STATUS(lms().post("/auth/login", with_code(login, recovery(0))), 200);
  CHECK_STATUS(lms().post("/auth/refresh", object({{"refresh_token", in.text("refresh_token")}})), 200);

  const auto renewed = tell(who, "recovery-codes", recovery(1));
  REQUIRE_STATUS(renewed, 200);
  REQUIRE(renewed.at("recovery_codes").items().size() == 10);
  CHECK_STATUS(tell(who, "disable", recovery(2)), 400);
  const auto off = tell(who, "disable", renewed.at("recovery_codes").items()[0].text());
  REQUIRE_STATUS(off, 204);
  CHECK(off.body.empty());
  CHECK_FALSE(lms().as(who.access).get("/users/me").truth("mfa_enabled"));
  CHECK_STATUS(lms().post("/auth/login", login), 200);

  const auto log = shared_server().log();
  CHECK(log.find(secret) == std::string::npos);
  for (const auto& code : verified.at("recovery_codes").items()) CHECK(log.find(code.text()) == std::string::npos);
}

TEST_CASE("lms: what the doors of the second factor refuse") {
  const auto who = fresh_account();
  for (const auto* what : {"enable", "verify", "disable", "recovery-codes"})
    CHECK_STATUS(lms().post(std::string("/auth/mfa/") + what, object({{"code", "123456"}})), 401);
  for (const auto* what : {"verify", "disable", "recovery-codes"}) {
    const auto nothing = tell(who, what, "123456");
    REQUIRE_STATUS(nothing, 409);
    CHECK_FALSE(nothing.text("detail").empty());
    const auto missing = lms().as(who.access).post(std::string("/auth/mfa/") + what, "{}");
    REQUIRE_STATUS(missing, 422);
    CHECK(missing.at("detail.0.loc").dump() == R"(["body","code"])");
    CHECK_STATUS(tell(who, what, std::string(65, '1')), 422);
    CHECK_STATUS(lms().as(who.access).post(std::string("/auth/mfa/") + what, R"({"code": 123456})"), 422);
  }
  const auto missing = lms().post("/auth/mfa/login", door_named("lms").login(who.email, who.password));
  REQUIRE_STATUS(missing, 422);
  CHECK(missing.at("detail.0.loc").dump() == R"(["body","mfa_code"])");
}

TEST_CASE("lms: an operator takes a second factor away") {
  const auto who = fresh_account();
  const auto secret = lms().as(who.access).post("/auth/mfa/enable", "{}").text("secret");
  REQUIRE_STATUS(tell(who, "verify", code_in(secret, 0)), 200);
  const auto& at = shared_server();
  const std::vector<std::string> whom{"--data", at.data().string(), "--email", who.email};
  const auto told = [&](std::vector<std::string> what) {
    what.insert(what.end(), whom.begin(), whom.end());
    return run_stoa(what);
  };
  CHECK(told({"user", "show"}).output.find("mfa       on") != std::string::npos);
  CHECK(told({"user", "disable-mfa"}).status == 0);
  CHECK(told({"user", "show"}).output.find("mfa       off") != std::string::npos);
  CHECK_STATUS(lms().post("/auth/login", door_named("lms").login(who.email, who.password)), 200);
}

TEST_CASE("lms: the list of one's sessions, and their end") {
  const auto who = fresh_account();
  const auto body = door_named("apranova").login(who.email, who.password);
  const auto apart = shared_server().client().with("User-Agent", "Paper Plane/1.0 \xc3\xa9");
  const auto second = apart.post("/apranova/api/users/login/", body);
  REQUIRE_STATUS(second, 200);
  const auto all = lms().as(who.access).get("/auth/sessions");
  REQUIRE_STATUS(all, 200);
  CHECK(all.integer("total") == 2);
  CHECK(all.integer("page") == 1);
  REQUIRE(all.at("items").items().size() == 2);
  CHECK(all.text("items.0.door") == "apranova");
  CHECK(all.text("items.0.user_agent") == "Paper Plane/1.0 ");
  CHECK(all.has("items.1.user_agent"));
  CHECK_FALSE(all.truth("items.0.current"));
  CHECK(all.truth("items.1.current"));
  for (const auto* when : {"created_at", "last_used_at", "expires_at"})
    CHECK(parse_rfc3339(all.text(std::string("items.0.") + when)));
  const auto later = lms().as(who.access).get("/auth/sessions?page=2&page_size=1");
  CHECK(later.integer("total") == 2);
  CHECK(later.text("items.0.id") == all.text("items.1.id"));
  CHECK(lms().as(who.access).get("/auth/sessions?page=9").integer("total") == 2);
  CHECK_STATUS(lms().as(who.access).get("/auth/sessions?page=0"), 422);

  // Somebody else's is as good as none.
  const auto stranger = fresh_account();
  const auto id = all.text("items.0.id");
  const auto foreign = end_session(stranger, id);
  REQUIRE_STATUS(foreign, 404);
  const auto none = end_session(stranger, session_id::make().str());
  REQUIRE_STATUS(none, 404);
  CHECK(foreign.body == none.body);
  CHECK_STATUS(end_session(stranger, "x"), 404);
  CHECK_STATUS(lms().send("DELETE", "/auth/sessions/" + id, std::nullopt), 401);
  CHECK_STATUS(lms().get("/auth/sessions"), 401);

  REQUIRE_STATUS(end_session(who, id), 204);
  CHECK_STATUS(end_session(who, id), 404);
  CHECK_STATUS(lms().as(second.text("access")).get("/users/me"), 401);
  CHECK_STATUS(lms().post("/auth/refresh", object({{"refresh_token", second.text("refresh")}})), 401);
  CHECK(lms().as(who.access).get("/auth/sessions").integer("total") == 1);

  const auto third = lms().post("/auth/login", body);
  REQUIRE_STATUS(lms().as(who.access).send("DELETE", "/auth/sessions", std::nullopt), 204);
  CHECK_STATUS(lms().as(third.text("access_token")).get("/users/me"), 401);
  CHECK_STATUS(lms().as(who.access).get("/users/me"), 200);
  // One's own, too: that is a sign-out.
  const auto own = lms().as(who.access).get("/auth/sessions");
  REQUIRE_STATUS(end_session(who, own.text("items.0.id")), 204);
  CHECK_STATUS(lms().as(who.access).get("/users/me"), 401);
}

#include "stoa/time.hpp"
#include "tests/api/doors/doors.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {
client unpuzzle(const server& s = shared_server()) { return s.client().below("/unpuzzle/api/v1"); }

response sign_up(const std::string& email, const server& s = shared_server()) {
  return unpuzzle(s).post("/auth/signup/",
                          object({{"email", email},
                                  {"password", "SecurePassword123!"},
                                  {"full_name", "John Doe"},
                                  {"metadata", field::raw(R"({"source": "web", "referral_code": "FRIEND123"})")}}));
}

response sign_in(const std::string& email, const server& s = shared_server()) {
  return unpuzzle(s).post("/auth/signin/", object({{"email", email}, {"password", "SecurePassword123!"}}));
}

/// `name=value` of the cookie an answer sets.
std::string cookie_of(const response& r) {
  const auto set = r.header("set-cookie").value_or("");
  return set.substr(0, set.find(';'));
}

constexpr const char* own_page = "https://app.unpuzzle.com";
}  // namespace

TEST_CASE("unpuzzle: its refresh has the unprefixed path, whoever else has added one") {
  const auto to = shared_server().client();
  const auto body = object({{"refresh_token", "none"}});
  const auto refused = to.post("/api/v1/auth/refresh/", body);
  REQUIRE_STATUS(refused, 401);
  CHECK(refused.text("status") == "error");
  CHECK(refused.text("error.code") == "AUTH_INVALID_TOKEN");
  // learnflow's addition is where somebody asks for it.
  const auto other = to.with("X-API-Dialect", "learnflow").post("/api/v1/auth/refresh/", body);
  REQUIRE_STATUS(other, 401);
  CHECK_FALSE(other.has("status"));
}

TEST_CASE("unpuzzle: sign up, sign in, refresh, profile") {
  const auto email = fresh_email("user");
  const auto made = sign_up(email);
  REQUIRE_STATUS(made, 201);
  CHECK(made.text("user.id").size() == 36);
  CHECK(made.text("user.email") == email);
  CHECK(made.text("user.full_name") == "John Doe");
  CHECK(parse_rfc3339(made.text("user.created_at")));
  CHECK(looks_like_token(made.text("access_token")));
  CHECK(looks_like_token(made.text("refresh_token")));
  CHECK(parse_rfc3339(made.text("expires_at")));

  const auto in = sign_in(email);
  REQUIRE_STATUS(in, 200);
  CHECK(in.text("user.id") == made.text("user.id"));
  CHECK(in.at("user.roles").dump() == R"(["student"])");
  CHECK(in.text("user.subscription.plan") == "free");
  CHECK(in.integer("user.subscription.ai_limit") == 3);
  CHECK(in.integer("user.subscription.ai_used") == 0);
  const auto expires = parse_rfc3339(in.text("expires_at"));
  const auto created = parse_rfc3339(made.text("user.created_at"));
  REQUIRE(expires);
  REQUIRE(created);
  CHECK(*expires - *created >= minutes{59});
  CHECK(*expires - *created <= minutes{62});

  const auto next = unpuzzle().post("/auth/refresh/", object({{"refresh_token", in.text("refresh_token")}}));
  REQUIRE_STATUS(next, 200);
  CHECK(looks_like_token(next.text("access_token")));
  CHECK(looks_like_token(next.text("refresh_token")));
  CHECK(parse_rfc3339(next.text("expires_at")));
  CHECK_FALSE(next.header("set-cookie"));

  const auto me = unpuzzle().as(next.text("access_token"));
  const auto profile = me.get("/auth/profile/");
  REQUIRE_STATUS(profile, 200);
  CHECK(profile.text("id") == made.text("user.id"));
  CHECK(profile.text("email") == email);
  CHECK(profile.text("full_name") == "John Doe");
  CHECK(profile.at("avatar_url").is_null());
  CHECK(profile.text("bio").empty());
  CHECK(profile.at("roles").is_array());
  CHECK(profile.text("subscription.plan") == "free");
  CHECK(profile.has("subscription.valid_until"));
  CHECK(parse_rfc3339(profile.text("created_at")));
  CHECK(parse_rfc3339(profile.text("updated_at")));

  const auto changed =
      me.put("/auth/profile/update/",
             object({{"full_name", "John Updated Doe"},
                     {"bio", "Updated bio"},
                     {"avatar_url", "https://new-avatar.com/image.jpg"},
                     {"preferences", field::raw(R"({"email_notifications": true, "learning_reminders": false})")}}));
  REQUIRE_STATUS(changed, 200);
  CHECK_FALSE(changed.text("message").empty());
  CHECK(changed.text("profile.id") == made.text("user.id"));
  CHECK(changed.text("profile.full_name") == "John Updated Doe");
  CHECK(changed.text("profile.bio") == "Updated bio");
  CHECK(changed.text("profile.avatar_url") == "https://new-avatar.com/image.jpg");
  const auto shown = me.get("/auth/profile/");
  CHECK(shown.text("full_name") == "John Updated Doe");
  CHECK(shown.truth("preferences.email_notifications"));
  CHECK_FALSE(shown.truth("preferences.learning_reminders"));
  REQUIRE_STATUS(me.put("/auth/profile/update/", R"({"bio": "Again"})"), 200);
  CHECK(me.get("/auth/profile/").text("full_name") == "John Updated Doe");
}

TEST_CASE("unpuzzle: refusals have its envelope and codes") {
  const auto email = fresh_email("codes");
  REQUIRE_STATUS(sign_up(email), 201);
  const auto wrong = unpuzzle()
                         .with("X-Request-ID", "my-request-1")
                         .post("/auth/signin/", object({{"email", email}, {"password", "Wrong-password-1"}}));
  REQUIRE_STATUS(wrong, 401);
  CHECK(wrong.text("status") == "error");
  CHECK(wrong.text("error.code") == "AUTH_INVALID_CREDENTIALS");
  CHECK_FALSE(wrong.text("error.message").empty());
  CHECK(parse_rfc3339(wrong.text("timestamp")));
  CHECK(wrong.text("request_id") == "my-request-1");
  CHECK(wrong.header("x-request-id") == "my-request-1");

  const auto bad = unpuzzle().as("nonsense").get("/auth/profile/");
  REQUIRE_STATUS(bad, 401);
  CHECK(bad.text("error.code") == "AUTH_INVALID_TOKEN");
  const auto stale = unpuzzle().post("/auth/refresh/", object({{"refresh_token", "refresh_token"}}));
  REQUIRE_STATUS(stale, 401);
  CHECK(stale.text("error.code") == "AUTH_INVALID_TOKEN");

  const auto invalid = unpuzzle().post(
      "/auth/signup/", object({{"email", "invalid"}, {"password", "SecurePassword123!"}, {"full_name", "A"}}));
  REQUIRE_STATUS(invalid, 422);
  CHECK(invalid.text("error.code") == "VALIDATION_ERROR");
  CHECK(invalid.text("error.details.0.field") == "email");
  CHECK_FALSE(invalid.text("error.details.0.message").empty());
  const auto weak =
      unpuzzle().post("/auth/signup/", object({{"email", fresh_email()}, {"password", "short"}, {"full_name", "A"}}));
  REQUIRE_STATUS(weak, 422);
  CHECK(weak.text("error.details.0.field") == "password");
  CHECK_STATUS(sign_up(email), 409);

  const auto me = unpuzzle().as(sign_in(email).text("access_token"));
  for (const char* body : {R"({"avatar_url": "ftp://x/y"})", R"({"preferences": "dark"})", R"({"full_name": ""})"})
    CHECK_STATUS(me.put("/auth/profile/update/", body), 422);
}

TEST_CASE("unpuzzle: the access cookie") {
  const auto email = fresh_email("cookie");
  REQUIRE_STATUS(sign_up(email), 201);
  const auto in = sign_in(email);
  const auto set = in.header("set-cookie").value_or("");
  INFO(set);
  CHECK(cookie_of(in) == "__Host-stoa_access=" + in.text("access_token"));
  for (const char* part : {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"}) CHECK(set.find(part) != std::string::npos);
  CHECK(set.find("Domain") == std::string::npos);

  const auto browser = unpuzzle().with("Cookie", "theme=dark; " + cookie_of(in));
  const auto profile = browser.get("/auth/profile/");
  REQUIRE_STATUS(profile, 200);
  CHECK(profile.text("email") == email);
  CHECK_STATUS(browser.put("/auth/profile/update/", R"({"bio": "forged"})"), 403);
  CHECK_STATUS(browser.with("Origin", "https://evil.example").put("/auth/profile/update/", R"({"bio": "forged"})"),
               403);
  CHECK_STATUS(browser.with("Origin", own_page).put("/auth/profile/update/", R"({"bio": "mine"})"), 200);
  CHECK(browser.get("/auth/profile/").text("bio") == "mine");
  // The other contracts know no cookies.
  CHECK_STATUS(shared_server().client().with("Cookie", cookie_of(in)).get("/lms/api/v1/users/me"), 401);

  const auto body = object({{"refresh_token", in.text("refresh_token")}});
  const auto next = browser.post("/auth/refresh/", body);
  REQUIRE_STATUS(next, 200);
  CHECK(cookie_of(next) == "__Host-stoa_access=" + next.text("access_token"));
  // A browser drops a cookie that has expired; its page still gets the next one.
  const auto late = unpuzzle()
                        .with("Origin", own_page)
                        .post("/auth/refresh/", object({{"refresh_token", next.text("refresh_token")}}));
  REQUIRE_STATUS(late, 200);
  CHECK(cookie_of(late) == "__Host-stoa_access=" + late.text("access_token"));

  CHECK_STATUS(browser.post("/auth/signout/", "{}"), 403);
  const auto out = browser.with("Origin", own_page).post("/auth/signout/", "{}");
  REQUIRE_STATUS(out, 200);
  CHECK(cookie_of(out) == "__Host-stoa_access=");
  CHECK(out.header("set-cookie")->find("Max-Age=0") != std::string::npos);
  CHECK_STATUS(browser.get("/auth/profile/"), 401);
}

TEST_CASE("unpuzzle: cookies without Secure for development over plain HTTP") {
  const auto s = start_server({{"STOA_SECURITY_COOKIE_SECURE", "false"}});
  const auto email = fresh_email("plain");
  REQUIRE_STATUS(sign_up(email, *s), 201);
  const auto in = sign_in(email, *s);
  const auto set = in.header("set-cookie").value_or("");
  CHECK(cookie_of(in) == "stoa_access=" + in.text("access_token"));
  CHECK(set.find("Secure") == std::string::npos);
  CHECK(set.find("HttpOnly") != std::string::npos);
  CHECK_STATUS(unpuzzle(*s).with("Cookie", cookie_of(in)).get("/auth/profile/"), 200);
}

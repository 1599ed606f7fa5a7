#include "stoa/time.hpp"
#include "tests/api/doors/doors.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {
client learnflow() { return shared_server().client().below("/learnflow/api/v1"); }
}  // namespace

TEST_CASE("learnflow: register, sign in, me") {
  const auto email = fresh_email("john.doe");
  const auto made = learnflow().post(
      "/auth/register/",
      object({{"email", email}, {"password", "SecurePassword123!"}, {"first_name", "John"}, {"last_name", "Doe"}}));
  REQUIRE_STATUS(made, 201);
  CHECK(made.text("id").size() == 36);
  CHECK(made.text("email") == email);
  CHECK(made.text("first_name") == "John");
  CHECK(made.text("last_name") == "Doe");
  CHECK_FALSE(made.truth("is_instructor"));
  CHECK(looks_like_token(made.text("access_token")));
  CHECK(looks_like_token(made.text("refresh_token")));

  const auto in = learnflow().post("/auth/login/", object({{"email", email}, {"password", "SecurePassword123!"}}));
  REQUIRE_STATUS(in, 200);
  CHECK(in.text("user.id") == made.text("id"));
  CHECK(in.text("user.email") == email);
  CHECK(in.text("user.first_name") == "John");
  CHECK(in.text("user.last_name") == "Doe");
  CHECK_FALSE(in.truth("user.is_instructor"));

  const auto me = learnflow().as(in.text("access_token")).get("/auth/me/");
  REQUIRE_STATUS(me, 200);
  CHECK(me.text("id") == made.text("id"));
  CHECK_FALSE(me.truth("is_instructor"));
  for (const char* name : {"bio", "phone", "country", "timezone"})
    CHECK(me.text(std::string("profile.") + name).empty());
  for (const char* name : {"total_hours_learned", "courses_completed", "certificates_earned", "current_streak_days"})
    CHECK(me.at(std::string("profile.") + name).as_real() == 0.0);
  CHECK(me.has("profile.profile_picture"));
  CHECK(me.has("profile.last_activity"));
}

TEST_CASE("learnflow: refresh tells the expiry") {
  const auto who = fresh_account();
  const auto next = learnflow().post("/auth/refresh/", object({{"refresh_token", who.refresh}}));
  REQUIRE_STATUS(next, 200);
  CHECK(parse_rfc3339(next.text("expires_at")));
}

TEST_CASE("learnflow: one's own profile changes member by member") {
  const auto who = fresh_account();
  const auto me = learnflow().as(who.access);
  const auto changed = me.patch("/auth/me/", object({{"bio", "Software developer"}, {"timezone", "Europe/Berlin"}}));
  REQUIRE_STATUS(changed, 200);
  CHECK(changed.text("profile.bio") == "Software developer");
  CHECK(changed.text("first_name") == "John");
  REQUIRE_STATUS(
      me.patch("/auth/me/", object({{"profile_picture", "https://example.com/me.jpg"}, {"is_instructor", true}})), 200);
  const auto shown = me.get("/auth/me/");
  CHECK(shown.text("profile.bio") == "Software developer");
  CHECK(shown.text("profile.timezone") == "Europe/Berlin");
  CHECK(shown.text("profile.profile_picture") == "https://example.com/me.jpg");
  CHECK_FALSE(shown.truth("is_instructor"));
  CHECK_STATUS(me.patch("/auth/me/", object({{"profile_picture", "javascript:alert(1)"}})), 422);
}

TEST_CASE("learnflow: the documented refusals of the doors") {
  const auto nobody = learnflow().get("/auth/me/");
  REQUIRE_STATUS(nobody, 401);
  CHECK(nobody.text("error.code") == "AUTHENTICATION_REQUIRED");
  CHECK(nobody.integer("error.status") == 401);
  CHECK(nobody.has("error.message"));

  const auto expired = learnflow().as("expired_token_here").get("/auth/me/");
  REQUIRE_STATUS(expired, 401);
  CHECK(expired.text("error.code") == "TOKEN_EXPIRED");

  const auto partial = learnflow().post("/auth/register/", R"({"email": "test@example.com"})");
  REQUIRE_STATUS(partial, 422);
  CHECK(partial.text("error.code") == "VALIDATION_ERROR");
  CHECK(partial.integer("error.status") == 422);
  for (const char* name : {"password", "first_name", "last_name"})
    CHECK(partial.at(std::string("error.details.") + name).dump() == R"(["This field is required."])");
  CHECK_FALSE(partial.has("error.details.email"));

  const auto who = fresh_account();
  for (int i = 0; i < 5; ++i)
    REQUIRE_STATUS(learnflow().post("/auth/login/", object({{"email", who.email}, {"password", "wrong"}})), 401);
  const auto limited = learnflow().post("/auth/login/", object({{"email", who.email}, {"password", "wrong"}}));
  REQUIRE_STATUS(limited, 429);
  CHECK(limited.text("error.code") == "RATE_LIMIT_EXCEEDED");
  CHECK(limited.integer("error.retry_after") > 0);
  CHECK(limited.header("retry-after"));
}

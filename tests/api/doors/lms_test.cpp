#include "stoa/time.hpp"
#include "tests/api/doors/doors.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {
client lms() { return shared_server().client().below("/lms/api/v1"); }

response register_at(const std::string& email, const std::string& password, const std::string& name = "John Doe") {
  return lms().post("/auth/register", object({{"email", email}, {"password", password}, {"full_name", name}}));
}

void check_tokens(const response& r) {
  CHECK(looks_like_token(r.text("access_token")));
  CHECK(looks_like_token(r.text("refresh_token")));
  CHECK(r.text("token_type") == "bearer");
  CHECK(r.integer("expires_in") == 900);
}
}  // namespace

TEST_CASE("lms: register, sign in, refresh, me, sign out") {
  const auto email = fresh_email("user");
  const auto made = register_at(email, "SecurePassword123");
  REQUIRE_STATUS(made, 201);
  check_tokens(made);
  const auto fresh = lms().as(made.text("access_token")).get("/users/me");
  REQUIRE_STATUS(fresh, 200);
  CHECK(parse_rfc3339(fresh.text("last_login_at")));

  const auto in = lms().post("/auth/login", object({{"email", email}, {"password", "SecurePassword123"}}));
  REQUIRE_STATUS(in, 200);
  check_tokens(in);
  const auto next = lms().post("/auth/refresh", object({{"refresh_token", in.text("refresh_token")}}));
  REQUIRE_STATUS(next, 200);
  check_tokens(next);

  const auto me = lms().as(next.text("access_token")).get("/users/me");
  REQUIRE_STATUS(me, 200);
  CHECK(me.text("id").size() == 36);
  CHECK(me.text("email") == email);
  CHECK(me.text("full_name") == "John Doe");
  CHECK(me.text("role") == "student");
  CHECK(me.truth("is_active"));
  CHECK_FALSE(me.truth("mfa_enabled"));
  CHECK(parse_rfc3339(me.text("created_at")));
  CHECK(parse_rfc3339(me.text("last_login_at")));

  const auto changed =
      lms().as(next.text("access_token")).patch("/users/me", R"({"full_name": "John Smith", "role": "admin"})");
  REQUIRE_STATUS(changed, 200);
  CHECK(changed.text("full_name") == "John Smith");
  CHECK(changed.text("role") == "student");
  CHECK(lms().as(next.text("access_token")).get("/users/me").text("full_name") == "John Smith");

  const auto out = lms().as(next.text("access_token")).send("POST", "/auth/logout", std::nullopt);
  REQUIRE_STATUS(out, 204);
  CHECK(out.body.empty());
  CHECK_STATUS(lms().as(next.text("access_token")).get("/users/me"), 401);
}

TEST_CASE("lms: full names of 1 to 255 characters, wherever their blanks are") {
  std::string name = "A";
  while (name.size() < 255 * 2 - 1) name += "ж";
  for (const auto& full : {name, std::string(10, 'x') + " " + std::string(244, 'y'), std::string("Cher")}) {
    const auto made = register_at(fresh_email("named"), "SecurePassword123", full);
    REQUIRE_STATUS(made, 201);
    CHECK(lms().as(made.text("access_token")).get("/users/me").text("full_name") == full);
  }
  for (const auto& full : {std::string(), std::string("   "), std::string(256, 'x')}) {
    const auto refused = register_at(fresh_email(), "SecurePassword123", full);
    REQUIRE_STATUS(refused, 422);
    CHECK(refused.at("detail.0.loc").dump() == R"(["body","full_name"])");
  }
}

TEST_CASE("lms: passwords need upper case, lower case and a digit") {
  for (const char* weak : {"securepassword123", "SECUREPASSWORD123", "SecurePassword", "Secur3"}) {
    const auto refused = register_at(fresh_email(), weak);
    REQUIRE_STATUS(refused, 422);
    CHECK(refused.at("detail.0.loc").dump() == R"(["body","password"])");
    CHECK_FALSE(refused.text("detail.0.msg").empty());
    CHECK_FALSE(refused.text("detail.0.type").empty());
  }
}

TEST_CASE("lms: the documented refusals") {
  const auto invalid = register_at("no address", "SecurePassword123");
  REQUIRE_STATUS(invalid, 422);
  CHECK(invalid.at("detail.0.loc").dump() == R"(["body","email"])");
  CHECK(invalid.text("detail.0.type") == "value_error.email");

  const auto email = fresh_email("taken");
  REQUIRE_STATUS(register_at(email, "SecurePassword123"), 201);
  const auto taken = register_at(email, "SecurePassword123");
  REQUIRE_STATUS(taken, 409);
  CHECK_FALSE(taken.text("detail").empty());

  const auto nobody = lms().get("/users/me");
  REQUIRE_STATUS(nobody, 401);
  CHECK(nobody.text("detail") == "Could not validate credentials");
  const auto bad = lms().post("/auth/refresh", object({{"refresh_token", "x"}}));
  REQUIRE_STATUS(bad, 401);
  CHECK(bad.text("detail") == "Could not validate credentials");

  for (int i = 0; i < 5; ++i) {
    const auto wrong = lms().post("/auth/login", object({{"email", email}, {"password", "Wrong-password-1"}}));
    REQUIRE_STATUS(wrong, 401);
    CHECK_FALSE(wrong.text("detail").empty());
  }
  const auto locked = lms().post("/auth/login", object({{"email", email}, {"password", "SecurePassword123"}}));
  REQUIRE_STATUS(locked, 423);
  CHECK_FALSE(locked.text("detail").empty());
}

TEST_CASE("lms: changing the password") {
  const auto email = fresh_email("change");
  const auto made = register_at(email, "OldPassword123");
  const auto me = lms().as(made.text("access_token"));
  const auto wrong =
      me.post("/users/me/password", object({{"current_password", "NotThis123"}, {"new_password", "NewPassword123"}}));
  REQUIRE_STATUS(wrong, 400);
  CHECK_FALSE(wrong.text("detail").empty());
  const auto weak =
      me.post("/users/me/password", object({{"current_password", "OldPassword123"}, {"new_password", "weakpassword"}}));
  REQUIRE_STATUS(weak, 422);
  CHECK(weak.at("detail.0.loc").dump() == R"(["body","new_password"])");
  // Together with what else is wrong with the body.
  const auto both = me.post("/users/me/password", object({{"new_password", "weakpassword"}}));
  REQUIRE_STATUS(both, 422);
  CHECK(both.body.find(R"(["body","current_password"])") != std::string::npos);
  CHECK(both.body.find(R"(["body","new_password"])") != std::string::npos);
  // What is missing is not weak, too.
  CHECK(me.post("/users/me/password", "{}").at("detail").items().size() == 2);
  REQUIRE_STATUS(me.get("/users/me"), 200);
  const auto changed = me.post("/users/me/password",
                               object({{"current_password", "OldPassword123"}, {"new_password", "NewPassword123"}}));
  REQUIRE_STATUS(changed, 204);
  CHECK_STATUS(me.get("/users/me"), 401);
  CHECK_STATUS(lms().post("/auth/login", object({{"email", email}, {"password", "OldPassword123"}})), 401);
  CHECK_STATUS(lms().post("/auth/login", object({{"email", email}, {"password", "NewPassword123"}})), 200);
  CHECK_STATUS(lms().post("/users/me/password", "{}"), 401);
}

#include "stoa/time.hpp"
#include "tests/api/doors/doors.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {
client apranova() { return shared_server().client().below("/apranova/api"); }

response register_at(const std::string& email, const std::string& role = "student",
                     const std::string& password = "SecurePass123!", const std::string& repeated = "SecurePass123!") {
  return apranova().post("/auth/registration/", object({{"name", "John Doe"},
                                                        {"email", email},
                                                        {"password1", password},
                                                        {"password2", repeated},
                                                        {"role", role},
                                                        {"track", "DP"}}));
}

response sign_in(const std::string& email, const std::string& role) {
  return apranova().post("/users/login/", object({{"email", email}, {"password", "SecurePass123!"}, {"role", role}}));
}
}  // namespace

TEST_CASE("apranova: registration and profile") {
  const auto email = fresh_email("john");
  const auto made = register_at(email);
  REQUIRE_STATUS(made, 201);
  CHECK(looks_like_token(made.text("access")));
  CHECK(looks_like_token(made.text("refresh")));
  CHECK(made.integer("user.id") > 0);
  CHECK(made.text("user.email") == email);
  CHECK(made.text("user.name") == "John Doe");
  CHECK(made.text("user.role") == "student");
  CHECK(made.text("user.track") == "DP");

  const auto me = apranova().as(made.text("access"));
  const auto profile = me.get("/users/profile/");
  REQUIRE_STATUS(profile, 200);
  CHECK(profile.integer("id") == made.integer("user.id"));
  CHECK(profile.text("email") == email);
  CHECK(profile.text("name") == "John Doe");
  CHECK(profile.text("role") == "student");
  CHECK(profile.text("track") == "DP");
  CHECK(parse_rfc3339(profile.text("created_at")));
  CHECK(parse_rfc3339(profile.text("updated_at")));

  REQUIRE_STATUS(me.put("/users/profile/", R"({"name": "Jane van der Berg"})"), 200);
  const auto changed = me.patch("/users/profile/", R"({"track": "FSD"})");
  REQUIRE_STATUS(changed, 200);
  CHECK(changed.text("name") == "Jane van der Berg");
  CHECK(changed.text("track") == "FSD");
  const auto refused = me.patch("/users/profile/", object({{"name", std::string(256, 'x')}}));
  REQUIRE_STATUS(refused, 400);
  CHECK(refused.at("name").is_array());
}

TEST_CASE("apranova: sign-in in one's own role, and what a wrong one is told") {
  const auto student = fresh_email("student"), trainer = fresh_email("trainer");
  REQUIRE_STATUS(register_at(student), 201);
  const auto made = register_at(trainer, "trainer");
  REQUIRE_STATUS(made, 201);
  CHECK(made.text("user.role") == "trainer");

  const auto in = sign_in(student, "student");
  REQUIRE_STATUS(in, 200);
  CHECK(looks_like_token(in.text("access")));
  CHECK(looks_like_token(in.text("refresh")));
  CHECK(in.integer("user.id") > 0);
  CHECK(in.text("user.email") == student);
  CHECK(in.text("user.name") == "John Doe");
  CHECK(in.text("user.role") == "student");
  CHECK(in.text("redirect_url") == "/student/dashboard");
  CHECK(sign_in(trainer, "trainer").text("redirect_url") == "/trainer/dashboard");
  CHECK_STATUS(apranova().post("/users/login/", object({{"email", student}, {"password", "SecurePass123!"}})), 200);

  const auto wrong = sign_in(student, "trainer");
  REQUIRE_STATUS(wrong, 403);
  CHECK(wrong.text("error") == "Unauthorized role access");
  CHECK(wrong.text("detail").find("'student'") != std::string::npos);
  CHECK(wrong.text("detail").find("'trainer'") != std::string::npos);
  CHECK(wrong.text("actual_role") == "student");
  CHECK_FALSE(wrong.has("access"));
  const auto other = sign_in(trainer, "student");
  REQUIRE_STATUS(other, 403);
  CHECK(other.text("actual_role") == "trainer");

  // The role is looked at only behind good credentials.
  const auto guess = apranova().post(
      "/users/login/", object({{"email", student}, {"password", "Wrong-password-1"}, {"role", "trainer"}}));
  REQUIRE_STATUS(guess, 401);
  CHECK(guess.text("error") == "Invalid credentials");
  CHECK_FALSE(guess.text("message").empty());
}

TEST_CASE("apranova: refresh and logout") {
  const auto email = fresh_email("out");
  REQUIRE_STATUS(register_at(email), 201);
  const auto in = sign_in(email, "student");
  const auto next = apranova().post("/auth/token/refresh/", object({{"refresh", in.text("refresh")}}));
  REQUIRE_STATUS(next, 200);
  CHECK(looks_like_token(next.text("access")));
  CHECK(looks_like_token(next.text("refresh")));
  const auto out =
      apranova().as(next.text("access")).post("/users/logout/", object({{"refresh", next.text("refresh")}}));
  REQUIRE_STATUS(out, 200);
  CHECK_FALSE(out.text("message").empty());
  CHECK_STATUS(apranova().as(next.text("access")).get("/users/profile/"), 401);
  CHECK_STATUS(apranova().post("/auth/token/refresh/", object({{"refresh", next.text("refresh")}})), 401);
}

TEST_CASE("apranova: whether an address is known") {
  const auto email = fresh_email("known");
  REQUIRE_STATUS(register_at(email), 201);
  CHECK(apranova().post("/users/check-email/", object({{"email", email}})).truth("exists"));
  auto loud = email;
  loud[0] = 'K';
  CHECK(apranova().post("/users/check-email/", object({{"email", loud}})).truth("exists"));
  CHECK_FALSE(apranova().post("/users/check-email/", object({{"email", fresh_email("unknown")}})).truth("exists"));
  const auto refused = apranova().post("/users/check-email/", "{}");
  REQUIRE_STATUS(refused, 400);
  CHECK(refused.at("email").is_array());
}

TEST_CASE("apranova: roles that people may take") {
  const auto made = register_at(fresh_email("role"));
  const auto me = apranova().as(made.text("access"));
  const auto changed = me.post("/users/update-role/", R"({"role": "trainer"})");
  REQUIRE_STATUS(changed, 200);
  CHECK_FALSE(changed.text("message").empty());
  CHECK(changed.integer("user.id") == made.integer("user.id"));
  CHECK(changed.text("user.role") == "trainer");
  // The same access token tells the new role.
  CHECK(me.get("/users/profile/").text("role") == "trainer");
  CHECK(shared_server().client().as(made.text("access")).get("/learnflow/api/v1/auth/me/").truth("is_instructor"));
  REQUIRE_STATUS(me.post("/users/update-role/", R"({"role": "student"})"), 200);
  CHECK(me.get("/users/profile/").text("role") == "student");
  CHECK_STATUS(me.post("/users/update-role/", R"({"role": "admin"})"), 403);
  CHECK_STATUS(me.post("/users/update-role/", R"({"role": "emperor"})"), 400);
  CHECK_STATUS(me.post("/users/update-role/", "{}"), 400);
  CHECK(me.get("/users/profile/").text("role") == "student");
  CHECK_STATUS(apranova().post("/users/update-role/", R"({"role": "trainer"})"), 401);
}

TEST_CASE("apranova: validation names its own fields") {
  const auto empty = apranova().post("/auth/registration/", "{}");
  REQUIRE_STATUS(empty, 400);
  for (const char* name : {"name", "email", "password1", "password2"}) {
    CHECK(empty.at(name).is_array());
    CHECK(empty.at(name).items().size() == 1);
  }
  const auto weak = register_at(fresh_email(), "student", "short", "short");
  REQUIRE_STATUS(weak, 400);
  CHECK(weak.at("password1").is_array());
  const auto unlike = register_at(fresh_email(), "student", "SecurePass123!", "SecurePass124!");
  REQUIRE_STATUS(unlike, 400);
  CHECK(unlike.at("password2").is_array());
  const auto email = fresh_email("taken");
  REQUIRE_STATUS(register_at(email), 201);
  const auto taken = register_at(email);
  REQUIRE_STATUS(taken, 400);
  CHECK(taken.at("email").is_array());
}

TEST_CASE("apranova: other refusals have its envelope") {
  const auto nobody = apranova().get("/users/profile/");
  REQUIRE_STATUS(nobody, 401);
  for (const char* name : {"error", "message", "details"}) CHECK_FALSE(nobody.text(name).empty());
}

TEST_CASE("apranova: a logout's refresh token is one's own") {
  const auto email = fresh_email("leaver");
  REQUIRE_STATUS(register_at(email), 201);
  const auto here = sign_in(email, "student"), there = sign_in(email, "student");
  const auto other = register_at(fresh_email("stranger"));
  const auto me = apranova().as(here.text("access"));
  for (const auto& token : {other.text("refresh"), here.text("access"), std::string("no.token")}) {
    const auto refused = me.post("/users/logout/", object({{"refresh", token}}));
    REQUIRE_STATUS(refused, 400);
    CHECK(refused.at("refresh").is_array());
  }
  CHECK_STATUS(me.get("/users/profile/"), 200);
  CHECK_STATUS(apranova().as(other.text("access")).get("/users/profile/"), 200);

  // One of another session of one's own ends both.
  REQUIRE_STATUS(me.post("/users/logout/", object({{"refresh", there.text("refresh")}})), 200);
  CHECK_STATUS(me.get("/users/profile/"), 401);
  CHECK_STATUS(apranova().as(there.text("access")).get("/users/profile/"), 401);

  const auto last = sign_in(email, "student");
  REQUIRE_STATUS(apranova().as(last.text("access")).post("/users/logout/", "{}"), 200);
  CHECK_STATUS(apranova().as(last.text("access")).get("/users/profile/"), 401);
}

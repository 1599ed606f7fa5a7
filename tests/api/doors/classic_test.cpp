#include "stoa/time.hpp"
#include "tests/api/doors/doors.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {
client classic() { return shared_server().client().below("/classic/api"); }

std::string fresh_username() {
  auto name = fresh_email("john_doe");
  return name.substr(0, name.find('@'));
}

std::string registration(const std::string& username, const std::string& email, const std::string& role = "student") {
  return object({{"username", username},
                 {"email", email},
                 {"password", "securepassword123"},
                 {"first_name", "John"},
                 {"last_name", "Doe"},
                 {"role", role}});
}
}  // namespace

TEST_CASE("classic: the documented flow") {
  const auto username = fresh_username(), email = fresh_email("john");
  const auto made = classic().post("/users/register/", registration(username, email));
  REQUIRE_STATUS(made, 201);
  CHECK(made.integer("id") > 0);
  CHECK(made.text("username") == username);
  CHECK(made.text("email") == email);
  CHECK(made.text("first_name") == "John");
  CHECK(made.text("last_name") == "Doe");
  CHECK(made.text("role") == "student");
  CHECK_FALSE(made.has("password"));

  for (const auto& identifier : {username, email}) {
    const auto in = classic().post("/token/", object({{"username", identifier}, {"password", "securepassword123"}}));
    REQUIRE_STATUS(in, 200);
    CHECK(looks_like_token(in.text("access")));
    CHECK(looks_like_token(in.text("refresh")));
    const auto profile = classic().as(in.text("access")).get("/users/profile/");
    REQUIRE_STATUS(profile, 200);
    CHECK(profile.integer("id") == made.integer("id"));
    CHECK(profile.text("username") == username);
    const auto next = classic().post("/token/refresh/", object({{"refresh", in.text("refresh")}}));
    REQUIRE_STATUS(next, 200);
    CHECK(looks_like_token(next.text("access")));
    CHECK(looks_like_token(next.text("refresh")));
  }
}

TEST_CASE("classic: the shorter example password is good too, and instructors register themselves") {
  const auto email = fresh_email("teacher");
  const auto made = classic().post("/users/register/", object({{"username", fresh_username()},
                                                               {"email", email},
                                                               {"password", "securepass123"},
                                                               {"first_name", "John"},
                                                               {"last_name", "Doe"},
                                                               {"role", "instructor"}}));
  REQUIRE_STATUS(made, 201);
  CHECK(made.text("role") == "instructor");
}

TEST_CASE("classic: PUT changes what it names") {
  const auto email = fresh_email("jane");
  REQUIRE_STATUS(classic().post("/users/register/", registration(fresh_username(), email)), 201);
  const auto in = classic().post("/token/", object({{"username", email}, {"password", "securepassword123"}}));
  const auto me = classic().as(in.text("access"));
  const auto changed =
      me.put("/users/profile/",
             R"({"first_name": "Jane", "bio": "Student of web development", "role": "admin", "email": "x@y.zz"})");
  REQUIRE_STATUS(changed, 200);
  const auto profile = me.get("/users/profile/");
  CHECK(profile.text("first_name") == "Jane");
  CHECK(profile.text("last_name") == "Doe");
  CHECK(profile.text("bio") == "Student of web development");
  CHECK(profile.text("role") == "student");
  CHECK(profile.text("email") == email);
  CHECK(parse_rfc3339(profile.text("created_at")));
  CHECK_STATUS(me.put("/users/profile/", object({{"first_name", std::string(151, 'x')}})), 400);
}

TEST_CASE("classic: refusals have its form") {
  const auto username = fresh_username(), email = fresh_email("taken");
  REQUIRE_STATUS(classic().post("/users/register/", registration(username, email)), 201);

  const auto wrong = classic().post("/token/", object({{"username", username}, {"password", "not-the-password"}}));
  REQUIRE_STATUS(wrong, 401);
  CHECK_FALSE(wrong.truth("success"));
  CHECK(wrong.text("error_code") == "INVALID_CREDENTIALS");
  CHECK_FALSE(wrong.text("message").empty());
  CHECK(wrong.at("details").is_object());

  const auto name_taken = classic().post("/users/register/", registration(username, fresh_email()));
  REQUIRE_STATUS(name_taken, 409);
  CHECK(name_taken.text("error_code") == "USERNAME_TAKEN");
  CHECK(name_taken.at("details.username").is_array());
  const auto email_taken = classic().post("/users/register/", registration(fresh_username(), email));
  REQUIRE_STATUS(email_taken, 409);
  CHECK(email_taken.text("error_code") == "EMAIL_TAKEN");

  const auto partial = classic().post("/users/register/", "{}");
  REQUIRE_STATUS(partial, 400);
  CHECK_FALSE(partial.truth("success"));
  for (const char* name : {"username", "email", "password"})
    CHECK(partial.at(std::string("details.") + name).is_array());

  const auto weak = classic().post(
      "/users/register/",
      object({{"username", fresh_username()}, {"email", fresh_email()}, {"password", "short"}, {"role", "student"}}));
  REQUIRE_STATUS(weak, 400);
  CHECK(weak.at("details.password").is_array());

  CHECK_STATUS(classic().post("/users/register/", registration(fresh_username(), fresh_email(), "emperor")), 400);
  CHECK_STATUS(classic().get("/users/profile/"), 401);
  CHECK_STATUS(classic().put("/users/profile/", "{}"), 401);
}

TEST_CASE("classic: a username is nobody else's address and blocks no later registration") {
  const auto victim = fresh_email("victim");
  // Before the address is registered and after.
  CHECK_STATUS(classic().post("/users/register/", registration(victim, fresh_email("squatter"))), 400);
  REQUIRE_STATUS(classic().post("/users/register/", registration(victim, victim)), 201);
  CHECK_STATUS(classic().post("/users/register/", registration(victim, fresh_email("squatter"))), 400);
  const auto in = classic().post("/token/", object({{"username", victim}, {"password", "securepassword123"}}));
  REQUIRE_STATUS(in, 200);
  CHECK(classic().as(in.text("access")).get("/users/profile/").text("email") == victim);
}

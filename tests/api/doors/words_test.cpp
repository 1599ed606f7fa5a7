// Texts that the contracts document are literal: a client may show or compare them.
#include "tests/api/doors/doors.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client at(const std::string& dialect) { return door_named(dialect).at(shared_server()); }
client at(const std::string& dialect, const person& who) { return at(dialect).as(who.access); }

}  // namespace

TEST_CASE("words: learnflow's refusals", "[words]") {
  const auto who = fresh_account();
  const auto says = [](const response& r, int status, const std::string& code, const std::string& message) {
    INFO(r.asked << " -> " << r.status << " " << r.body);
    CHECK(r.status == status);
    CHECK(r.text("error.code") == code);
    CHECK(r.text("error.message") == message);
    CHECK(r.integer("error.status") == status);
  };
  const auto to = at("learnflow");
  says(to.get("/dashboard/stats/"), 401, "AUTHENTICATION_REQUIRED", "Authentication credentials were not provided.");
  says(to.as("expired_token_here").get("/dashboard/stats/"), 401, "TOKEN_EXPIRED", "Token is invalid or expired");
  says(at("learnflow", who).post("/courses/", object({{"title", "My Course"}})), 403, "PERMISSION_DENIED",
       "You do not have permission to perform this action.");
  says(at("learnflow", who).get("/courses/invalid-course-id/"), 404, "COURSE_NOT_FOUND",
       "The requested course does not exist");
  const auto missing = to.post("/auth/register/", object({{"email", "test@example.com"}}));
  says(missing, 422, "VALIDATION_ERROR", "Invalid input data");
  CHECK(missing.at("error.details").dump() ==
        R"({"password":["This field is required."],"first_name":["This field is required."],)"
        R"("last_name":["This field is required."]})");
}

TEST_CASE("words: lms's refusals", "[words]") {
  const auto who = fresh_account();
  CHECK(at("lms").get("/users/me").text("detail") == "Could not validate credentials");
  CHECK(at("lms", who).get("/nowhere").text("detail") == "Resource not found");
  const auto wrong_password =
      at("lms").post("/auth/login", object({{"email", who.email}, {"password", "Not-the-password-1"}}));
  CHECK_STATUS(wrong_password, 401);
  CHECK(wrong_password.text("detail") == "Invalid credentials");
  const auto wrong =
      at("lms").post("/auth/register",
                     object({{"email", "no address"}, {"password", "SecurePassword123"}, {"full_name", "John Doe"}}));
  REQUIRE_STATUS(wrong, 422);
  CHECK(wrong.at("detail").items().size() == 1);
  CHECK(wrong.at("detail.0.loc").dump() == R"(["body","email"])");
  CHECK(wrong.text("detail.0.msg") == "value is not a valid email address");
  CHECK(wrong.text("detail.0.type") == "value_error.email");
}

TEST_CASE("words: lms's health, below its base and without its prefix", "[words]") {
  for (const std::string base : {"/lms/api/v1", "/api/v1"}) {
    const auto to = shared_server().client().below(base);
    CHECK(to.get("/health").document().dump() == R"({"status":"ok"})");
    const auto ready = to.get("/ready");
    CHECK_STATUS(ready, 200);
    CHECK(ready.document().dump() == R"({"status":"ok","database":"up","redis":"up"})");
  }
}

TEST_CASE("words: unpuzzle's refusals and messages", "[words]") {
  const auto who = fresh_account();
  const auto wrong =
      at("unpuzzle")
          .post("/auth/signup/",
                object({{"email", "no address"}, {"password", "SecurePassword123!"}, {"full_name", "John Doe"}}));
  REQUIRE_STATUS(wrong, 422);
  CHECK(wrong.text("error.message") == "Invalid input data");
  CHECK(wrong.at("error.details").dump() == R"([{"field":"email","message":"Invalid email format"}])");
  CHECK(at("unpuzzle", who).put("/auth/profile/update/", object({{"bio", "Updated bio"}})).text("message") ==
        "Profile updated successfully");
}

TEST_CASE("words: apranova's refusals and messages", "[words]") {
  const auto who = fresh_account();
  const auto login = [&](const std::string& password, const char* role) {
    return at("apranova").post("/users/login/", object({{"email", who.email}, {"password", password}, {"role", role}}));
  };
  const auto wrong = login("Not-the-password-1", "student");
  REQUIRE_STATUS(wrong, 401);
  CHECK(wrong.text("error") == "Invalid credentials");
  CHECK(wrong.text("message") == "Email or password is incorrect");
  const auto other = login(who.password, "trainer");
  REQUIRE_STATUS(other, 403);
  CHECK(other.text("error") == "Unauthorized role access");
  CHECK(other.text("detail") == "You are registered as 'student' but tried to login as 'trainer'");
  CHECK(other.text("actual_role") == "student");
  CHECK(at("apranova", who).post("/users/update-role/", object({{"role", "trainer"}})).text("message") ==
        "Role updated successfully");
  const auto again = at("apranova").post("/users/login/", object({{"email", who.email}, {"password", who.password}}));
  CHECK(at("apranova").as(again.text("access")).post("/users/logout/").text("message") == "Logout successful");
}

TEST_CASE("fields: all that is wrong with a registration is told at once", "[words]") {
  SECTION("apranova's documented example") {
    const auto r = at("apranova")
                       .post("/auth/registration/",
                             object({{"name", "John Doe"}, {"password1", "short"}, {"password2", "short"}}));
    REQUIRE_STATUS(r, 400);
    CHECK(r.document().dump() ==
          R"({"email":["This field is required."],"password1":["Password must be at least 8 characters."]})");
  }
  SECTION("passwords that differ, beside a wrong address") {
    const auto r = at("apranova")
                       .post("/auth/registration/", object({{"name", "John Doe"},
                                                            {"email", "no"},
                                                            {"password1", good_password},
                                                            {"password2", "another one"}}));
    CHECK(r.has("email"));
    CHECK(r.has("password2"));
    CHECK_FALSE(r.has("password1"));
  }
  SECTION("a poor password beside a missing name, at the other doors") {
    const auto email = fresh_email("poor");
    const auto missing = [&](const char* dialect) {
      return at(dialect).post(door_named(dialect).register_path, object({{"email", email}, {"password", "short"}}));
    };
    const auto learnflow = missing("learnflow");
    for (const char* field : {"password", "first_name", "last_name"})
      CHECK(learnflow.has("error.details." + std::string(field)));
    CHECK(missing("lms").at("detail").items().size() >= 2);
    CHECK(missing("lms").body.find("Password must be at least 8 characters.") != std::string::npos);
    CHECK(missing("unpuzzle").body.find("full_name") != std::string::npos);
    CHECK(missing("unpuzzle").body.find("Password must be at least 8 characters.") != std::string::npos);
    const auto classic = missing("classic");
    CHECK(classic.has("details.username"));
    CHECK(classic.has("details.password"));
  }
  SECTION("rules of names beside a poor password") {
    const auto r = at("classic").post(
        "/users/register/",
        object({{"username", "no blanks please"}, {"email", fresh_email("names")}, {"password", "short"}}));
    REQUIRE_STATUS(r, 400);
    CHECK(r.has("details.username"));
    CHECK(r.has("details.password"));
  }
}

TEST_CASE("urls: what is not there is null in every dialect", "[words]") {
  const auto who = fresh_account();
  CHECK(at("learnflow", who).get("/auth/me/").at("profile.profile_picture").is_null());
  CHECK(at("unpuzzle", who).get("/auth/profile/").at("avatar_url").is_null());
  CHECK(at("unpuzzle", who).put("/auth/profile/update/", "{}").at("profile.avatar_url").is_null());
  CHECK(at("classic", who).get("/users/profile/").at("avatar_url").is_null());
  const auto set = at("classic", who).put("/users/profile/", object({{"avatar_url", "https://example.com/me.jpg"}}));
  CHECK(set.text("avatar_url") == "https://example.com/me.jpg");
  CHECK(at("learnflow", who).get("/auth/me/").text("profile.profile_picture") == "https://example.com/me.jpg");
}

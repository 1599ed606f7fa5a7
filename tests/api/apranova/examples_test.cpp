// The printed commands as they stand against a fresh server: only its address and the token are put in.
#include "tests/api/doors/doors.hpp"
#include "tests/api/learnflow/learnflow.hpp"
#include "tests/support/printed_command.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr const char* printed_token = "eyJ0eXAiOiJKV1QiLCJhbGc...";

constexpr const char* printed_registration = R"(curl -X POST http://localhost:8000/api/auth/registration/ \
  -H "Content-Type: application/json" \
  -d '{
    "name": "John Doe",
    "email": "john@example.com",
    "password1": "SecurePass123!",
    "password2": "SecurePass123!",
    "role": "student",
    "track": "DP"
  }')";

constexpr const char* printed_login = R"(curl -X POST http://localhost:8000/api/users/login/ \
  -H "Content-Type: application/json" \
  -d '{
    "email": "john@example.com",
    "password": "SecurePass123!",
    "role": "student"
  }')";

constexpr const char* printed_profile = R"(curl -X GET http://localhost:8000/api/users/profile/ \
  -H "Authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGc...")";

/// The members that the documents show of a person, and nothing unlike them.
const shape person_shape{{"id", "integer"}, {"email", "text"}, {"name", "text"}, {"role", "text"}, {"track", "text"}};
const shape tokens_shape{{"access", "text"}, {"refresh", "text"}};

}  // namespace

TEST_CASE("apranova: the printed commands run against a fresh server", "[apranova][examples]") {
  // Another contract documents /api/users/profile/, too: without a prefix the order of the settings decides.
  const auto fresh = start_server({{"STOA_DIALECTS_ORDER", "apranova,learnflow,unpuzzle,lms,classic"}});
  const auto made = run_printed(printed_registration, fresh->url());
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, tokens_shape + below("user", person_shape));
  CHECK(made.text("user.email") == "john@example.com");
  CHECK(made.text("user.name") == "John Doe");
  CHECK(made.text("user.track") == "DP");

  const auto in = run_printed(printed_login, fresh->url());
  REQUIRE_STATUS(in, 200);
  CHECK_SHAPE(in, tokens_shape + below("user", person_shape));
  CHECK(in.text("redirect_url") == "/student/dashboard");
  CHECK(in.integer("user.id") == made.integer("user.id"));

  const auto profile = run_printed(with_all(printed_profile, printed_token, in.text("access")), fresh->url());
  REQUIRE_STATUS(profile, 200);
  CHECK_SHAPE(profile, person_shape + shape{{"created_at", "time"}, {"updated_at", "time"}});
  CHECK(profile.integer("id") == made.integer("user.id"));

  // Once more: the address is taken, and that is a complaint about its field.
  const auto again = run_printed(printed_registration, fresh->url());
  REQUIRE_STATUS(again, 400);
  CHECK(again.at("email").is_array());
  // And with the token as it is printed.
  CHECK_STATUS(run_printed(printed_profile, fresh->url()), 401);
}

TEST_CASE("apranova: the documented bodies of what needs a token", "[apranova][examples]") {
  const auto with_demo = start_server({}, {"--demo"});
  const auto door = with_demo->client().below("/apranova/api");
  const auto email = fresh_email("dp");
  const auto made = door.post("/auth/registration/", object({{"name", "John Doe"},
                                                             {"email", email},
                                                             {"password1", "SecurePass123!"},
                                                             {"password2", "SecurePass123!"},
                                                             {"role", "student"},
                                                             {"track", "DP"}}));
  REQUIRE_STATUS(made, 201);
  const auto me = door.as(made.text("access"));

  for (const char* code : {"DP", "FSD"}) {
    const auto track = door.get("/tracks/" + std::string(code) + "/");
    REQUIRE_STATUS(track, 200);
    CHECK(track.integer("courses_count") > 1);
    CHECK(track.text("courses.0.level") == "beginner");
  }
  const auto paying = me.post("/payments/create-payment/", R"({
  "amount": 999.00,
  "currency": "usd"
})");
  REQUIRE_STATUS(paying, 200);
  CHECK_SHAPE(paying, {{"clientSecret", "text"}, {"publishableKey", "text"}});
  CHECK(paying.text("clientSecret").find("_secret_") != std::string::npos);

  const auto next = door.post("/auth/token/refresh/", object({{"refresh", made.text("refresh")}}));
  REQUIRE_STATUS(next, 200);
  CHECK_SHAPE(next, tokens_shape);
  const auto known = door.post("/users/check-email/", object({{"email", email}}));
  REQUIRE_STATUS(known, 200);
  CHECK(known.truth("exists"));

  const auto taught = me.post("/users/update-role/", R"({
  "role": "trainer"
})");
  REQUIRE_STATUS(taught, 200);
  CHECK(taught.text("message") == "Role updated successfully");
  CHECK_SHAPE(taught, {{"user.id", "integer"}, {"user.role", "text"}});
  const auto out = door.as(next.text("access")).post("/users/logout/", object({{"refresh", next.text("refresh")}}));
  REQUIRE_STATUS(out, 200);
  CHECK(out.text("message") == "Logout successful");
}

TEST_CASE("apranova: refusals in the three documented shapes", "[apranova][examples]") {
  const auto door = server_in_use().client().below("/apranova/api");
  const auto email = fresh_email("shapes");
  REQUIRE_STATUS(door.post("/auth/registration/", object({{"name", "John Doe"},
                                                          {"email", email},
                                                          {"password1", "SecurePass123!"},
                                                          {"password2", "SecurePass123!"}})),
                 201);
  const auto wrong = door.post("/users/login/", object({{"email", email}, {"password", "WrongPass123!"}}));
  REQUIRE_STATUS(wrong, 401);
  CHECK(wrong.text("error") == "Invalid credentials");
  CHECK(wrong.text("message") == "Email or password is incorrect");

  const auto role =
      door.post("/users/login/", object({{"email", email}, {"password", "SecurePass123!"}, {"role", "trainer"}}));
  REQUIRE_STATUS(role, 403);
  CHECK(role.text("error") == "Unauthorized role access");
  CHECK(role.text("detail") == "You are registered as 'student' but tried to login as 'trainer'");
  CHECK(role.text("actual_role") == "student");

  const auto invalid =
      door.post("/auth/registration/", R"({"name": "John Doe", "password1": "short", "password2": "short"})");
  REQUIRE_STATUS(invalid, 400);
  CHECK(invalid.at("email").items().front().text() == "This field is required.");
  CHECK(invalid.at("password1").items().front().text() == "Password must be at least 8 characters.");

  // Malformed, of another type, unknown, and without a token: the first shape each.
  const auto refused = [](const response& r, int status) {
    REQUIRE_STATUS(r, status);
    CHECK_SHAPE(r, {{"error", "text"}, {"message", "text"}, {"details", "text"}});
  };
  refused(door.post("/users/login/", "{"), 400);
  refused(door.with("Content-Type", "text/plain").post("/users/login/", "{}"), 415);
  refused(door.get("/users/nobody/"), 404);
  refused(door.get("/users/login/"), 405);
  refused(door.post("/users/logout/", "{}"), 401);
  refused(door.post("/payments/create-payment/", R"({"amount": 999.00, "currency": "usd"})"), 401);
  refused(door.post("/auth/token/refresh/", R"({"refresh": "no.such.token"})"), 401);
  refused(door.post("/auth/registration/", object({{"name", "John Doe"},
                                                   {"email", fresh_email("admin")},
                                                   {"password1", "SecurePass123!"},
                                                   {"password2", "SecurePass123!"},
                                                   {"role", "admin"}})),
          403);
}

TEST_CASE("apranova: a course is paid for by itself", "[apranova][payments]") {
  const auto course = paid_course("89.99");
  const auto who = fresh_account();
  const auto me = server_in_use().client().below("/apranova/api").as(who.access);
  const auto pay = [&](const std::string& amount, const std::string& what) {
    return me.post("/payments/create-payment/", R"({"amount": )" + amount + R"(, "currency": "usd", )" + what + "}");
  };
  const auto named = R"("course": ")" + course.slug + "\"";
  const auto less = pay("1.00", named);
  REQUIRE_STATUS(less, 400);
  CHECK(less.at("amount").items().front().text().find("89.99") != std::string::npos);
  CHECK_STATUS(pay("89.99", R"("course": "no-such-course")"), 404);
  const auto free = pay("0", R"("course": ")" + free_course().slug + "\"");
  REQUIRE_STATUS(free, 400);
  CHECK(free.text("code") == "COURSE_NOT_SOLD");
  course_plan hidden;
  hidden.published = false;
  CHECK_STATUS(pay("89.99", R"("course": ")" + build_course(teacher(), hidden).id + "\""), 404);
  const auto both = pay("89.99", named + R"(, "track": "DP")");
  REQUIRE_STATUS(both, 400);
  CHECK(both.at("course").is_array());

  const auto intended = pay("89.99", named);
  REQUIRE_STATUS(intended, 200);
  const auto same = pay("89.99", R"("course": ")" + course.id + "\"");
  REQUIRE_STATUS(same, 200);
  CHECK(same.text("order_id") == intended.text("order_id"));
  REQUIRE_STATUS(confirm(who, intended.text("order_id"), intended.text("clientSecret")), 200);
  CHECK(learnflow(who).get("/enrollments/").text("results.0.course.id") == course.id);
  CHECK_STATUS(pay("89.99", named), 409);
}

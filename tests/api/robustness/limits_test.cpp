#include "tests/api/robustness/robustness.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::int64_t number(const response& r, const char* header) { return std::stoll(r.header(header).value_or("-1")); }

/// One server for all of these: every section has buckets of its own.
server& limited_server() {
  static const auto one = start_server({{"STOA_LIMITS_ENABLED", "true"},
                                        {"STOA_DIALECTS_CLASSIC_ADDRESS_PER_HOUR", "6"},
                                        {"STOA_DIALECTS_CLASSIC_USER_PER_MINUTE", "1000"},
                                        {"STOA_DIALECTS_UNPUZZLE_ANONYMOUS_PER_HOUR", "4"},
                                        {"STOA_DIALECTS_UNPUZZLE_USER_PER_HOUR", "5"},
                                        {"STOA_DIALECTS_APRANOVA_ANONYMOUS_PER_HOUR", "3"},
                                        {"STOA_DIALECTS_APRANOVA_USER_PER_HOUR", "1000"},
                                        {"STOA_DIALECTS_LEARNFLOW_LOGIN_PER_HOUR", "12"},
                                        {"STOA_DIALECTS_LMS_LOGIN_PER_HOUR", "1000"},
                                        {"STOA_LIMITS_LOGIN_PER_ACCOUNT_PER_HOUR", "1000"},
                                        {"STOA_LIMITS_LOGIN_PER_ADDRESS_PER_HOUR", "1000"}});
  return *one;
}

}  // namespace

TEST_CASE("limits: sign-ins to one account count at all doors together", "[limits]") {
  const auto one = start_server({{"STOA_LIMITS_ENABLED", "true"}, {"STOA_LIMITS_LOGIN_PER_ACCOUNT_PER_HOUR", "3"}});
  auto& s = *one;
  const auto who = fresh_account(s), other = fresh_account(s);
  const auto to = s.client();
  const auto body = object({{"email", who.email}, {"password", who.password}});
  CHECK(to.post("/learnflow/api/v1/auth/login/", body).status == 200);
  CHECK(to.post("/lms/api/v1/auth/login", body).status == 200);
  CHECK(to.post("/unpuzzle/api/v1/auth/signin/", body).status == 200);
  CHECK(to.post("/learnflow/api/v1/auth/login/", body).status == 429);
  const auto limited = to.post("/lms/api/v1/auth/login", body);
  CHECK(limited.status == 429);
  CHECK(limited.text("detail") == "Rate limit exceeded. Please try again later.");
  CHECK(
      to.post("/learnflow/api/v1/auth/login/", object({{"email", other.email}, {"password", other.password}})).status ==
      200);
}

TEST_CASE("limits: as many as were allowed, with the headers that say so", "[limits]") {
  auto& s = limited_server();
  const auto who = fresh_account(s);
  const auto to = s.client();

  SECTION("classic: by address, for whoever asks") {
    for (int left = 5; left >= 0; --left) {
      const auto answer = to.get("/classic/api/users/profile/");
      CHECK(answer.status == 401);
      CHECK(number(answer, "x-ratelimit-limit") == 6);
      CHECK(number(answer, "x-ratelimit-remaining") == left);
      CHECK(number(answer, "x-ratelimit-reset") > 1'700'000'000);
    }
    const auto limited = to.as(who.access).get("/classic/api/users/profile/");
    CHECK(limited.status == 429);
    CHECK(not_an_error_of("classic", limited) == "");
    CHECK(number(limited, "x-ratelimit-remaining") == 0);
    CHECK(number(limited, "retry-after") > 0);
    // Forged addresses are nobody's: this peer is no proxy.
    CHECK(to.with("X-Forwarded-For", "203.0.113.9").get("/classic/api/users/profile/").status == 429);
  }

  SECTION("unpuzzle: anonymous and signed in apart") {
    for (int i = 0; i < 4; ++i) CHECK(to.get("/unpuzzle/api/v1/auth/profile/").status == 401);
    const auto limited = to.get("/unpuzzle/api/v1/auth/profile/");
    CHECK(limited.status == 429);
    CHECK(not_an_error_of("unpuzzle", limited) == "");
    CHECK(limited.text("error.message") == "Too many requests. Please try again later.");
    CHECK(limited.integer("error.retry_after") > 0);
    CHECK(number(limited, "x-ratelimit-reset-after") > 0);
    for (int left = 4; left >= 0; --left) {
      const auto mine = to.as(who.access).get("/unpuzzle/api/v1/notifications/");
      CHECK(mine.status == 200);
      CHECK(number(mine, "x-ratelimit-limit") == 5);
      CHECK(number(mine, "x-ratelimit-remaining") == left);
      CHECK(mine.header("x-ratelimit-reset-after"));
    }
    CHECK(to.as(who.access).get("/unpuzzle/api/v1/notifications/").status == 429);
    // Another person is another bucket.
    CHECK(to.as(fresh_account(s).access).get("/unpuzzle/api/v1/notifications/").status == 200);
  }

  SECTION("apranova: anonymous requests") {
    for (int i = 0; i < 3; ++i) CHECK(to.get("/apranova/api/users/profile/").status == 401);
    const auto limited = to.get("/apranova/api/users/profile/");
    CHECK(limited.status == 429);
    CHECK(not_an_error_of("apranova", limited) == "");
    CHECK(to.as(who.access).get("/apranova/api/users/profile/").status == 200);
  }

  SECTION("learnflow: sign-ins, with the seconds to wait") {
    // Each for an account of its own, so that only the address is counted.
    const auto sign_in = [&] {
      return to.post("/learnflow/api/v1/auth/login/", object({{"email", fresh_email()}, {"password", "wrong"}}));
    };
    response limited;
    int refused = 0;
    while ((limited = sign_in()).status == 401) REQUIRE(++refused <= 12);
    REQUIRE(limited.status == 429);
    CHECK(not_an_error_of("learnflow", limited) == "");
    CHECK(limited.text("error.code") == "RATE_LIMIT_EXCEEDED");
    CHECK(limited.integer("error.retry_after") > 0);
    CHECK(limited.integer("error.retry_after") <= 3600);
    CHECK(limited.text("error.message") == "Request rate limit exceeded. Please try again in " +
                                               std::to_string(limited.integer("error.retry_after")) + " seconds.");
    CHECK(number(limited, "retry-after") == limited.integer("error.retry_after"));
    // The rest of the house stays open.
    CHECK(to.as(who.access).get("/learnflow/api/v1/cart/").status == 200);
    for (int i = 0; i < 50; ++i) REQUIRE(to.get("/learnflow/api/v1/courses/").status == 200);
  }
}

// Two limits at once: what an address may ask for in an hour, and a person in a minute.
#include "tests/api/classic/classic.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::int64_t number(const response& r, const char* header) { return std::stoll(r.header(header).value_or("-1")); }

std::unique_ptr<server> limited(const char* address_per_hour, const char* user_per_minute) {
  return start_server({{"STOA_LIMITS_ENABLED", "true"},
                       {"STOA_DIALECTS_CLASSIC_ADDRESS_PER_HOUR", address_per_hour},
                       {"STOA_DIALECTS_CLASSIC_USER_PER_MINUTE", user_per_minute}});
}

}  // namespace

TEST_CASE("classic limits: by default a thousand an hour from an address, a hundred a minute of a person",
          "[classic][limits]") {
  const auto one = start_server({{"STOA_LIMITS_ENABLED", "true"}});
  const auto who = fresh_account(*one);
  const auto to = one->client().below("/classic/api");
  const auto nobody = to.get("/courses/");
  CHECK_STATUS(nobody, 200);
  CHECK(number(nobody, "x-ratelimit-limit") == 1000);
  CHECK(number(nobody, "x-ratelimit-remaining") == 999);
  const auto mine = to.as(who.access).get("/courses/");
  CHECK_STATUS(mine, 200);
  CHECK(number(mine, "x-ratelimit-limit") == 100);
  CHECK(number(mine, "x-ratelimit-remaining") == 99);
  CHECK(number(mine, "x-ratelimit-reset") > 1'700'000'000);
}

TEST_CASE("classic limits: both count, and the headers show the tighter one", "[classic][limits]") {
  const auto one = limited("10", "4");
  const auto who = fresh_account(*one), other = fresh_account(*one);
  const auto to = one->client().below("/classic/api");
  for (int left = 3; left >= 0; --left) {
    const auto mine = to.as(who.access).get("/courses/");
    CHECK_STATUS(mine, 200);
    CHECK(number(mine, "x-ratelimit-limit") == 4);
    CHECK(number(mine, "x-ratelimit-remaining") == left);
  }
  const auto over = to.as(who.access).get("/courses/");
  CHECK_CLASSIC_REFUSED(over, 429, "RATE_LIMIT_EXCEEDED");
  CHECK(number(over, "x-ratelimit-remaining") == 0);
  CHECK(number(over, "retry-after") > 0);
  CHECK(number(over, "retry-after") <= 60);

  // Somebody else has a minute of their own, from the same address.
  response theirs;
  int asked = 0;
  while ((theirs = to.as(other.access).get("/courses/")).status == 200) REQUIRE(++asked <= 4);
  CHECK(asked >= 3);
  // By now the address has asked so often that nobody gets anything from there.
  response nobody;
  for (int i = 0; i < 10 && nobody.status != 429; ++i) nobody = to.get("/courses/");
  CHECK_CLASSIC_REFUSED(nobody, 429, "RATE_LIMIT_EXCEEDED");
  CHECK(number(nobody, "x-ratelimit-limit") == 10);
  CHECK(number(nobody, "retry-after") > 60);
}

TEST_CASE("classic limits: the address's hour is tighter where it has less left", "[classic][limits]") {
  const auto one = limited("3", "100");
  const auto who = fresh_account(*one);
  const auto to = one->client().below("/classic/api").as(who.access);
  for (int left = 2; left >= 0; --left) {
    const auto mine = to.get("/courses/");
    CHECK_STATUS(mine, 200);
    CHECK(number(mine, "x-ratelimit-limit") == 3);
    CHECK(number(mine, "x-ratelimit-remaining") == left);
  }
  CHECK_CLASSIC_REFUSED(to.get("/courses/"), 429, "RATE_LIMIT_EXCEEDED");
}

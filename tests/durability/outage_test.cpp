// PostgreSQL goes away and comes back under a serving server.
#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>

#include "tests/durability/shop.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

TEST_CASE("an external database that stops is 503 in time, and its return is recovery without a restart", "[outage]") {
  temp_dir folder;
  runtime::embedded_options options;
  options.data_dir = folder.path() / "external";
  runtime::embedded_postgres database(options);
  auto at = start_server({{"STOA_DATABASE_MODE", "external"}, {"STOA_DATABASE_URL", database.connection_string()}});
  const auto goods = open_shop(*at, 1);
  const auto buyer = fresh_account(*at);
  const auto mail = at->client().as(buyer.access);
  const auto page = "/learnflow/api/v1/courses/" + goods.paid.front() + "/";
  REQUIRE_STATUS(mail.get(page), 200);

  database.stop();
  // What is in memory is still served; after a write that may or may not have taken place it would be asked for anew.
  CHECK_STATUS(mail.get(page), 200);
  const auto asked = std::chrono::steady_clock::now();
  auto refused = mail.post("/learnflow/api/v1/cart/items/", object({{"course_id", goods.paid.front()}}));
  CHECK_STATUS(refused, 503);
  CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds{9});
  CHECK(refused.has("error.code"));
  CHECK(refused.header("retry-after"));
  CHECK_STATUS(at->client().get("/health"), 200);
  CHECK(eventually([&] { return at->client().get("/ready").status == 503; }));
  CHECK(at->client().get("/ready").body.find("database") != std::string::npos);
  const auto told = at->client().get("/lms/api/v1/ready");
  CHECK_STATUS(told, 503);
  CHECK(told.text("database") == "down");
  CHECK_STATUS(at->client().get("/lms/api/v1/health"), 200);

  database.start();
  const bool back = eventually([&] {
    const auto status = mail.post("/learnflow/api/v1/cart/items/", object({{"course_id", goods.paid.front()}})).status;
    return status == 201 || status == 409;
  });
  CHECK(back);
  CHECK(eventually([&] { return at->client().get("/ready").status == 200; }));
  CHECK(mail.get("/learnflow/api/v1/cart/").integer("total_items") == 1);
  CHECK(at->stop() == 0);
}

TEST_CASE("a stopped server starts again with everything, and stops cleanly", "[restart]") {
  server at({});
  const auto goods = open_shop(at, 1);
  const auto buyer = fresh_account(at);
  REQUIRE_STATUS(
      at.client().as(buyer.access).post("/learnflow/api/v1/cart/items/", object({{"course_id", goods.paid.front()}})),
      201);
  REQUIRE(at.stop() == 0);
  at.start();
  auto cart = at.client().as(buyer.access).get("/learnflow/api/v1/cart/");
  REQUIRE_STATUS(cart, 200);
  CHECK(cart.integer("total_items") == 1);
}

TEST_CASE("a logout is remembered across a restart", "[restart]") {
  server at({});
  const auto someone = fresh_account(at);
  REQUIRE_STATUS(at.client().as(someone.access).post("/learnflow/api/v1/auth/logout/"), 204);
  REQUIRE_STATUS(at.client().as(someone.access).get("/learnflow/api/v1/auth/me/"), 401);
  at.kill();
  at.start();
  CHECK_STATUS(at.client().as(someone.access).get("/learnflow/api/v1/auth/me/"), 401);
}

TEST_CASE("an embedded database that dies is started again under the serving server", "[outage]") {
  server at({});
  const auto goods = open_shop(at, 1);
  const auto mail = at.client().as(fresh_account(at).access);
  std::ifstream pid_file(at.data() / "postgres" / "postmaster.pid");
  pid_t postmaster = 0;
  REQUIRE(pid_file >> postmaster);
  REQUIRE(::kill(postmaster, SIGKILL) == 0);
  CHECK(eventually(
      [&] {
        const auto status =
            mail.post("/learnflow/api/v1/cart/items/", object({{"course_id", goods.paid.front()}})).status;
        return status == 201 || status == 409;
      },
      std::chrono::seconds{20}));
  CHECK(at.stop() == 0);
}

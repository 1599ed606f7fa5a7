// Plugins that an operator switches off and on, and what they leave behind.
#include <algorithm>

#include "cli/leftovers.hpp"
#include "runtime/store/plain.hpp"
#include "tests/cli/house/house_shop.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const std::string inbox = "/unpuzzle/api/v1/notifications/";

/// A database, and what the command is told of it.
struct place {
  place() : database(test_postgres::shared().fresh_database()), settings(house_settings(data.path(), {}, database)) {}
  std::string one(const std::string& sql) { return runtime::plain_connection{database}.run(sql).at(0).at(0).value(); }

  temp_dir data;
  std::string database;
  runtime::settings settings;
};

}  // namespace

TEST_CASE("a plugin is switched off and on beside a running server, and stays as it was switched", "[house][plugins]") {
  place p;
  {
    test_house h({}, p.database);
    const auto who = account_at(h.client());
    const auto status = [&] { return h.client().as(who.access).get(inbox).status; };
    REQUIRE(status() == 200);
    REQUIRE(cli::switch_plugin(p.settings, "notifications", false) == 0);
    CHECK(eventually([&] { return status() == 503; }));
    CHECK_STATUS(h.client().as(who.access).get("/learnflow/api/v1/cart/"), 200);
    REQUIRE(cli::switch_plugin(p.settings, "notifications", true) == 0);
    CHECK(eventually([&] { return status() == 200; }));
    REQUIRE(cli::switch_plugin(p.settings, "notifications", false) == 0);
    CHECK(eventually([&] { return status() == 503; }));
  }
  {
    test_house next({}, p.database);
    const auto who = account_at(next.client());
    CHECK_STATUS(next.client().as(who.access).get(inbox), 404);
    REQUIRE(cli::switch_plugin(p.settings, "notifications", true) == 0);
  }
  test_house last({}, p.database);
  CHECK_STATUS(last.client().as(account_at(last.client()).access).get(inbox), 200);
}

TEST_CASE("a server that says it is ready misses no event of its plugins", "[house][plugins]") {
  place p;
  test_house h({}, p.database);
  REQUIRE(h->unready().empty());
  std::size_t seen = 0;
  for (const auto& plugin : h->plugins().list())
    for (const auto& name : plugin.subscriptions) {
      INFO(name);
      CHECK(p.one("select count(*) from subscription_offset where name = '" + name + "'") == "1");
      ++seen;
    }
  CHECK(seen > 3);
}

TEST_CASE("what cannot be switched is refused in words", "[house][plugins]") {
  place p;
  CHECK_THROWS_WITH(cli::switch_plugin(p.settings, "nobody", false), Catch::Contains("there is no plugin nobody"));
  const auto disabled = house_settings(p.data.path(), {"plugins.disabled=payments"}, p.database);
  CHECK_THROWS_WITH(cli::switch_plugin(disabled, "payments", true), Catch::Contains("[plugins] disabled"));
}

TEST_CASE("the role of a dropped plugin goes with it where the server may drop roles", "[house][plugins]") {
  place p;
  runtime::plain_connection admin{test_postgres::shared().server().superuser_connection_string("postgres")};
  admin.run("create role plugin_notifications nologin; grant plugin_notifications to stoa");
  { test_house h({}, p.database); }
  const std::string roles = "select count(*) from pg_roles where rolname = 'plugin_notifications'";
  CHECK_THROWS_WITH(cli::drop_leftovers(p.settings, "notifications"), Catch::Contains("in service"));
  REQUIRE(cli::switch_plugin(p.settings, "notifications", false) == 0);

  // It may not: the role stays, and the command can be given again.
  REQUIRE(cli::drop_leftovers(p.settings, "notifications") == 0);
  CHECK(p.one("select count(*) from pg_namespace where nspname = 'plugin_notifications'") == "0");
  CHECK(p.one(roles) == "1");
  admin.run("alter role stoa createrole");
  CHECK(cli::drop_leftovers(p.settings, "notifications") == 0);
  admin.run("alter role stoa nocreaterole");
  CHECK(p.one(roles) == "0");
  CHECK_THROWS_WITH(cli::drop_leftovers(p.settings, "notifications"), Catch::Contains("nothing of a plugin"));
}

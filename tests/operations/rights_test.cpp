// The rights that docs/operations.md prints are enough, and what is more is warned of.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "runtime/store/conninfo.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::vector<std::string> blocks_of_sql() {
  std::ifstream in(STOA_SOURCE_DIR "/docs/operations.md");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::string> blocks;
  constexpr std::string_view from = "```sql\n", to = "```";
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at)) {
    at += from.size();
    blocks.push_back(text.substr(at, text.find(to, at) - at));
  }
  return blocks;
}

/// One statement a line: a database is not made together with anything else.
void run_lines(runtime::plain_connection& db, const std::string& sql) {
  for (std::size_t at = 0; at < sql.size();) {
    const auto end = sql.find('\n', at);
    db.run(sql.substr(at, end - at));
    at = end + 1;
  }
}

std::string as(const runtime::embedded_postgres& at, const std::string& user, const std::string& database) {
  auto info = runtime::parse_conninfo(at.superuser_connection_string(database));
  info["user"] = user;
  return runtime::write_conninfo(info);
}

std::vector<std::pair<std::string, std::string>> external(const std::string& url) {
  return {{"STOA_DATABASE_MODE", "external"}, {"STOA_DATABASE_URL", url}};
}

}  // namespace

TEST_CASE("a server needs no more rights than the documented ones once all is migrated", "[rights]") {
  test_postgres own;
  const auto& cluster = own.server();
  const auto blocks = blocks_of_sql();
  REQUIRE(blocks.size() == 2);
  {
    runtime::plain_connection db{cluster.superuser_connection_string("postgres")};
    run_lines(db, blocks[0]);
  }
  const auto owner = as(cluster, "learning_owner", "learning");
  const auto rows_only = as(cluster, "learning_server", "learning");
  {
    runtime::plain_connection db{owner};
    run_lines(db, blocks[1]);
  }

  CHECK_THROWS_WITH(start_server(external(rows_only), {"--no-migrate"}),
                    Catch::Contains("migrations of core are not applied: 0001_") && Catch::Contains("stoa migrate"));

  temp_dir folder;
  const auto migrated = run_stoa({"migrate", "--data", folder.path(), "--set", "database.mode=external", "--set",
                                  "database.url=" + rows_only, "--set", "database.migrate_url=" + owner});
  INFO(migrated.errors);
  REQUIRE(migrated.status == 0);

  {
    runtime::plain_connection db{rows_only};
    CHECK_THROWS_AS(db.run("create table public.more (x int)"), db_error);
    CHECK_THROWS_AS(db.run("create schema more"), db_error);
  }
  for (const std::vector<std::string>& how : {std::vector<std::string>{"--no-migrate"}, std::vector<std::string>{}}) {
    auto at = start_server(external(rows_only), how);
    CHECK(at->client().get("/ready").body.find("degraded") == std::string::npos);
    CHECK(!fresh_account(*at).access.empty());
    CHECK(at->log().find("row-level security") == std::string::npos);
    CHECK(at->log().find("does not let us") == std::string::npos);
    CHECK(at->stop() == 0);
  }

  auto above = start_server(external(cluster.superuser_connection_string("learning")));
  CHECK(above->log().find("the server's database role is above row-level security") != std::string::npos);
  CHECK(above->log().find("SUPERUSER") != std::string::npos);
}

TEST_CASE("a program that is older than its database says what to do", "[rights]") {
  test_postgres own;
  const auto url = own.fresh_database();
  start_server(external(url))->stop();
  runtime::plain_connection db{url};
  SECTION("the core's") {
    db.run("insert into stoa_migration (scope, version, name, checksum) values ('core', 9000, '9000_later.sql', 'x')");
    CHECK_THROWS_WITH(start_server(external(url)), Catch::Contains("the database is newer than this program") &&
                                                       Catch::Contains("9000_later.sql of core") &&
                                                       Catch::Contains("restore the backup"));
  }
  SECTION("a plugin's") {
    db.run("insert into stoa_migration (scope, version, name, checksum) values ('payments', 9000, '9000_x.sql', 'x')");
    CHECK_THROWS_WITH(start_server(external(url)),
                      Catch::Contains("the database is newer than this program") && Catch::Contains("of payments"));
  }
}

// The dump that docs/operations.md prints holds every row, taken while a server runs.
#include <catch2/catch.hpp>

#include <map>

#include "runtime/store/cluster.hpp"
#include "runtime/store/conninfo.hpp"
#include "runtime/store/process.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::map<std::string, std::string> rows_of(const std::string& superuser) {
  runtime::plain_connection db{superuser};
  std::map<std::string, std::string> all;
  for (const auto& t : db.run("select schemaname, relname from pg_stat_user_tables")) {
    const auto table = db.identifier(t[0].value()) + "." + db.identifier(t[1].value());
    all[table] = db.run("select count(*) from " + table).at(0).at(0).value();
  }
  return all;
}

int run_here(const std::vector<std::string>& argv) {
  return runtime::wait_for(runtime::spawn(argv, std::nullopt, 2), minutes{1}).value_or(-1);
}

}  // namespace

TEST_CASE("a dump by the owner who acts as the system restores every row", "[dump]") {
  test_postgres own;
  const auto url = own.fresh_database();
  const auto name = runtime::parse_conninfo(url)["dbname"];
  auto at = start_server({{"STOA_DATABASE_MODE", "external"}, {"STOA_DATABASE_URL", url}});
  for (int i = 0; i < 3; ++i) fresh_account(*at);
  REQUIRE(at->stop() == 0);
  const auto before = rows_of(own.server().superuser_connection_string(name));
  CHECK(before.at("\"public\".\"account\"") == "3");

  temp_dir folder;
  const auto file = (folder.path() / "stoa.dump").string();
  const auto bin = runtime::find_bin_dir(runtime::layout_of(folder.path()), {});
  auto owner = runtime::parse_conninfo(url);
  CHECK(run_here(
            {bin / "pg_dump", "--format=custom", "--file=" + file, "--dbname=" + runtime::write_conninfo(owner)}) != 0);
  owner["options"] = "-c stoa.acting=system";
  REQUIRE(run_here({bin / "pg_dump", "--enable-row-security", "--format=custom", "--file=" + file,
                    "--dbname=" + runtime::write_conninfo(owner)}) == 0);

  const auto empty = runtime::parse_conninfo(own.fresh_database())["dbname"];
  const auto there = own.server().superuser_connection_string(empty);
  REQUIRE(run_here({bin / "pg_restore", "--exit-on-error", "--dbname=" + there, file}) == 0);
  CHECK(rows_of(there) == before);
}

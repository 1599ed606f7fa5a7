// Accounts and sessions of an older house survive its migration, in the form that the new one reads.
#include <catch2/catch.hpp>

#include <filesystem>

#include "runtime/store/migrate.hpp"
#include "runtime/store/plain.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;

TEST_CASE("accounts and sessions from before survive", "[store][migrate]") {
  namespace fs = std::filesystem;
  const auto folder = fs::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "migrations";
  temp_dir old;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().filename().string() < "0007") fs::copy(file.path(), old.path() / file.path().filename());
  runtime::migrate_options core;
  core.connection = test_postgres::shared().fresh_database();
  core.folder = old.path();
  runtime::migrate(core);
  runtime::plain_connection db{core.connection};
  db.run("set stoa.acting = 'system'");
  db.run(R"(
    insert into account (id, email, email_key, username, username_key, password_hash, created_at, updated_at) values
      ('00000000-0000-0000-0000-00000000000a', E'ada@x.example\u00A0', 'ada@x.example', null, null, 'h', now(), now()),
      ('00000000-0000-0000-0000-00000000000b', 'Bob@x.example', 'bob@x.example', 'Bob', 'bob', 'h', now(), now());
    insert into session (id, user_id, dialect, created_at, expires_at, revoked_at) values
      (gen_random_uuid(), '00000000-0000-0000-0000-00000000000a', 'lms', '2026-01-01', '2026-01-09', null),
      (gen_random_uuid(), '00000000-0000-0000-0000-00000000000b', 'lms', '2026-01-01', '2026-01-09', '2026-01-02');)");

  core.folder = folder;
  CHECK_FALSE(runtime::migrate(core).empty());
  const auto rows = db.run("select email, username, username_key, password_version from account order by id");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0][0] == "ada@x.example");
  CHECK(rows[0][1] == "");
  CHECK_FALSE(rows[0][2]);
  CHECK(rows[0][3] == "1");
  CHECK(rows[1][0] == "Bob@x.example");
  CHECK(rows[1][1] == "Bob");
  CHECK(rows[1][2] == "bob");
  const auto ends = db.run("select ends_at::date from session order by ends_at");
  REQUIRE(ends.size() == 2);
  CHECK(ends[0][0] == "2026-01-02");
  CHECK(ends[1][0] == "2026-01-09");
}

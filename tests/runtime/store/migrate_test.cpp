#include "runtime/store/migrate.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <future>

#include "stoa/db.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa::runtime;
using Catch::Matchers::Contains;

namespace {

struct folder {
  temp_dir dir;
  void write(const std::string& name, const std::string& sql) const {
    std::ofstream(dir.path() / name, std::ios::trunc | std::ios::binary) << sql;
  }
};

std::string refusal(const migrate_options& o) {
  try {
    migrate(o);
  } catch (const migration_error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("migrations are applied once, in order", "[migrate]") {
  folder f;
  f.write("0001_first.sql",
          "-- it's a script: with :p1 and ':x'\n"
          "create table a (t text default 'x:y', ts timestamptz default now()::timestamptz);\n"
          "insert into a (t) values (':p1'), ($$ a; b :c $$);\n"
          "create function f() returns int language plpgsql as $f$ begin return 1; end $f$;\n");
  f.write("0002_second.sql", "create table b (id int);");
  f.write("README.txt", "not a migration");
  migrate_options o;
  o.connection = test_postgres::shared().fresh_database();
  o.folder = f.dir.path();
  CHECK(pending(o).size() == 2);
  const auto applied = migrate(o);
  REQUIRE(applied.size() == 2);
  CHECK(applied[0].version == 1);
  CHECK(applied[0].name == "0001_first.sql");
  CHECK(applied[0].checksum.size() == 64);
  CHECK(migrate(o).empty());
  CHECK(pending(o).empty());
  plain_connection db{o.connection};
  CHECK(db.run("select t from a").size() == 2);
  CHECK(db.run("select scope, version, name from stoa_migration").size() == 2);

  f.write("0003_third.sql", "create table c (id int);");
  CHECK(pending(o).size() == 1);
  CHECK(migrate(o).front().name == "0003_third.sql");
}

TEST_CASE("a failing migration leaves nothing behind", "[migrate]") {
  folder f;
  f.write("0001_first.sql", "create table a (id int);");
  f.write("0002_bad.sql", "create table b (id int);\nselect nothing;");
  migrate_options o;
  o.connection = test_postgres::shared().fresh_database();
  o.folder = f.dir.path();
  CHECK_THAT(refusal(o), Contains("0002_bad.sql") && Contains("nothing"));
  plain_connection db{o.connection};
  CHECK(db.run("select to_regclass('b')")[0][0] == std::nullopt);
  CHECK(db.run("select 1 from stoa_migration").size() == 1);
  f.write("0002_bad.sql", "create table b (id int); commit;");
  CHECK_THAT(refusal(o), Contains("ends its transaction"));
  f.write("0002_bad.sql", "create table if not exists b (id int);");
  CHECK(migrate(o).size() == 1);
}

TEST_CASE("folders that do not fit what was applied are refused", "[migrate]") {
  folder f;
  f.write("0001_first.sql", "create table a (id int);");
  f.write("0002_second.sql", "create table b (id int);");
  migrate_options o;
  o.connection = test_postgres::shared().fresh_database();
  o.folder = f.dir.path();
  const auto applied = migrate(o);
  f.write("0003_third.sql", "create table c (id int);");

  f.write("0001_first.sql", "create table a (id bigint);");
  const auto edited = refusal(o);
  CHECK_THAT(edited, Contains("0001_first.sql") && Contains("expected") && Contains(applied[0].checksum));
  CHECK_THROWS_AS(pending(o), migration_error);
  f.write("0001_first.sql", "create table a (id int);");

  std::filesystem::rename(f.dir.path() / "0002_second.sql", f.dir.path() / "0002_other.sql");
  CHECK_THAT(refusal(o), Contains("0002_second.sql") && Contains("0002_other.sql"));
  std::filesystem::rename(f.dir.path() / "0002_other.sql", f.dir.path() / "0002_second.sql");

  std::filesystem::remove(f.dir.path() / "0003_third.sql");
  f.write("0004_fourth.sql", "select 1;");
  CHECK_THAT(refusal(o), Contains("0003") && Contains("missing") && Contains("0004_fourth.sql"));
  std::filesystem::remove(f.dir.path() / "0004_fourth.sql");

  f.write("0002_double.sql", "select 1;");
  CHECK_THAT(refusal(o), Contains("0002") && Contains("twice"));
  std::filesystem::remove(f.dir.path() / "0002_double.sql");

  std::filesystem::remove(f.dir.path() / "0002_second.sql");
  CHECK_THAT(refusal(o), Contains("newer than this program") && Contains("0002_second.sql") &&
                             Contains("the newest in") && Contains("0001_first.sql"));
  f.write("0002_second.sql", "create table b (id int);");
  std::filesystem::remove(f.dir.path() / "0001_first.sql");
  CHECK_THAT(refusal(o), Contains("0001") && Contains("missing"));
  f.write("0001_first.sql", "create table a (id int);");

  f.write("0003_third.sql", "create table c (id int);");
  o.only_check = true;
  CHECK_THAT(refusal(o), Contains("not applied: 0003_third.sql") && Contains("stoa migrate"));
  CHECK(pending(o).size() == 1);

  f.write("second.sql", "select 1;");
  CHECK_THAT(refusal(o), Contains("second.sql"));
  o.folder /= "nowhere";
  CHECK_THAT(refusal(o), Contains("nowhere"));
}

TEST_CASE("a plugin's migrations run in its own schema", "[migrate]") {
  folder core, plugin;
  core.write("0001_first.sql", "create table a (id int);");
  plugin.write("0001_first.sql", "create table a (id int, plugin text); create table only_here (id int);");
  migrate_options o;
  o.connection = test_postgres::shared().fresh_database();
  o.folder = core.dir.path();
  CHECK(migrate(o).size() == 1);
  o.folder = plugin.dir.path();
  o.scope = "my-payments";
  CHECK(pending(o).size() == 1);
  CHECK(migrate(o).size() == 1);
  plain_connection db{o.connection};
  CHECK(db.run("select to_regclass('plugin_my_payments.only_here')")[0][0]);
  CHECK_FALSE(db.run("select to_regclass('public.only_here')")[0][0]);
  o.scope = "no; such";
  CHECK_THAT(refusal(o), Contains("no scope"));
}

TEST_CASE("migrations wait for each other, not for ever", "[migrate]") {
  folder f;
  f.write("0001_first.sql", "create table a (id int);");
  migrate_options o;
  o.connection = test_postgres::shared().fresh_database();
  o.folder = f.dir.path();
  // Twelve at once: one applies, the others find it done.
  std::vector<std::future<std::size_t>> all;
  for (int i = 0; i < 12; ++i) all.push_back(std::async(std::launch::async, [&] { return migrate(o).size(); }));
  std::size_t applied = 0;
  for (auto& a : all) applied += a.get();
  CHECK(applied == 1);

  plain_connection db{o.connection};
  db.run("select pg_advisory_lock(5431279021)");
  o.lock_wait = seconds{1};
  CHECK_THAT(refusal(o), Contains("another process"));
}

TEST_CASE("a migration says that its database is away", "[migrate]") {
  folder f;
  migrate_options o;
  o.connection = "host='/tmp/no such place' dbname=x user=x";
  o.folder = f.dir.path();
  CHECK_THROWS_AS(migrate(o), db_error);
  o.connection = "password='secret";
  try {
    migrate(o);
    FAIL("a broken connection string was accepted");
  } catch (const std::invalid_argument& e) {
    CHECK_THAT(e.what(), !Contains("secret"));
  }
}

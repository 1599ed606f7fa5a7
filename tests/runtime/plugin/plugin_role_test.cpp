// A plugin's statements run in a role of its own: its schema, events and jobs are its to write, the core's tables are
// not its to read.
#include "runtime/store/plugin_role.hpp"

#include <catch2/catch.hpp>

#include <fstream>

#include "runtime/plugin/named_database.hpp"
#include "runtime/store/migrate.hpp"
#include "stoa/jobs.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr statement read_accounts{"read_accounts", "select count(*) from account"};
constexpr statement read_orders{"read_orders", "select count(*) from customer_order"};
constexpr statement read_outbox{"read_outbox", "select count(*) from outbox"};
constexpr statement add_badge{"add_badge", "insert into plugin_badges.badge (name) values (:p1::text)"};
constexpr statement count_badges{"count_badges", "select count(*) from plugin_badges.badge"};
constexpr statement tell{"tell", R"(
  insert into outbox (id, kind, entity, at) values (gen_random_uuid(), 'badges.given', gen_random_uuid(), now()))"};
constexpr statement leave_role{"leave_role", "select current_user::text"};

struct given {
  static constexpr std::string_view kind = "badges.given";
  std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(given, (), (n))

/// A database with the core's tables, a plugin's schema and its role, and the store on it.
struct badges {
  std::string connection = test_postgres::shared().fresh_database();
  std::unique_ptr<runtime::store> store;
  std::unique_ptr<runtime::named_database> mine;

  badges() {
    runtime::migrate_options m;
    m.connection = connection;
    m.folder = STOA_SOURCE_DIR "/migrations";
    runtime::migrate(m);
    runtime::plain_connection owner{connection};
    owner.run("create schema plugin_badges; create table plugin_badges.badge (id bigserial, name text)");
    const auto database = owner.run("select current_database()").at(0).at(0).value();
    runtime::plain_connection admin{test_postgres::shared().server().superuser_connection_string(database)};
    const auto role = runtime::make_plugin_role(admin, "stoa", "badges");
    CHECK(runtime::make_plugin_role(admin, "stoa", "badges") == role);  // once more changes nothing
    runtime::store_options o;
    o.connection = connection;
    o.command_workers = 1;  // one session for all: what one leaves behind the next would meet
    o.read_workers = 1;
    store = std::make_unique<runtime::store>(std::move(o));
    mine = std::make_unique<runtime::named_database>(*store, "badges");
    mine->take_role(role);
  }
};

}  // namespace

TEST_CASE("a plugin's role has its own schema, events and jobs, and none of the core's tables", "[plugin_role]") {
  badges b;
  for (const auto l : {lane::commands, lane::reads}) {
    CHECK_FALSE(run_now(*b.mine, read_accounts, {}, l));
    CHECK_FALSE(run_now(*b.mine, read_orders, {}, l));
    CHECK_FALSE(run_now(*b.mine, read_outbox, {}, l));
    CHECK(run_now(*b.store, read_accounts, {}, l));  // the same session, in the server's name again
    CHECK(run_now(*b.store, leave_role, {}, l).value().front().text(0) == "stoa");
  }
  CHECK(run_now(*b.mine, add_badge, {"first"}));
  CHECK(run_now(*b.mine, count_badges).value().front().integer(0) == 1);
  CHECK(run_now(*b.mine, tell));
  job_rows jobs(system_clock().now());
  jobs.add(given{1}, microseconds{0}, "once");
  CHECK(run_now(*b.mine, queue_jobs, {jobs}));
  CHECK(run_now(*b.mine, queue_jobs, {jobs}));
}

TEST_CASE("a plugin's role is dropped with its rights, and kept where another database has given it some",
          "[plugin_role]") {
  badges b;
  const auto& server = test_postgres::shared().server();
  const auto admin_of = [&](const std::string& connection) {
    const auto name = runtime::plain_connection{connection}.run("select current_database()").at(0).at(0).value();
    return std::make_unique<runtime::plain_connection>(server.superuser_connection_string(name));
  };
  auto here = admin_of(b.connection);
  here->run("drop schema plugin_badges cascade");
  {
    badges other;
    CHECK(runtime::drop_plugin_role(*here, "badges") == runtime::role_end::kept);
    runtime::plain_connection plain{b.connection};
    CHECK(runtime::drop_plugin_role(plain, "badges") == runtime::role_end::forbidden);
    auto there = admin_of(other.connection);
    there->run("drop owned by plugin_badges");
  }
  // Those of the tests before this one.
  for (const auto& row : here->run("select datname from pg_database where datname like 'test_%'"))
    runtime::plain_connection{server.superuser_connection_string(row.at(0).value())}.run("drop owned by plugin_badges");
  CHECK(runtime::drop_plugin_role(*here, "badges") == runtime::role_end::dropped);
  CHECK(runtime::drop_plugin_role(*here, "badges") == runtime::role_end::none);
}

TEST_CASE("a plugin's transaction has its rights from begin to end, and a group of many each its own",
          "[plugin_role]") {
  badges b;
  CHECK_FALSE(transact_now(*b.mine, [](connection& c) -> result<done> {
    c.run(add_badge, {"lost"});
    c.run(read_accounts, {});
    return done{};
  }));
  CHECK(run_now(*b.mine, count_badges).value().front().integer(0) == 0);
  CHECK(transact_now(*b.mine, [](connection& c) -> result<done> {
    c.run(add_badge, {"kept"});
    c.run(tell, {});
    return done{};
  }));

  // The one worker is held, so that what waits is committed as a group.
  std::promise<void> open;
  auto opened = open.get_future().share();
  b.store->transact(
      lane::commands,
      [opened](connection&) -> result<done> {
        opened.wait_for(seconds{20});
        return done{};
      },
      [](result<done>) {});
  std::vector<std::future<bool>> answers;
  const auto ask = [&](database& db, const statement& s, values v) {
    auto answer = std::make_shared<std::promise<bool>>();
    answers.push_back(answer->get_future());
    db.run(lane::commands, s, std::move(v), [answer](result<rows> r) { answer->set_value(r.ok()); });
  };
  for (int i = 0; i < 4; ++i) {
    ask(*b.mine, add_badge, {"grouped"});
    ask(*b.store, read_accounts, {});
  }
  ask(*b.mine, read_accounts, {});
  open.set_value();
  std::vector<bool> went;
  for (auto& a : answers) went.push_back(a.get());
  CHECK(std::count(went.begin(), went.end(), true) == 8);
  CHECK_FALSE(went.back());
  CHECK(run_now(*b.mine, count_badges).value().front().integer(0) == 5);
}

TEST_CASE("an event's handler has the plugin's rights, and the pump around it the server's", "[plugin_role]") {
  badges b;
  subscription s;
  s.handle = [](connection& c, const std::vector<event>& events) -> result<done> {
    if (events.empty())
      c.run(read_accounts, {});
    else
      c.run(add_badge, {"handled"});
    return done{};
  };
  const auto named = b.mine->named(std::move(s));
  CHECK(transact_now(*b.store, [&](connection& c) -> result<done> {
    auto handled = named.handle(c, std::vector<event>(1));
    c.run(read_accounts, {});
    return handled;
  }));
  CHECK_FALSE(transact_now(*b.store, [&](connection& c) -> result<done> { return named.handle(c, {}); }));
}

TEST_CASE("a plugin's migrations run in its role: its schema is theirs, the core's tables are not", "[plugin_role]") {
  badges b;
  temp_dir dir;
  runtime::migrate_options m;
  m.connection = b.connection;
  m.folder = dir.path();
  m.scope = "badges";
  m.role = "plugin_badges";
  const auto write = [&](const std::string& sql) { std::ofstream(dir.path() / "0001_badges.sql") << sql; };
  const std::string forbidden =
      GENERATE("create table stolen as select email, password_hash from account", "update account set email = 'x'",
               "delete from course", "create table public.mine (id int)", "drop table account cascade",
               "alter table public.customer_order add column mine int", "truncate public.outbox",
               "do $$ begin execute 'drop table public.cart_item cascade'; end $$",
               "create view seen as select * from account; select * from seen", "drop schema public cascade",
               "create extension if not exists pg_trgm schema plugin_badges; drop table public.session",
               "delete from public.stoa_migration");
  write(forbidden);
  try {
    runtime::migrate(m);
    FAIL("went through: " + forbidden);
  } catch (const runtime::migration_error& e) {
    CHECK_THAT(e.what(), Catch::Contains("0001_badges.sql failed: ") && Catch::Contains("plugin_badges, which has"));
  }
  write("reset role; drop table public.account cascade");
  CHECK_THROWS_WITH(runtime::migrate(m), Catch::Contains("changes its role"));

  write(
      "create table level (n int); create function one() returns int language sql as 'select 1';"
      "alter table badge add column at timestamptz; drop table badge; create table badge (id bigserial, name text);");
  CHECK(runtime::migrate(m).size() == 1);
  runtime::plain_connection owner{b.connection};
  CHECK(owner.run("select count(*) from account").at(0).at(0) == "0");
  CHECK(owner.run("select distinct tableowner from pg_tables where schemaname = 'plugin_badges'").at(0).at(0) ==
        "plugin_badges");
  CHECK(run_now(*b.mine, add_badge, {"first"}));
  CHECK_FALSE(run_now(*b.mine, read_accounts));
}

TEST_CASE("what earlier servers made in a plugin's schema becomes its role's", "[plugin_role]") {
  const auto connection = test_postgres::shared().fresh_database();
  runtime::migrate_options m;
  m.connection = connection;
  m.folder = STOA_SOURCE_DIR "/migrations";
  runtime::migrate(m);
  runtime::plain_connection owner{connection};
  owner.run(R"(
    create schema plugin_badges; set search_path = plugin_badges;
    create table badge (id bigserial primary key, n bigint generated always as identity, name text);
    insert into badge (name) values ('kept');
    create sequence lonely; create view shown as select * from badge; create materialized view held as table badge;
    create type colour as enum ('red'); create domain short as text; create type pair as (a int, b int);
    create function one() returns int language sql as 'select 1';
    create procedure two() language sql as 'select 1';
    create table parted (id int) partition by range (id))");
  const auto database = owner.run("select current_database()").at(0).at(0).value();
  runtime::plain_connection admin{test_postgres::shared().server().superuser_connection_string(database)};
  runtime::make_plugin_role(admin, "stoa", "badges");
  const auto others = [&](const std::string& of) { return admin.run(of).at(0).at(0).value(); };
  CHECK(others("select count(*) from pg_class where relnamespace = 'plugin_badges'::regnamespace "
               "and relowner <> 'plugin_badges'::regrole") == "0");
  CHECK(others("select count(*) from pg_proc where pronamespace = 'plugin_badges'::regnamespace "
               "and proowner <> 'plugin_badges'::regrole") == "0");
  CHECK(others("select count(*) from pg_type where typnamespace = 'plugin_badges'::regnamespace "
               "and typowner <> 'plugin_badges'::regrole") == "0");
  CHECK(others("select nspowner::regrole::text from pg_namespace where nspname = 'plugin_badges'") == "plugin_badges");
  CHECK(others("select name from plugin_badges.badge") == "kept");
}

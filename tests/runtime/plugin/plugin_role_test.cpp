// A plugin's statements run in a role of its own: its schema, events and jobs are its to write, the core's tables are
// not its to read.
#include "runtime/store/plugin_role.hpp"

#include <catch2/catch.hpp>

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

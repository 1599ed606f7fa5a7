// A database that goes away and comes back, under the store and under its work.
#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;

TEST_CASE("the store starts without its database and survives its restarts", "[store][restart]") {
  test_postgres own;
  const auto connection = own.server().connection_string();
  own.server().stop();
  lines_log log;
  auto o = small(connection);
  o.log = &log;
  o.read_workers = 2;
  store db{o};
  auto away = run_now(db, one);
  REQUIRE_FALSE(away);
  CHECK(away.refusal().kind == fault_kind::unavailable);
  CHECK_FALSE(db.healthy());
  CHECK_FALSE(wait_for(db.ping()));

  own.server().start();
  // Without any traffic health comes back.
  CHECK(eventually([&] { return db.healthy(); }));
  CHECK(eventually([&] { return run_now(db, one).ok(); }));

  for (int round = 0; round < 2; ++round) {
    own.server().stop();
    CHECK(eventually([&] { return !db.healthy(); }));
    const auto before = std::chrono::steady_clock::now();
    CHECK_FALSE(run_now(db, one));
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{1});
    own.server().start();
    CHECK(eventually([&] { return run_now(db, one).ok() && run_now(db, one, {}, lane::reads).ok(); }));
  }
}

TEST_CASE("sessions that die under their work", "[store][restart]") {
  static test_postgres own;
  const auto connection = own.server().connection_string();
  auto o = small(connection);
  o.read_workers = 2;
  store db{o};
  REQUIRE(run_now(db, one));

  SECTION("killed sessions are noticed before anything is sent") {
    runtime::plain_connection admin{own.server().superuser_connection_string("postgres")};
    for (int i = 0; i < 5; ++i) {
      admin.run("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'stoa'");
      CHECK(run_now(db, one));
      CHECK(run_now(db, one, {}, lane::reads));
    }
  }

  SECTION("a read whose session dies under it is asked again, a write is not") {
    constexpr statement first_slow{
        "test.first_slow",
        "select pg_sleep(case when pg_backend_pid() = :p1::int then 30 else 0 end), pg_backend_pid()"};
    constexpr statement pid{"test.pid", "select pg_backend_pid()"};
    for (const lane l : {lane::reads, lane::commands}) {
      auto o1 = small(connection);
      store single{o1};
      const auto victim = run_now(single, pid, {}, l)->front().integer(0);
      std::promise<result<rows>> end;
      single.run(l, first_slow, {victim}, [&](result<rows> r) { end.set_value(std::move(r)); });
      runtime::plain_connection admin{own.server().superuser_connection_string("postgres")};
      const std::string p = std::to_string(victim);
      CHECK(eventually([&] {
        return !admin.run("select 1 from pg_stat_activity where pid = " + p + " and query like '%pg_sleep%'").empty();
      }));
      admin.run("select pg_terminate_backend(" + p + ")");
      auto r = end.get_future().get();
      if (l == lane::reads) {
        REQUIRE(r);
        CHECK(r->front().integer(1) != victim);
      } else {
        REQUIRE_FALSE(r);
        CHECK(r.refusal().kind == fault_kind::unavailable);
      }
    }
  }

  SECTION("a commit whose connection is gone is no success") {
    auto r = transact_now(db, [&](stoa::connection& c) -> result<done> {
      c.run(statement{"test.temp", "create table if not exists lost (a int)"}, {});
      const auto pid = c.run(statement{"test.pid", "select pg_backend_pid()"}, {}).front().text(0);
      runtime::plain_connection admin{own.server().superuser_connection_string("postgres")};
      admin.run("select pg_terminate_backend(" + pid + ", 5000)");
      return done{};
    });
    REQUIRE_FALSE(r);
    CHECK(r.refusal().kind == fault_kind::unavailable);
    CHECK(run_now(db, statement{"test.gone", "select to_regclass('lost')"})->front().null(0));
  }

  SECTION("a server that stops answering is cut off") {
    auto o2 = small(connection);
    o2.statement_timeout = milliseconds{300};
    store frozen{o2};
    constexpr statement pid{"test.pid", "select pg_backend_pid()"};
    const auto victim = static_cast<pid_t>(run_now(frozen, pid)->front().integer(0));
    ::kill(victim, SIGSTOP);
    auto r = run_now(frozen, one);
    REQUIRE_FALSE(r);
    CHECK(r.refusal().kind == fault_kind::unavailable);
    ::kill(victim, SIGCONT);
    CHECK(eventually([&] { return run_now(frozen, one).ok(); }));
  }
}

// What the store does when something goes wrong: locks, culprits, deadlines, unknown outcomes.
#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;

namespace {

constexpr statement make{"test.make", R"(
  create table t (a int primary key, hits int not null default 0,
                  late int constraint t_late unique deferrable initially deferred))"};
constexpr statement add{"test.add", "insert into t (a) values (:p1::int) returning a"};
constexpr statement add_late{"test.add_late", "insert into t (a, late) values (:p1::int, 1)"};
constexpr statement hit{"test.hit", "update t set hits = hits + 1 where a = :p1::int"};
constexpr statement numbers{"test.numbers", "select coalesce(string_agg(a::text, ' ' order by a), '') from t"};

std::string all_of(store& db) { return run_now(db, numbers, {}, lane::reads)->front().text(0); }

bool unavailable(const result<rows>& r) { return !r && r.refusal().kind == fault_kind::unavailable; }

/// Holds the lock of a row from another session until its end.
class row_lock {
 public:
  explicit row_lock(const std::string& connection) : db_(connection) {
    db_.run("begin");
    db_.run("select 1 from t where a = 1 for update");
  }
  void let_go() { db_.run("commit"); }

 private:
  runtime::plain_connection db_;
};

}  // namespace

TEST_CASE("a lock that somebody else keeps is waited for only so long", "[store][faults]") {
  auto o = small(test_postgres::shared().fresh_database());
  o.lock_timeout = milliseconds{150};
  store db{o};
  REQUIRE(run_now(db, make));
  REQUIRE(run_now(db, add, {1}));
  row_lock other{o.connection};
  const auto before = std::chrono::steady_clock::now();
  CHECK(unavailable(run_now(db, hit, {1})));
  CHECK(std::chrono::steady_clock::now() - before < o.statement_timeout);
  CHECK(run_now(db, hit, {2}));
  other.let_go();
  CHECK(run_now(db, hit, {1}));
}

TEST_CASE("of a refused group the one to blame comes last", "[store][faults]") {
  store db{small(test_postgres::shared().fresh_database())};
  REQUIRE(run_now(db, make));
  REQUIRE(run_now(db, add, {1}));
  answers came;
  {
    held_lane held{db};
    for (const int n : {1, 2, 3}) db.run(lane::commands, add, {n}, came.next(std::to_string(n)));
  }
  const auto got = came.wait(3);
  REQUIRE(got.size() == 3);
  CHECK(got[0].first == "2");
  CHECK(got[1].first == "3");
  CHECK(got[2].first == "1");
  CHECK(got[0].second);
  CHECK(got[1].second);
  REQUIRE_FALSE(got[2].second);
  CHECK(got[2].second.refusal().code == "t_pkey");
  // The others were still committed together.
  constexpr statement commits{"test.commits", "select count(distinct xmin::text) from t where a > 1"};
  CHECK(run_now(db, commits)->front().integer(0) == 1);
}

TEST_CASE("a mistake in one member of a group costs the others nothing", "[store][faults]") {
  store db{small(test_postgres::shared().fresh_database())};
  REQUIRE(run_now(db, make));
  answers came;
  constexpr statement wrong{"test.wrong", "select nothing from nowhere"};
  constexpr statement other_add{"test.add", "insert into t (a) values (:p1::int + 100) returning a"};
  {
    held_lane held{db};
    db.run(lane::commands, wrong, {}, came.next("unknown table"));
    db.run(lane::commands, add, {1}, came.next("1"));
    db.run(lane::commands, add, {}, came.next("no value"));
    db.run(lane::commands, add, {2}, came.next("2"));
    db.run(lane::commands, other_add, {3}, came.next("103"));  // of the same name
  }
  for (const auto& [name, r] : came.wait(5)) CHECK(r.ok() == (name == "1" || name == "2" || name == "103"));
  CHECK(all_of(db) == "1 2 103");
}

TEST_CASE("a refusal at the commit is a refusal: each of the group is then run by itself", "[store][faults]") {
  store db{small(test_postgres::shared().fresh_database())};
  REQUIRE(run_now(db, make));
  REQUIRE(run_now(db, add_late, {1}));
  answers came;
  {
    held_lane held{db};
    db.run(lane::commands, add, {2}, came.next("2"));
    db.run(lane::commands, add_late, {3}, came.next("3"));
    db.run(lane::commands, add, {4}, came.next("4"));
  }
  for (const auto& [name, r] : came.wait(3)) {
    CHECK(r.ok() == (name != "3"));
    if (!r) CHECK(r.refusal().code == "t_late");
  }
  CHECK(all_of(db) == "1 2 4");
}

TEST_CASE("nothing is begun after its caller's deadline", "[store][faults]") {
  memory_metrics meters;
  auto o = small(test_postgres::shared().fresh_database());
  o.lock_timeout = milliseconds{700};
  o.call_deadline = milliseconds{100};
  o.meters = &meters;
  store db{o};
  REQUIRE(run_now(db, make));
  REQUIRE(run_now(db, add, {1}));
  row_lock other{o.connection};
  answers came;
  {
    // The group has left the queue in time; when its first member gives up, it is too late to begin the others anew.
    held_lane held{db};
    db.run(lane::commands, hit, {1}, came.next("waits"));
    db.run(lane::commands, add, {2}, came.next("too late"));
    db.run(lane::commands, add, {3}, came.next("too late"));
  }
  const auto got = came.wait(3);
  REQUIRE(got.size() == 3);
  for (const auto& [name, r] : got) CHECK(unavailable(r));
  CHECK(all_of(db) == "1");
  CHECK(meters.at("stoa_store_refused_total", {{"lane", "commands"}}).value == 3);
  other.let_go();
  CHECK(run_now(db, hit, {1}));
}

TEST_CASE("a group whose session dies has an unknown outcome and is never run again", "[store][faults]") {
  store db{small(test_postgres::shared().fresh_database())};
  REQUIRE(run_now(db, make));
  constexpr statement die{"test.die", "select pg_terminate_backend(pg_backend_pid())"};
  answers came;
  {
    held_lane held{db};
    db.run(lane::commands, add, {1}, came.next("1"));
    db.run(lane::commands, die, {}, came.next("dies"));
    db.run(lane::commands, add, {2}, came.next("2"));
  }
  const auto got = came.wait(3);
  REQUIRE(got.size() == 3);
  for (const auto& [name, r] : got) CHECK(unavailable(r));
  CHECK(all_of(db).empty());
  CHECK(run_now(db, add, {3}));
}

TEST_CASE("a commit that is not answered is an unknown outcome, and the work is not tried again", "[store][faults]") {
  static test_postgres own;
  auto o = small(own.server().connection_string());
  o.statement_timeout = milliseconds{300};
  store db{o};
  REQUIRE(run_now(db, make));
  std::atomic<int> runs{0};
  pid_t server = 0;
  auto r = transact_now(db, [&](connection& c) -> result<done> {
    ++runs;
    c.run(add, {1});
    constexpr statement pid{"test.pid", "select pg_backend_pid()"};
    server = static_cast<pid_t>(c.run(pid, {}).front().integer(0));
    ::kill(server, SIGSTOP);
    return done{};
  });
  ::kill(server, SIGCONT);
  REQUIRE_FALSE(r);
  CHECK(r.refusal().kind == fault_kind::unavailable);
  CHECK(runs == 1);
  // COMMIT had been sent: here it took place, although its caller could not be told.
  CHECK(eventually([&] { return all_of(db) == "1"; }));
}

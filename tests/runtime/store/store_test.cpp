#include "runtime/store/store.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <thread>

#include "tests/runtime/store/store_support.hpp"

// SOCI forgets the connection when the server goes away between the connect and its first SET.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:PQconnectStart"; }

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;

TEST_CASE("a kept statement takes other values each time, nulls among them", "[store]") {
  store db{small(test_postgres::shared().fresh_database())};
  constexpr statement echo{"test.echo",
                           "select :p1::text, :p2::bigint, :p1::text || '!', ':p9 \"x\" ' || 'a::b', :p3::bool"};
  for (int round = 0; round < 3; ++round) {
    auto r = run_now(db, echo, {"it's " + std::to_string(round), std::int64_t{1} << 40, true});
    REQUIRE(r);
    REQUIRE(r->size() == 1);
    CHECK(r->front().text(0) == "it's " + std::to_string(round));
    CHECK(r->front().integer(1) == std::int64_t{1} << 40);
    CHECK(r->front().text(2) == "it's " + std::to_string(round) + "!");
    CHECK(r->front().text(3) == ":p9 \"x\" a::b");
    CHECK(r->front().boolean(4));
    auto n = run_now(db, echo, {std::nullopt, std::nullopt, std::nullopt});
    REQUIRE(n);
    for (int column : {0, 1, 2, 4}) CHECK(n->front().null(column));
    CHECK_FALSE(n->front().opt_text(0));
    CHECK_FALSE(n->front().opt_integer(1));
    CHECK_THROWS_AS(n->front().integer(1), std::runtime_error);
    CHECK_THROWS_AS(n->front().integer(7), std::runtime_error);
  }
}

TEST_CASE("answers: no rows, many rows, empty texts, every getter", "[store]") {
  store db{small(test_postgres::shared().fresh_database())};
  constexpr statement none{"test.none", "select 1 where false"};
  CHECK(run_now(db, none)->empty());
  constexpr statement many{"test.many", "select n, nullif(n, 3), repeat('x', n) from generate_series(0, :p1::int) n"};
  auto r = run_now(db, many, {2000});
  REQUIRE(r);
  REQUIRE(r->size() == 2001);
  std::int64_t sum = 0;
  for (auto row : *r) {
    sum += row.integer(0);
    CHECK(row.null(1) == (row.integer(0) == 3));
    CHECK(row.raw(2).size() == static_cast<std::size_t>(row.integer(0)));
  }
  CHECK(sum == 2000 * 2001 / 2);

  constexpr statement kinds{"test.kinds",
                            "select :p1::uuid, :p2::timestamptz, :p3::date, 0.1::float8, :p4::text[], 12.50::numeric, "
                            "timestamptz '0044-01-02 03:04:05+05:30'"};
  const auto user = user_id::make();
  const auto when = from_unix_us(1'769'529'900'123'456);
  const date day{std::chrono::year{2024} / 2 / 29};
  auto k = run_now(db, kinds,
                   {user, when, day, value::array(std::vector<std::string>{"a\"b", "c\\d", "", "e,{f}", "NULL"})});
  REQUIRE(k);
  const auto row = k->front();
  CHECK(row.as<user_id>(0) == user);
  CHECK(row.opt_as<user_id>(0) == user);
  CHECK(row.time(1) == when);
  CHECK(*row.opt_time(1) == when);
  CHECK(row.day(2) == day);
  CHECK(row.real(3) == 0.1);
  CHECK(row.real(5) == 12.5);
  CHECK_THROWS_AS(row.integer(5), std::runtime_error);
  CHECK_THROWS_AS(row.time(0), std::runtime_error);
  CHECK_THROWS_AS(row.boolean(0), std::runtime_error);
  constexpr statement unnest{"test.unnest", "select x from unnest(:p1::text[]) with ordinality t(x, n) order by n"};
  auto u = run_now(db, unnest, {value::array(std::vector<std::string>{"a\"b", "c\\d", "", "e,{f}", "NULL"})});
  REQUIRE(u);
  REQUIRE(u->size() == 5);
  CHECK((*u)[0].text(0) == "a\"b");
  CHECK((*u)[1].text(0) == "c\\d");
  CHECK((*u)[2].text(0).empty());
  CHECK((*u)[3].text(0) == "e,{f}");
  CHECK((*u)[4].text(0) == "NULL");
  CHECK(run_now(db, unnest, {value::array(std::vector<std::string>{})})->empty());
}

TEST_CASE("writes return rows, violations are conflicts with the constraint's name", "[store]") {
  lines_log log;
  memory_metrics meters;
  auto o = small(test_postgres::shared().fresh_database());
  o.log = &log;
  o.meters = &meters;
  store db{o};
  constexpr statement make{"test.make",
                           "create table thing (id bigint generated always as identity primary key, name text not null "
                           "constraint thing_name unique, parent bigint constraint thing_parent references thing)"};
  REQUIRE(run_now(db, make));
  constexpr statement add{"test.add",
                          "insert into thing (name, parent) values (:p1::text, :p2::bigint) returning id, name"};
  auto first = run_now(db, add, {"a", std::nullopt});
  REQUIRE(first);
  CHECK(first->front().integer(0) == 1);

  auto twice = run_now(db, add, {"a", std::nullopt});
  REQUIRE_FALSE(twice);
  CHECK(twice.refusal().kind == fault_kind::conflict);
  CHECK(twice.refusal().code == "thing_name");
  auto orphan = run_now(db, add, {"b", 99});
  REQUIRE_FALSE(orphan);
  CHECK(orphan.refusal().kind == fault_kind::conflict);
  CHECK(orphan.refusal().code == "thing_parent");

  // After a failure the kept statement works on, and a null is a null again.
  auto next = run_now(db, add, {"c", std::nullopt});
  REQUIRE(next);
  constexpr statement parent{"test.parent", "select parent from thing where name = :p1::text"};
  CHECK(run_now(db, parent, {"c"})->front().null(0));

  auto nameless = run_now(db, add, {std::nullopt, std::nullopt});
  REQUIRE_FALSE(nameless);
  CHECK(nameless.refusal().kind == fault_kind::internal);
  CHECK(nameless.refusal().code == "INTERNAL_ERROR");
  CHECK(log.all().find("statement=test.add sqlstate=23502") != std::string::npos);

  auto nul = run_now(db, add, {std::string("x\0y", 3), std::nullopt});
  REQUIRE_FALSE(nul);
  CHECK(nul.refusal().kind == fault_kind::invalid);
  auto broken = run_now(db, add, {"\xff\xfe", std::nullopt});
  REQUIRE_FALSE(broken);
  CHECK(broken.refusal().kind == fault_kind::invalid);

  constexpr statement cast{"test.cast", "select :p1::bigint"};
  auto secret = run_now(db, cast, {"hunter2"});
  REQUIRE_FALSE(secret);
  CHECK(secret.refusal().kind == fault_kind::invalid);
  CHECK(log.all().find("22P02") != std::string::npos);
  CHECK(log.all().find("hunter2") == std::string::npos);

  constexpr statement small_number{"test.small_number", "select :p1::integer"};
  constexpr statement day{"test.day", "select :p1::date"};
  constexpr statement document{"test.document", "select :p1::jsonb"};
  for (const auto& [s, text] : {std::pair{&small_number, "3000000000"},
                                {&day, "2026-02-30"},
                                {&day, "99999999-01-01"},
                                {&document, "{\"a\": \"\\u0000\"}"},
                                {&document, "{\"a\": \"\\ud800\"}"}}) {
    INFO(text);
    auto bad = run_now(db, *s, {text});
    REQUIRE_FALSE(bad);
    CHECK(bad.refusal().kind == fault_kind::invalid);
    CHECK(bad.refusal().code == "INVALID_VALUE");
  }
  CHECK(log.all().find("error: statement refused statement=test.day") == std::string::npos);
  CHECK(log.all().find("statement=test.document sqlstate=22P05") != std::string::npos);

  CHECK(run_now(db, cast, {}).refusal().kind == fault_kind::internal);
  constexpr statement misnamed{"test.misnamed", "select :name::text"};
  CHECK(run_now(db, misnamed, {"x"}).refusal().kind == fault_kind::internal);
  constexpr statement unknown{"test.unknown", "select nothing from nowhere"};
  CHECK(run_now(db, unknown).refusal().kind == fault_kind::internal);
  CHECK(run_now(db, one));

  CHECK(meters.at("stoa_statement_seconds", {{"statement", "test.add"}}).calls == 2);
  CHECK(meters.at("stoa_statement_errors_total", {{"statement", "test.add"}}).calls == 4);
  CHECK(meters.at("stoa_database_up", {}).value == 1);
}

TEST_CASE("a statement whose plan went out of date is prepared anew", "[store]") {
  store db{small(test_postgres::shared().fresh_database())};
  constexpr statement make{"test.make", "create table t (a int)"};
  constexpr statement fill{"test.fill", "insert into t values (7)"};
  constexpr statement all{"test.all", "select * from t"};
  constexpr statement widen{"test.widen", "alter table t add column b int default 8"};
  REQUIRE(run_now(db, make));
  REQUIRE(run_now(db, fill));
  CHECK(run_now(db, all)->front().integer(0) == 7);
  REQUIRE(run_now(db, widen));
  auto r = run_now(db, all);
  REQUIRE(r);
  CHECK(r->front().integer(1) == 8);
  constexpr statement other{"test.all", "select 5"};
  CHECK(run_now(db, other)->front().integer(0) == 5);
}

TEST_CASE("transactions commit, roll back, and never commit after a refusal", "[store]") {
  lines_log log;
  auto o = small(test_postgres::shared().fresh_database());
  o.log = &log;
  o.command_workers = 2;
  store db{o};
  constexpr statement make{"test.make", "create table t (a int constraint t_a unique deferrable initially deferred)"};
  constexpr statement add{"test.add", "insert into t values (:p1::int)"};
  constexpr statement count{"test.count", "select count(*) from t"};
  REQUIRE(run_now(db, make));
  const auto rows_now = [&] { return run_now(db, count)->front().integer(0); };

  CHECK(transact_now(db, [&](connection& c) -> result<done> {
    c.run(add, {1});
    CHECK(c.run(count, {}).front().integer(0) == 1);
    return done{};
  }));
  CHECK(rows_now() == 1);

  auto refused = transact_now(db, [&](connection& c) -> result<done> {
    c.run(add, {2});
    return fault{fault_kind::rejected, "NO", "no"};
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal().code == "NO");
  auto thrown = transact_now(db, [&](connection& c) -> result<done> {
    c.run(add, {3});
    throw std::runtime_error("unexpected");
  });
  REQUIRE_FALSE(thrown);
  CHECK(thrown.refusal().kind == fault_kind::internal);
  auto thrown_fault = transact_now(db, [&](connection& c) -> result<done> {
    c.run(add, {3});
    throw fault_error(fault{fault_kind::not_found, "GONE", "gone"});
  });
  CHECK(thrown_fault.refusal().code == "GONE");
  CHECK(rows_now() == 1);

  // Work that swallows the refusal does not get a success.
  auto swallowed = transact_now(db, [&](connection& c) -> result<done> {
    c.run(add, {4});
    try {
      c.run(statement{"test.bad", "select 1 / :p1::int"}, {0});
    } catch (const db_error& e) {
      CHECK(e.sqlstate() == "22012");
    }
    return done{};
  });
  REQUIRE_FALSE(swallowed);
  CHECK(rows_now() == 1);

  // A constraint that speaks up only at the commit.
  auto late = transact_now(db, [&](connection& c) -> result<done> {
    c.run(add, {1});
    return done{};
  });
  REQUIRE_FALSE(late);
  CHECK(late.refusal().kind == fault_kind::conflict);
  CHECK(late.refusal().code == "t_a");
  CHECK(rows_now() == 1);
}

TEST_CASE("the loser of a deadlock is tried once more", "[store]") {
  auto o = small(test_postgres::shared().fresh_database());
  o.command_workers = 2;
  o.statement_timeout = milliseconds{20000};
  o.call_deadline = milliseconds{25000};
  store db{o};
  constexpr statement make{"test.make", "create table t as select n as id, 0 as hits from generate_series(1, 2) n"};
  constexpr statement hit{"test.hit", "update t set hits = hits + 1 where id = :p1::int"};
  constexpr statement sum{"test.sum", "select sum(hits) from t"};
  REQUIRE(run_now(db, make));
  std::atomic<int> runs{0};
  gate first[2];
  std::promise<result<done>> ends[2];
  for (int i = 0; i < 2; ++i) {
    db.transact(
        lane::commands,
        [&, i](connection& c) -> result<done> {
          ++runs;
          c.run(hit, {i + 1});
          first[i].open();
          first[1 - i].wait();
          c.run(hit, {2 - i});
          return done{};
        },
        [&, i](result<done> r) { ends[i].set_value(std::move(r)); });
  }
  CHECK(ends[0].get_future().get());
  CHECK(ends[1].get_future().get());
  CHECK(runs >= 3);
  CHECK(run_now(db, sum)->front().integer(0) == 4);
}

TEST_CASE("a statement that takes too long is unavailable", "[store]") {
  auto o = small(test_postgres::shared().fresh_database());
  o.statement_timeout = milliseconds{100};
  store db{o};
  auto r = run_now(db, slow, {"30"});
  REQUIRE_FALSE(r);
  CHECK(r.refusal().kind == fault_kind::unavailable);
  CHECK(run_now(db, one));
}

TEST_CASE("awaiting coroutines go on where they are posted", "[store]") {
  std::mutex mutex;
  std::condition_variable ready;
  std::deque<std::function<void()>> queue;
  bool ends = false;
  std::thread loop([&] {
    std::unique_lock lock{mutex};
    for (;;) {
      ready.wait(lock, [&] { return ends || !queue.empty(); });
      if (queue.empty()) return;
      auto f = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      f();
      lock.lock();
    }
  });
  auto o = small(test_postgres::shared().fresh_database());
  o.post = [&](std::function<void()> f) {
    const std::lock_guard lock{mutex};
    queue.push_back(std::move(f));
    ready.notify_one();
  };
  {
    store db{o};
    constexpr statement twice{"test.twice", "select 2 * :p1::int"};
    bool there = false;
    const auto job = [&]() -> task<int> {
      auto first = db.query(twice, {4});
      const rows a = co_await std::move(first);
      there = std::this_thread::get_id() == loop.get_id();
      auto second = db.query(twice, {a.front().integer(0)});
      const rows b = co_await std::move(second);
      std::function<result<done>(connection&)> work = [&](connection& c) -> result<done> {
        c.run(twice, {1});
        return done{};
      };
      co_await db.in_transaction(work);
      co_return static_cast<int>(b.front().integer(0));
    };
    auto r = wait_for(job());
    REQUIRE(r);
    CHECK(*r == 16);
    CHECK(there);
    const auto failing = [&]() -> task<int> {
      auto q = db.query(twice, {"x"});
      co_await std::move(q);
      co_return 1;
    };
    CHECK(wait_for(failing()).refusal().kind == fault_kind::invalid);
    CHECK(wait_for(db.ping()));
    CHECK(db.healthy());
  }
  {
    const std::lock_guard lock{mutex};
    ends = true;
    ready.notify_one();
  }
  loop.join();
}

TEST_CASE("a completion that throws is logged and harms nobody", "[store]") {
  lines_log log;
  auto o = small(test_postgres::shared().fresh_database());
  o.log = &log;
  store db{o};
  db.run(lane::commands, one, {}, [](result<rows>) { throw std::runtime_error("from a completion"); });
  CHECK(run_now(db, one));
  CHECK(log.all().find("from a completion") != std::string::npos);
}

TEST_CASE("one worker's speed", "[store][.speed]") {
  const auto connection = test_postgres::shared().fresh_database();
  store db{small(connection)};
  constexpr statement make{"test.make",
                           "create table t as select n as id, 'name ' || n as name from generate_series(1, 1000) n"};
  constexpr statement index{"test.index", "create unique index on t (id)"};
  constexpr statement get{"test.get", "select id, name from t where id = :p1::int"};
  REQUIRE(run_now(db, make));
  REQUIRE(run_now(db, index));
  REQUIRE(run_now(db, statement{"test.analyze", "analyze t"}));
  constexpr int total = 60000;
  std::atomic<int> ended{0}, sent{0};
  gate all;
  std::function<void()> next = [&] {
    const int n = sent++;
    if (n >= total) return;
    db.run(lane::reads, get, {n % 1000 + 1}, [&](result<rows> r) {
      if (!r || r->size() != 1) std::abort();
      if (++ended == total) all.open();
      next();
    });
  };
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 64; ++i) next();
  const bool in_time = all.wait(seconds{60});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
  db.stop();  // its completions use what lives here
  REQUIRE(in_time);
  std::cout << static_cast<int>(total / took.count()) << " prepared selects/s on one worker\n";
}

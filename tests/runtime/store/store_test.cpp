#include "runtime/store/store.hpp"

#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

// SOCI forgets the connection when the server goes away between the connect and its first SET.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:PQconnectStart"; }

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;
using stoa::runtime::store_options;

namespace {

store_options small(const std::string& connection) {
  store_options o;
  o.connection = connection;
  o.command_workers = 1;
  o.read_workers = 1;
  return o;
}

/// Keeps the lines it is given.
class memory_log final : public logger {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level level, std::string_view message, log_fields fields) override {
    std::string line = level >= log_level::error ? "error: " : "";
    line += message;
    for (const auto& f : fields) line += " " + std::string(f.name) + "=" + f.value;
    const std::lock_guard lock{mutex_};
    lines_.push_back(std::move(line));
  }
  std::string all() const {
    const std::lock_guard lock{mutex_};
    std::string text;
    for (const auto& l : lines_) text += l + "\n";
    return text;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Sums up what it is told, by name and first label.
class memory_metrics final : public metrics {
 public:
  struct cell final : counter, gauge, histogram {
    std::atomic<double> value{0};
    std::atomic<int> calls{0};
    void add(double by) override { value.fetch_add(by), ++calls; }
    void set(double to) override { value = to, ++calls; }
    void observe(double v) override { value.fetch_add(v), ++calls; }
  };
  counter& count(const std::string& n, const std::string&, const metric_labels& l) override { return at(n, l); }
  gauge& level(const std::string& n, const std::string&, const metric_labels& l) override { return at(n, l); }
  histogram& distribution(const std::string& n, const std::string&, const metric_labels& l,
                          const std::vector<double>&) override {
    return at(n, l);
  }
  cell& at(const std::string& name, const metric_labels& labels) {
    const std::lock_guard lock{mutex_};
    auto& c = cells_[name + (labels.empty() ? "" : "/" + labels.begin()->second)];
    if (!c) c = std::make_unique<cell>();
    return *c;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<cell>> cells_;
};

constexpr statement slow{"test.slow", "select pg_sleep(:p1::float8)"};
constexpr statement one{"test.one", "select 1"};

}  // namespace

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
  memory_log log;
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
  CHECK(secret.refusal().kind == fault_kind::internal);
  CHECK(log.all().find("22P02") != std::string::npos);
  CHECK(log.all().find("hunter2") == std::string::npos);

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
  memory_log log;
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

TEST_CASE("queues are bounded and overdue calls never reach the database", "[store]") {
  memory_metrics meters;
  auto o = small(test_postgres::shared().fresh_database());
  o.queue_bound = 3;
  o.call_deadline = milliseconds{1500};
  o.meters = &meters;
  store db{o};
  constexpr statement make{"test.make", "create table t (a int)"};
  constexpr statement add{"test.add", "insert into t values (1)"};
  constexpr statement count{"test.count", "select count(*) from t"};
  REQUIRE(run_now(db, make));

  gate entered, leave;
  std::promise<result<done>> holder;
  db.transact(
      lane::commands,
      [&](connection&) -> result<done> {
        entered.open();
        leave.wait();
        return done{};
      },
      [&](result<done> r) { holder.set_value(std::move(r)); });
  REQUIRE(entered.wait());
  std::atomic<int> unavailable{0}, ended{0};
  for (int i = 0; i < 5; ++i)
    db.run(lane::commands, add, {}, [&](result<rows> r) {
      if (!r && r.refusal().kind == fault_kind::unavailable) ++unavailable;
      ++ended;
    });
  // Two are refused at once, by a thread of the store.
  CHECK(eventually([&] { return ended == 2; }, milliseconds{1200}));
  // The other lane does not notice.
  CHECK(run_now(db, one, {}, lane::reads));
  // The others are dropped at their deadline, although the only worker is still busy.
  CHECK(eventually([&] { return ended == 5; }));
  CHECK(unavailable == 5);
  leave.open();
  CHECK(holder.get_future().get());
  CHECK(run_now(db, count)->front().integer(0) == 0);
  CHECK(meters.at("stoa_store_refused_total", {{"lane", "commands"}}).value == 5);
}

TEST_CASE("commands that wait together are committed together, and one that is refused harms no other", "[store]") {
  store db{small(test_postgres::shared().fresh_database())};
  constexpr statement make{"test.make",
                           "create table grouped (n int primary key, at text not null default now()::text)"};
  constexpr statement insert{"test.insert", "insert into grouped (n) values (:p1::int) returning n, :p2::text"};
  constexpr statement commits{"test.commits", "select count(*), count(distinct xmin::text) from grouped"};
  REQUIRE(run_now(db, make));

  // The only worker is held while the others gather behind it.
  const auto run_together = [&](const std::vector<int>& numbers) {
    gate held, leave;
    std::promise<result<done>> holder;
    db.transact(
        lane::commands,
        [&](connection&) -> result<done> {
          held.open();
          leave.wait();
          return done{};
        },
        [&](result<done> r) { holder.set_value(std::move(r)); });
    REQUIRE(held.wait());
    std::mutex mutex;
    std::map<std::size_t, result<rows>> answers;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      db.run(lane::commands, insert, {numbers[i], "of " + std::to_string(i)}, [&, i](result<rows> r) {
        const std::lock_guard lock{mutex};
        answers.emplace(i, std::move(r));
      });
    leave.open();
    REQUIRE(eventually([&] {
      const std::lock_guard lock{mutex};
      return answers.size() == numbers.size();
    }));
    CHECK(holder.get_future().get());
    return answers;
  };

  auto all = run_together({1, 2, 3, 4, 5});
  for (std::size_t i = 0; i < 5; ++i) {
    REQUIRE(all.at(i));
    CHECK(all.at(i)->front().integer(0) == static_cast<int>(i) + 1);
    CHECK(all.at(i)->front().text(1) == "of " + std::to_string(i));
  }
  auto seen = run_now(db, commits);
  CHECK(seen->front().integer(0) == 5);
  CHECK(seen->front().integer(1) == 1);

  auto mixed = run_together({6, 3, 7});
  CHECK(mixed.at(0));
  REQUIRE_FALSE(mixed.at(1));
  CHECK(mixed.at(1).refusal().kind == fault_kind::conflict);
  CHECK(mixed.at(1).refusal().code == "grouped_pkey");
  CHECK(mixed.at(2));
  CHECK(run_now(db, commits)->front().integer(0) == 7);
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
    CHECK(wait_for(failing()).refusal().kind == fault_kind::internal);
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
  memory_log log;
  auto o = small(test_postgres::shared().fresh_database());
  o.log = &log;
  store db{o};
  db.run(lane::commands, one, {}, [](result<rows>) { throw std::runtime_error("from a completion"); });
  CHECK(run_now(db, one));
  CHECK(log.all().find("from a completion") != std::string::npos);
}

TEST_CASE("stop finishes what is queued, bounds what hangs, refuses what is late", "[store]") {
  const auto connection = test_postgres::shared().fresh_database();
  std::atomic<int> good{0}, bad{0};
  const auto completion = [&](result<rows> r) { ++(r ? good : bad); };
  {
    store db{small(connection)};
    for (int i = 0; i < 50; ++i) db.run(lane::commands, one, {}, completion);
    db.stop();
    CHECK(good == 50);
    db.run(lane::commands, one, {}, completion);
    CHECK(bad == 1);
  }
  good = bad = 0;
  store db{small(connection)};
  REQUIRE(run_now(db, one));
  db.run(lane::commands, slow, {"30"}, completion);
  db.run(lane::commands, one, {}, completion);
  const auto before = std::chrono::steady_clock::now();
  db.stop(milliseconds{100});
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{3});
  CHECK(bad == 2);
}

TEST_CASE("the store starts without its database and survives its restarts", "[store][restart]") {
  test_postgres own;
  const auto connection = own.server().connection_string();
  own.server().stop();
  memory_log log;
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

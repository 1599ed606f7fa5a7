// The queues of the store's lanes: bounds, deadlines, groups, the end.
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <mutex>

#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;

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

TEST_CASE("a statement is not begun after the deadline of whom it is for", "[store]") {
  store db{small(test_postgres::shared().fresh_database())};
  const auto outcome = [](task<rows> t) {
    auto ended = std::make_shared<std::promise<result<rows>>>();
    auto arrives = ended->get_future();
    detach<rows>(std::move(t), [ended](result<rows> r) { ended->set_value(std::move(r)); });
    REQUIRE(arrives.wait_for(std::chrono::seconds{20}) == std::future_status::ready);
    return arrives.get();
  };
  constexpr statement make{"test.make", "create table late (a int)"};
  auto late = db.query(make, {}, lane::commands);
  late.ends_by(std::chrono::steady_clock::now());
  CHECK(outcome(std::move(late)).refusal().kind == fault_kind::unavailable);
  auto early = db.query(make, {}, lane::commands);  // it is not there yet
  early.ends_by(std::chrono::steady_clock::now() + std::chrono::minutes{1});
  CHECK(outcome(std::move(early)).ok());
}

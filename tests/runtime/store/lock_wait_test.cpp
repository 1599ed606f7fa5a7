// Who waits for somebody else's lock holds up nobody it was grouped with.
#include <catch2/catch.hpp>
#include <chrono>

#include "runtime/store/plain.hpp"
#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;
using steady = std::chrono::steady_clock;

TEST_CASE("one that waits for a lock does not hold up those it was grouped with, and is run when the lock is free",
          "[store]") {
  const auto address = test_postgres::shared().fresh_database();
  store db{small(address)};
  constexpr statement make{"test.make", "create table counted (id int primary key, n int not null default 0)"};
  constexpr statement fill{"test.fill", "insert into counted (id) select generate_series(0, 15)"};
  constexpr statement add{"test.add", "update counted set n = n + 1 where id = :p1::int returning n"};
  REQUIRE(run_now(db, make));
  REQUIRE(run_now(db, fill));

  runtime::plain_connection other{address};
  other.run("begin");
  other.run("update counted set n = 100 where id = 3");

  std::atomic<int> good{0};
  std::atomic<bool> waiter_answered{false};
  std::atomic<int> waiter_saw{0};
  held_lane held{db};
  for (int i = 0; i < 16; ++i)
    db.run(lane::commands, add, {i}, [&, i](result<rows> r) {
      if (i != 3) {
        if (r) ++good;
        return;
      }
      if (r) waiter_saw = static_cast<int>(r->front().integer(0));
      waiter_answered = true;
    });
  const auto begun = steady::now();
  CHECK(held.end());
  REQUIRE(eventually([&] { return good == 15; }));
  CHECK(steady::now() - begun < std::chrono::milliseconds{1500});  // its own patience is three seconds
  CHECK_FALSE(waiter_answered);
  other.run("commit");
  REQUIRE(eventually([&] { return waiter_answered.load(); }));
  CHECK(waiter_saw == 101);
}

#include "runtime/plugin/schedule.hpp"

#include <atomic>
#include <catch2/catch.hpp>

#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::schedule;

TEST_CASE("periodic work runs again and again, one run at a time", "[schedule]") {
  std::atomic<int> runs{0}, failed{0};
  callback_awaiter<done>::completion open_run;
  gate begun;
  schedule s{[](std::function<void()> f) { f(); }};
  auto counting = [&]() -> task<done> {
    if (++runs % 2 == 0) co_return fault{fault_kind::internal, "X", "x"};
    co_return done{};
  };
  s.add("a", milliseconds{1}, counting, [&](const fault&) { ++failed; });
  CHECK(eventually([&] { return runs >= 4 && failed >= 2; }));
  CHECK(s.remove("a", seconds{5}));
  const int then = runs;

  std::atomic<int> held{0};
  auto waiting = [&]() -> task<done> {
    ++held;
    callback_awaiter<done> until{[&](callback_awaiter<done>::completion c) {
      open_run = std::move(c);
      begun.open();
    }};
    co_return co_await until;
  };
  s.add("b", milliseconds{1}, waiting, [](const fault&) {});
  REQUIRE(begun.wait());
  CHECK_FALSE(s.remove("b", milliseconds{20}));
  CHECK(held == 1);
  CHECK(runs == then);
  open_run(done{});
  s.add(
      "c", milliseconds{1}, []() -> task<done> { throw std::runtime_error("no coroutine at all"); },
      [&](const fault& f) { failed = f.kind == fault_kind::internal ? 100 : 0; });
  CHECK(eventually([&] { return failed == 100; }));
}

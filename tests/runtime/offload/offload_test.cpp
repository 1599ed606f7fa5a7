#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "runtime/offload/offload_pool.hpp"
#include "testing/fake_host.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

struct bench {
  no_metrics meters;
  std::atomic<int> posted{0};
  runtime::offload_settings settings;
  std::unique_ptr<runtime::offload_pool> pool;

  runtime::offload_pool& open() {
    pool = std::make_unique<runtime::offload_pool>(
        settings,
        [this](std::function<void()> f) {
          ++posted;
          f();
        },
        meters);
    return *pool;
  }
};

}  // namespace

TEST_CASE("offload computes on a thread of its own and gives the value", "[offload]") {
  bench b;
  auto& pool = b.open();
  const auto here = std::this_thread::get_id();
  auto answer = wait_for(pool.run([here] { return here == std::this_thread::get_id() ? 0 : 42; }));
  REQUIRE(answer);
  CHECK(*answer == 42);
  CHECK(b.posted == 1);
}

TEST_CASE("offload: what work throws stays its own trouble", "[offload]") {
  bench b;
  auto& pool = b.open();
  auto broken = wait_for(pool.run([]() -> int { throw std::runtime_error("no fonts"); }));
  REQUIRE_FALSE(broken);
  CHECK(broken.refusal().kind == fault_kind::internal);
  auto refused = wait_for(pool.run([]() -> int { throw fault_error(fault::field("size", "Too large.")); }));
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal().kind == fault::field("size", "Too large.").kind);
  CHECK(*wait_for(pool.run([] { return 7; })) == 7);
}

TEST_CASE("offload refuses what finds the queue full, and runs what was queued", "[offload]") {
  bench b;
  b.settings.queue = 2;
  auto& pool = b.open();
  gate begun, go;
  const auto start = [&](std::function<int()> work) {
    return std::async(std::launch::async, [&pool, work = std::move(work)] { return wait_for(pool.run(work)); });
  };
  auto first = start([&] {
    begun.open();
    go.wait();
    return 1;
  });
  REQUIRE(begun.wait());
  auto second = start([] { return 2; });
  auto third = start([] { return 3; });
  REQUIRE(eventually([&] { return pool.waiting() == 2; }));
  const auto fourth = wait_for(pool.run([] { return 4; }));
  REQUIRE_FALSE(fourth);
  CHECK(fourth.refusal().kind == fault_kind::unavailable);
  CHECK(fourth.refusal().retry_after.has_value());
  go.open();
  CHECK(*first.get() == 1);
  CHECK(*second.get() == 2);
  CHECK(*third.get() == 3);
}

TEST_CASE("offload does not begin what is too late, nor what is left at its end", "[offload]") {
  bench b;
  auto& pool = b.open();
  std::atomic<int> ran{0};
  const auto late = wait_for(pool.run([&] { return ++ran; }, std::chrono::steady_clock::now() - seconds{1}));
  REQUIRE_FALSE(late);
  CHECK(late.refusal().kind == fault_kind::unavailable);
  gate begun, go;
  auto running = std::async(std::launch::async, [&] {
    return wait_for(pool.run([&] {
      begun.open();
      go.wait();
      return 1;
    }));
  });
  REQUIRE(begun.wait());
  auto waiting = std::async(std::launch::async, [&] { return wait_for(pool.run([&] { return ++ran; })); });
  REQUIRE(eventually([&] { return pool.waiting() == 1; }));
  auto stopping = std::async(std::launch::async, [&] { pool.stop(); });
  CHECK_FALSE(waiting.get());
  go.open();
  CHECK(*running.get() == 1);
  stopping.get();
  CHECK_FALSE(wait_for(pool.run([&] { return ++ran; })));
  CHECK(ran == 0);
}

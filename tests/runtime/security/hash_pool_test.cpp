#include "runtime/security/hash_pool.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

using namespace stoa;
using namespace stoa::runtime;

namespace {

const argon2_cost cheap{64, 1, 1};
const argon2_cost slow{64 * 1024, 4, 1};

void on_the_spot(std::function<void()> f) { f(); }

template <class T>
std::future<result<T>> run(task<T> t) {
  auto ended = std::make_shared<std::promise<result<T>>>();
  auto future = ended->get_future();
  detach<T>(std::move(t), [ended](result<T> r) { ended->set_value(std::move(r)); });
  return future;
}

template <class T>
result<T> wait(std::future<result<T>> f) {
  REQUIRE(f.wait_for(std::chrono::seconds{60}) == std::future_status::ready);
  return f.get();
}

}  // namespace

TEST_CASE("the pool hashes and verifies", "[hash_pool]") {
  hash_pool pool{password_hasher{cheap}, {}, on_the_spot};
  const auto phc = wait(run(pool.hash("SecurePass123!"))).value();
  CHECK(wait(run(pool.verify("SecurePass123!", phc))).value());
  CHECK_FALSE(wait(run(pool.verify("securepass123!", phc))).value());
  CHECK_FALSE(wait(run(pool.verify("SecurePass123!", ""))).value());
  CHECK_FALSE(pool.hasher().needs_rehash(phc));
  CHECK(pool.waiting() == 0);
}

TEST_CASE("tasks go on where they are posted", "[hash_pool]") {
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<std::function<void()>> posted;
  hash_pool pool{password_hasher{cheap}, {}, [&](std::function<void()> f) {
                   std::lock_guard lock{mutex};
                   posted.push_back(std::move(f));
                   arrived.notify_all();
                 }};
  std::thread::id went_on;
  auto t = [&]() -> task<bool> {
    const bool ok = co_await pool.verify("x", "");
    went_on = std::this_thread::get_id();
    co_return ok;
  };
  auto future = run(t());
  std::function<void()> next;
  {
    std::unique_lock lock{mutex};
    REQUIRE(arrived.wait_for(lock, std::chrono::seconds{60}, [&] { return !posted.empty(); }));
    next = std::move(posted.front());
  }
  next();
  CHECK_FALSE(wait(std::move(future)).value());
  CHECK(went_on == std::this_thread::get_id());
}

TEST_CASE("a full queue refuses at once", "[hash_pool]") {
  hash_pool pool{password_hasher{slow}, {1, 2, milliseconds{60'000}, seconds{3}}, on_the_spot};
  std::vector<std::future<result<bool>>> all;
  for (int i = 0; i < 8; ++i) all.push_back(run(pool.verify("x", "")));
  int refused = 0;
  for (auto& f : all) {
    auto r = wait(std::move(f));
    if (r) continue;
    ++refused;
    CHECK(r.refusal().kind == fault_kind::unavailable);
    CHECK(r.refusal().retry_after == seconds{3});
  }
  // One runs, two wait; the first may still have been waiting when the third came.
  CHECK(refused >= 5);
  CHECK(refused <= 6);
}

TEST_CASE("registrations fill neither the whole queue nor every thread", "[hash_pool]") {
  hash_pool pool{password_hasher{slow}, {2, 8, milliseconds{60'000}, seconds{1}}, on_the_spot};
  std::vector<std::future<result<std::string>>> others;
  for (int i = 0; i < 20; ++i) others.push_back(run(pool.hash("x")));
  std::vector<std::future<result<bool>>> sign_ins;
  for (int i = 0; i < 4; ++i) sign_ins.push_back(run(pool.verify("x", "")));
  for (auto& f : sign_ins) CHECK(wait(std::move(f)).ok());
  int refused = 0;
  for (auto& f : others) refused += !wait(std::move(f)).ok();
  // One runs, four wait; the first may still have been waiting when the fifth came.
  CHECK(refused >= 15);
  CHECK(refused <= 16);
}

TEST_CASE("sign-ins and registrations that wait take turns", "[hash_pool]") {
  std::mutex mutex;
  std::string order;
  hash_pool pool{password_hasher{slow}, {1, 100, milliseconds{60'000}, seconds{1}}, on_the_spot};
  std::vector<std::future<result<bool>>> all;
  const auto note = [&](char c, hash_share share) -> task<bool> {
    const bool same = co_await pool.verify("x", "", share);
    const std::lock_guard lock{mutex};
    order += c;
    co_return same;
  };
  for (int i = 0; i < 6; ++i) all.push_back(run(note('s', hash_share::sign_in)));
  for (int i = 0; i < 3; ++i) all.push_back(run(note('o', hash_share::other)));
  for (auto& f : all) CHECK(wait(std::move(f)).ok());
  CHECK(order.size() == 9);
  // The last registration is not behind the last sign-in.
  CHECK(order.find_last_of('o') < order.find_last_of('s'));
}

TEST_CASE("who waits beyond the deadline is refused without being hashed", "[hash_pool]") {
  hash_pool pool{password_hasher{slow}, {1, 100, milliseconds{1}, seconds{1}}, on_the_spot};
  std::vector<std::future<result<bool>>> all;
  for (int i = 0; i < 20; ++i) all.push_back(run(pool.verify("x", "")));
  const auto begin = std::chrono::steady_clock::now();
  int refused = 0;
  for (auto& f : all) refused += !wait(std::move(f)).ok();
  CHECK(refused >= 18);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{30});
}

TEST_CASE("a stopped pool refuses", "[hash_pool]") {
  hash_pool pool{password_hasher{slow}, {1, 100, milliseconds{60'000}, seconds{1}}, on_the_spot};
  std::vector<std::future<result<bool>>> all;
  for (int i = 0; i < 10; ++i) all.push_back(run(pool.verify("x", "")));
  pool.stop();
  pool.stop();
  int refused = 0;
  for (auto& f : all) refused += !wait(std::move(f)).ok();
  CHECK(refused >= 9);
  CHECK_FALSE(wait(run(pool.verify("x", ""))));
  CHECK_FALSE(wait(run(pool.hash("x"))));
}

TEST_CASE("many callers from many threads", "[hash_pool]") {
  hash_pool pool{password_hasher{cheap}, {2, 10'000, milliseconds{60'000}, seconds{1}}, on_the_spot};
  const auto phc = pool.hasher().hash("right");
  std::atomic<int> good{0}, bad{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      std::vector<std::future<result<bool>>> all;
      for (int i = 0; i < 100; ++i) all.push_back(run(pool.verify(i % 2 ? "right" : "wrong", phc)));
      for (auto& f : all) (f.get().value() ? good : bad)++;
    });
  for (auto& t : threads) t.join();
  CHECK(good == 200);
  CHECK(bad == 200);
}

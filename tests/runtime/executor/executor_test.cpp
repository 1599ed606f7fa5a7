#include "runtime/executor/executor.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>

#include "runtime/observe/metrics.hpp"
#include "testing/fake_host.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa::runtime;

namespace {

work_ptr named(const std::string& name) {
  return std::make_shared<const work_name>(work_name{"badges", "route", name});
}

struct watched {
  memory_log log;
  metrics_registry meters;
  std::shared_ptr<stall_watch> watch = std::make_shared<stall_watch>(stall_options{milliseconds{20}, &log, &meters});
  std::shared_ptr<executor> threads = executor::make({2, 3, watch});
  gate hold;
  ~watched() {
    hold.open();
    threads->stop(seconds{10});
    watch->close();
  }
  std::shared_future<void> block(const std::string& name) {
    auto begun = std::make_shared<std::promise<void>>();
    threads->post(named(name), [this, begun] {
      begun->set_value();
      hold.wait();
    });
    return begun->get_future().share();
  }
};

}  // namespace

TEST_CASE("what is posted runs on threads of the executor's own, in its order where there is one", "[executor]") {
  auto threads = executor::make({1, 0, nullptr});
  std::vector<int> seen;
  std::promise<std::thread::id> where;
  for (int i = 0; i < 3; ++i) threads->post(named("a"), [&seen, i] { seen.push_back(i); });
  threads->post(named("a"), [&where] { where.set_value(std::this_thread::get_id()); });
  CHECK(where.get_future().get() != std::this_thread::get_id());
  CHECK(seen == std::vector<int>{0, 1, 2});
  CHECK(!threads->is_here());
}

TEST_CASE("what is posted quietly waits until somebody wakes the threads, all of it for once", "[executor]") {
  auto threads = executor::make({1, 0, nullptr});
  std::atomic<int> ran{0};
  // Until it sleeps: awake it takes what comes.
  CHECK(eventually([&] {
    const int before = ran;
    if (!threads->post_quietly(named("a"), [&ran] { ++ran; })) {
      eventually([&] { return ran == before + 1; });
      return false;
    }
    return true;
  }));
  const int before = ran;
  CHECK(!threads->post_quietly(named("a"), [&ran] { ++ran; }));
  CHECK(!threads->post_quietly(named("b"), [&ran] { ++ran; }));
  CHECK(ran == before);
  threads->wake();
  CHECK(eventually([&] { return ran == before + 3; }));
}

TEST_CASE("a thread that nobody woke hears of quiet posts from a loud one, and from the end", "[executor]") {
  auto threads = executor::make({1, 0, nullptr});
  std::atomic<int> ran{0};
  threads->post_quietly(named("a"), [&ran] { ++ran; });
  threads->post(named("a"), [&ran] { ++ran; });
  CHECK(eventually([&] { return ran == 2; }));
  threads->post_quietly(named("a"), [&ran] { ++ran; });
  threads->stop(seconds{10});
  CHECK(ran == 3);
  CHECK(!threads->post_quietly(named("a"), [&ran] { ++ran; }));
}

TEST_CASE("who blocks is named while it does, counted, and does not hold up the others", "[executor]") {
  watched w;
  auto first = w.block("GET /one/"), second = w.block("GET /two/");
  REQUIRE(first.wait_for(seconds{5}) == std::future_status::ready);
  REQUIRE(second.wait_for(seconds{5}) == std::future_status::ready);
  std::promise<void> third;
  w.threads->post(named("GET /three/"), [&third] { third.set_value(); });
  CHECK(third.get_future().wait_for(seconds{10}) == std::future_status::ready);
  CHECK(eventually([&] { return w.watch->stalled() == 2; }));
  const auto text = w.meters.render();
  CHECK(text.find("stoa_plugin_stalls_total{kind=\"route\",name=\"GET /one/\",plugin=\"badges\"} 1") != text.npos);
  CHECK(w.log.all().find("blocks its thread plugin=badges route=GET /two/") != std::string::npos);
  w.hold.open();
  CHECK(eventually([&] { return w.watch->stalled() == 0; }));
  CHECK(w.log.all().find("let go of its thread") != std::string::npos);
}

TEST_CASE("those that take the place of others are bounded", "[executor]") {
  watched w;
  std::vector<std::shared_future<void>> begun;
  for (int i = 0; i < 6; ++i) begun.push_back(w.block("GET /" + std::to_string(i) + "/"));
  const auto running = [&] {
    std::size_t n = 0;
    for (auto& b : begun) n += b.wait_for(seconds{0}) == std::future_status::ready ? 1 : 0;
    return n;
  };
  CHECK(eventually([&] { return running() == 5; }));
  CHECK(eventually([&] { return w.watch->stalled() == 5; }));
  CHECK(running() == 5);
  CHECK(w.threads->waiting() == 1);
}

TEST_CASE("a coroutine that was begun on an executor goes on there, whoever answers", "[executor]") {
  auto threads = executor::make({1, 0, nullptr});
  std::function<void(result<done>)> told;
  gate asked, over;
  std::atomic<bool> here{false};
  const auto work = [&]() -> task<done> {
    callback_awaiter<done> answer{[&](callback_awaiter<done>::completion c) {
      told = at_home<done>([](std::function<void()> f) { f(); }, std::move(c));
      asked.open();
    }};
    co_await answer;
    here = threads->is_here();
    co_return done{};
  };
  threads->post(named("a"), [&] { detach<done>(work(), [&](const result<done>&) { over.open(); }); });
  REQUIRE(asked.wait());
  told(done{});
  REQUIRE(over.wait());
  CHECK(here);
}

TEST_CASE("elsewhere an answer goes the way it always went", "[executor]") {
  int posted = 0;
  auto told = at_home<done>([&posted](std::function<void()> f) { ++posted, f(); }, [](const result<done>&) {});
  told(done{});
  CHECK(posted == 1);
  CHECK(!home_or({}));
}

TEST_CASE("an executor ends without those that never let go", "[executor]") {
  auto hold = std::make_shared<gate>();
  auto begun = std::make_shared<gate>();
  auto threads = executor::make({1, 0, nullptr});
  threads->post(named("a"), [hold, begun] {
    begun->open();
    hold->wait();
  });
  REQUIRE(begun->wait());
  const auto before = std::chrono::steady_clock::now();
  threads->stop(milliseconds{50});
  CHECK(std::chrono::steady_clock::now() - before < seconds{5});
  bool ran = false;
  threads->post(named("a"), [&ran] { ran = true; });
  CHECK(!ran);
  hold->open();
}

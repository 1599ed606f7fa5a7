#include "stoa/task.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace stoa;

namespace {

struct log_of_ends {
  std::vector<std::string>* to;
  std::string name;
  ~log_of_ends() { to->push_back(name); }
};

fault refusal() { return {fault_kind::conflict, "TAKEN", "Taken."}; }

/// The outcome of a task that ends on this thread.
template <class T>
result<T> run(task<T> t) {
  std::optional<result<T>> outcome;
  detach<T>(std::move(t), [&](result<T> r) { outcome.emplace(std::move(r)); });
  REQUIRE(outcome.has_value());
  return std::move(*outcome);
}

task<int> answer() { co_return 42; }
task<int> refused() { co_return refusal(); }
task<int> thrown() {
  throw std::runtime_error("broken");
  co_return 0;
}
task<int> thrown_fault() {
  throw fault_error(refusal());
  co_return 0;
}
task<std::unique_ptr<int>> moved() { co_return std::make_unique<int>(7); }

task<int> twice(task<int> (*inner)()) {
  const int a = co_await inner();
  const int b = co_await inner();
  co_return a + b;
}

}  // namespace

TEST_CASE("a task gives its value and is lazy", "[task]") {
  bool begun = false;
  auto make = [](bool& flag) -> task<int> {
    flag = true;
    co_return 1;
  };
  auto t = make(begun);
  CHECK_FALSE(begun);
  CHECK(run(std::move(t)).value() == 1);
  CHECK(begun);
  CHECK(run(twice(answer)).value() == 84);
  CHECK(**run(moved()) == 7);
}

TEST_CASE("a task that never ran is freed", "[task]") {
  auto held = std::make_shared<int>(1);
  auto make = [](std::shared_ptr<int> p) -> task<int> { co_return *p; };
  {
    auto t = make(held);
    CHECK(held.use_count() == 2);
    auto other = std::move(t);
    other = make(held);
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("a fault ends every waiting task and destroys what they hold", "[task]") {
  std::vector<std::string> ends;
  bool passed = false;
  auto low = [](std::vector<std::string>& e) -> task<int> {
    log_of_ends local{&e, "low"};
    co_return co_await refused();
  };
  auto middle = [](std::vector<std::string>& e, auto& inner, bool& flag) -> task<int> {
    log_of_ends local{&e, "middle"};
    const int v = co_await inner(e);
    flag = true;
    co_return v;
  };
  auto high = [](std::vector<std::string>& e, auto& m, auto& inner, bool& flag) -> task<std::string> {
    log_of_ends local{&e, "high"};
    const int v = co_await m(e, inner, flag);
    flag = true;
    co_return std::to_string(v);
  };
  auto r = run(high(ends, middle, low, passed));
  REQUIRE_FALSE(r);
  CHECK(r.refusal().code == "TAKEN");
  CHECK_FALSE(passed);
  CHECK(ends.size() == 3);
}

TEST_CASE("a thrown fault is a fault", "[task]") {
  auto r = run(twice(thrown_fault));
  REQUIRE_FALSE(r);
  CHECK(r.refusal().kind == fault_kind::conflict);
}

TEST_CASE("an exception goes through every level and can be caught at each", "[task]") {
  auto r = run(twice(thrown));
  REQUIRE_FALSE(r);
  CHECK(r.refusal().kind == fault_kind::internal);
  CHECK(r.refusal().message == "An unexpected error occurred.");
  REQUIRE(r.refusal().extra.size() == 1);
  CHECK(r.refusal().extra[0].second == "broken");

  auto catcher = []() -> task<int> {
    try {
      co_return co_await twice(thrown);
    } catch (const std::runtime_error&) {
    }
    co_return 5;
  };
  CHECK(run(catcher()).value() == 5);
}

TEST_CASE("as_result takes a fault as a value", "[task]") {
  auto t = []() -> task<std::string> {
    auto good = co_await as_result(answer());
    auto bad = co_await as_result(twice(refused));
    if (!good || bad) co_return "wrong";
    std::string text = bad.refusal().code + std::to_string(*good);
    co_return text;
  };
  CHECK(run(t()).value() == "TAKEN42");
}

TEST_CASE("as_result lets exceptions through", "[task]") {
  auto t = []() -> task<int> {
    try {
      auto r = co_await as_result(thrown());
      co_return r ? 1 : 2;
    } catch (const std::runtime_error&) {
    }
    co_return 3;
  };
  CHECK(run(t()).value() == 3);
}

TEST_CASE("a result can be awaited", "[task]") {
  auto good = []() -> task<std::string> {
    result<std::string> r{std::string(100, 'x')};
    std::string text = co_await std::move(r);
    co_return text + "y";
  };
  CHECK(run(good()).value().size() == 101);

  bool passed = false;
  auto bad = [](bool& flag) -> task<int> {
    result<int> r{refusal()};
    const int v = co_await std::move(r);
    flag = true;
    co_return v;
  };
  auto outer = [&](bool& flag) -> task<int> { co_return co_await bad(flag) + 1; };
  auto r = run(outer(passed));
  CHECK(r.refusal().code == "TAKEN");
  CHECK_FALSE(passed);
}

TEST_CASE("a task may return a result", "[task]") {
  auto t = [](bool good) -> task<int> {
    result<int> r = good ? result<int>{3} : result<int>{refusal()};
    co_return r;
  };
  CHECK(run(t(true)).value() == 3);
  CHECK_FALSE(run(t(false)));
}

TEST_CASE("callbacks on the spot", "[task]") {
  auto t = [](bool good) -> task<int> {
    callback_awaiter<int> later{[good](auto done) {
      if (good)
        done(4);
      else
        done(refusal());
    }};
    const int v = co_await later;
    co_return v + 1;
  };
  CHECK(run(t(true)).value() == 5);
  CHECK(run(t(false)).refusal().code == "TAKEN");
}

TEST_CASE("callbacks from another thread", "[task]") {
  auto t = [](bool good, std::vector<std::thread>& threads) -> task<std::string> {
    callback_awaiter<std::string> later{[&threads, good](callback_awaiter<std::string>::completion done) {
      threads.emplace_back([good, done] { good ? done(std::string(64, 'v')) : done(refusal()); });
    }};
    auto v = co_await later;
    co_return v + "!";
  };
  auto outer = [&](bool good, std::vector<std::thread>& threads) -> task<std::size_t> {
    auto text = co_await t(good, threads);
    co_return text.size();
  };
  for (int i = 0; i < 50; ++i) {
    for (const bool good : {true, false}) {
      std::vector<std::thread> threads;
      threads.reserve(1);
      std::promise<result<std::size_t>> ended;
      auto future = ended.get_future();
      detach<std::size_t>(outer(good, threads), [&](result<std::size_t> r) { ended.set_value(std::move(r)); });
      REQUIRE(future.wait_for(std::chrono::seconds{10}) == std::future_status::ready);
      auto r = future.get();
      for (auto& thread : threads) thread.join();
      REQUIRE(r.ok() == good);
      if (good) CHECK(*r == 65);
    }
  }
}

TEST_CASE("a task abandoned while it waits is freed", "[task]") {
  auto held = std::make_shared<int>(1);
  callback_awaiter<int>::completion never;
  auto inner = [](std::shared_ptr<int> p, callback_awaiter<int>::completion& keep) -> task<int> {
    callback_awaiter<int> later{[&keep](auto done) { keep = done; }};
    const int v = co_await later;
    co_return v + *p;
  };
  {
    auto t = inner(held, never);
    t.start(std::noop_coroutine());
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("a driver starts a task and takes its outcome", "[task]") {
  auto t = answer();
  t.start(std::noop_coroutine());
  CHECK(t.take().value() == 42);
  auto f = twice(refused);
  f.start(std::noop_coroutine());
  CHECK(f.take().refusal().code == "TAKEN");
  auto e = twice(thrown);
  e.start(std::noop_coroutine());
  CHECK_THROWS_AS(e.take(), std::runtime_error);
}

TEST_CASE("the unexpected keeps its reason apart from its message", "[task]") {
  CHECK(detail::unexpected(std::make_exception_ptr(3)).kind == fault_kind::internal);
  CHECK(detail::unexpected({}).code == "INTERNAL_ERROR");
  CHECK(detail::unexpected(std::make_exception_ptr(fault_error(refusal()))).code == "TAKEN");
}

// Scripts of one identity run one after another; what many ask for at once is made once.
#include <catch2/catch.hpp>

#include <deque>
#include <functional>
#include <vector>

#include "runtime/entity/serial.hpp"
#include "runtime/entity/single_flight.hpp"

using namespace stoa;

namespace {

/// Work that ends when the test says so.
class held_work {
 public:
  task<int> begin(int answer) {
    ++begun;
    callback_awaiter<int> ends([&](callback_awaiter<int>::completion done) {
      open_.push_back([done = std::move(done), answer] { done(answer); });
    });
    co_return co_await ends;
  }
  void end_next() {
    auto next = std::move(open_.front());
    open_.pop_front();
    next();
  }
  int begun = 0;

 private:
  std::deque<std::function<void()>> open_;
};

}  // namespace

TEST_CASE("scripts of one identity run one after another, those of others beside them", "[entity]") {
  runtime::serial<int> buyers(8, seconds{5});
  held_work work;
  std::vector<int> ended;
  const auto run = [&](int who, int answer) {
    std::function<task<int>()> script = [&work, answer] { return work.begin(answer); };
    detach<int>(buyers.run(who, script), [&](result<int> r) { ended.push_back(r ? *r : -1); });
  };
  run(1, 10);
  run(1, 11);
  run(2, 20);
  CHECK(work.begun == 2);
  work.end_next();
  CHECK(ended == std::vector<int>{10});
  CHECK(work.begun == 3);
  work.end_next();
  work.end_next();
  CHECK(ended == std::vector<int>{10, 20, 11});
}

TEST_CASE("a script that fails lets the next one run, and waiting is bounded in number and time", "[entity]") {
  runtime::serial<int> buyers(1, milliseconds{0});
  std::vector<fault_kind> refused;
  std::function<task<int>()> never = []() -> task<int> { co_return 1; };
  // Patience of none: whoever comes is too late already.
  detach<int>(buyers.run(1, never), [&](result<int> r) { refused.push_back(r.refusal().kind); });
  CHECK(refused == std::vector<fault_kind>{fault_kind::unavailable});

  runtime::serial<int> patient(1, seconds{5});
  held_work work;
  std::vector<int> ended;
  const auto run = [&](std::function<task<int>()> script) {
    detach<int>(patient.run(1, std::move(script)), [&](result<int> r) { ended.push_back(r ? *r : -1); });
  };
  run([&work] { return work.begin(1); });
  run([]() -> task<int> { throw std::runtime_error("a mistake in the program"); });
  run([&work] { return work.begin(3); });  // one runs, one waits: this is one too many
  CHECK(ended == std::vector<int>{-1});
  work.end_next();
  // The next script begins before the one that ended has told its caller; both are told.
  CHECK(ended == std::vector<int>{-1, -1, 1});
  run([&work] { return work.begin(4); });
  work.end_next();
  CHECK(ended.back() == 4);
}

TEST_CASE("what many ask for at once is made once, and its fault is told to all", "[entity]") {
  runtime::single_flight<int, int> flights;
  held_work work;
  std::vector<int> got;
  const auto ask = [&](int key) {
    std::function<task<int>()> make = [&work, key] { return work.begin(key); };
    detach<int>(flights.run(key, make), [&](result<int> r) { got.push_back(r ? *r : -1); });
  };
  ask(1);
  ask(1);
  ask(2);
  CHECK(work.begun == 2);
  work.end_next();
  CHECK(got == std::vector<int>{1, 1});
  work.end_next();
  ask(1);
  CHECK(work.begun == 3);
  work.end_next();
  std::function<task<int>()> failing = []() -> task<int> { co_return fault::unavailable("away"); };
  detach<int>(flights.run(5, failing), [&](result<int> r) { got.push_back(r ? *r : -1); });
  CHECK(got == std::vector<int>{1, 1, 2, 1, -1});
}

#include "actors/attempt/attempt_deadlines.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "actors/attempt/attempt_store.hpp"

namespace stoa::actors {

namespace {

/// What is in memory closes itself before anybody looks for it.
constexpr milliseconds grace{500};
/// Before a database that was away is asked again, and before what could not be closed is tried again.
constexpr seconds pause{5};
/// Attempts that are closed in one go, and of them at once.
constexpr std::int64_t batch = 500;
constexpr std::size_t at_once = 16;

}  // namespace

attempt_deadlines::attempt_deadlines(services& s, std::function<task<done>(attempt_id)> close)
    : services_(s), close_(std::move(close)) {}

task<done> attempt_deadlines::look() { return arm_next(milliseconds{0}); }

task<done> attempt_deadlines::arm_next(milliseconds at_least) {
  const auto found = co_await services_.db.query(acts_as_system(), attempt_store::next_deadline, values{});
  const auto next = found.front().opt_time(0);
  if (next) arm(std::max(*next + grace, services_.time.now() + at_least));
  co_return done{};
}

void attempt_deadlines::arm(timestamp at) {
  const auto set = services_.alarms.set(at, [this] {
    alarm_ = 0;
    detach<done>(close_overdue(), [this](const result<done>& r) {
      if (!r) arm(services_.time.now() + pause);
    });
  });
  services_.alarms.clear(alarm_.exchange(set));
}

task<done> attempt_deadlines::close_overdue() {
  attempt_id before;
  for (;;) {
    values v{services_.time.now(), batch};
    const auto found = co_await services_.db.query(acts_as_system(), attempt_store::overdue, std::move(v));
    if (found.empty()) break;
    std::vector<attempt_id> due;
    for (const auto& r : found) due.push_back(r.as<attempt_id>(0));
    // What could not be closed comes first again: that waits for the next time.
    const auto first = due.front();
    if (std::exchange(before, first) == first) break;
    services_.log.info("attempts are closed at their deadline", {{"attempts", due.size()}});
    co_await close_all(std::move(due));
  }
  co_return co_await arm_next(pause);
}

/// A few at once, so that they share commits.
task<done> attempt_deadlines::close_all(std::vector<attempt_id> due) {
  struct work {
    std::vector<attempt_id> due;
    std::atomic<std::size_t> next{0}, running{0};
    std::function<void(result<done>)> finished;
  };
  auto shared = std::make_shared<work>();
  shared->due = std::move(due);
  const auto lanes = std::min(at_once, shared->due.size());
  shared->running = lanes + 1;  // and whoever begins them, who must not be gone before it has
  const auto lane = [this](std::shared_ptr<work> all) -> task<done> {
    for (auto i = all->next++; i < all->due.size(); i = all->next++) {
      auto closing = close_(all->due[i]);
      co_await as_result(std::move(closing));
    }
    co_return done{};
  };
  callback_awaiter<done> all_closed([&](callback_awaiter<done>::completion go) {
    shared->finished = std::move(go);
    const auto left = [all = shared] {
      if (--all->running == 0) all->finished(done{});
    };
    for (std::size_t i = 0; i < lanes; ++i) detach<done>(lane(shared), [left](const result<done>&) { left(); });
    left();
  });
  co_await all_closed;
  co_return done{};
}

}  // namespace stoa::actors

// When nobody waits any more: said once, known to everything that is awaited below.
#include <catch2/catch.hpp>

#include "stoa/task.hpp"

using namespace stoa;
using time_point = std::chrono::steady_clock::time_point;

namespace {

task<time_point> asked() { co_return co_await current_deadline(); }
task<time_point> two_below() {
  auto asking = as_result(asked());
  auto known = co_await asking;
  co_return *known;
}
task<time_point> sooner(time_point until) {
  auto asking = asked();
  asking.ends_by(until);
  co_return co_await std::move(asking);
}

time_point outcome_of(task<time_point> t) {
  time_point out;
  detach<time_point>(std::move(t), [&](result<time_point> r) { out = *r; });
  return out;
}

}  // namespace

TEST_CASE("a task's deadline is that of whatever it awaits", "[task]") {
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  auto work = two_below();
  work.ends_by(soon);
  CHECK(outcome_of(std::move(work)) == soon);
  CHECK(outcome_of(two_below()) == time_point::max());
}

TEST_CASE("the sooner of two deadlines holds", "[task]") {
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds{1}, later = soon + std::chrono::seconds{1};
  auto work = sooner(later);
  work.ends_by(soon);
  CHECK(outcome_of(std::move(work)) == soon);
  work = sooner(soon);
  work.ends_by(later);
  CHECK(outcome_of(std::move(work)) == soon);
}

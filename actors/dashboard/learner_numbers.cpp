#include "actors/dashboard/learner_numbers.hpp"

namespace stoa::actors {

task<dashboard_rules::numbers> learner_numbers(learner_ptr who, stoa::courses& courses, timestamp now) {
  auto gathering = studies_of(std::move(who), courses);
  const auto gathered = co_await std::move(gathering);
  co_return dashboard_rules::numbers_of(gathered, now);
}

}  // namespace stoa::actors

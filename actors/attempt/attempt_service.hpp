// The facade of attempts as the house sees it.
#pragma once

#include <functional>
#include <vector>

#include "actors/services.hpp"
#include "stoa/areas/quizzes.hpp"
#include "stoa/jobs.hpp"

namespace stoa::actors {

struct attempt_options {
  std::function<void(std::function<void()>)> post;  ///< where coroutines are driven
};

class attempt_service : public stoa::attempts {
 public:
  /// Sees to the deadlines of attempts that are not in memory: at the start, and now and then.
  virtual task<done> look_after_deadlines() = 0;
  /// Tells watchers what other processes wrote: about every second.
  virtual task<done> look_live() = 0;
  /// What is done as jobs.
  virtual std::vector<job_worker> workers() = 0;
  /// Called after a commit that queued jobs; set by the house.
  virtual void set_jobs_queued(std::function<void()> told) = 0;
};

attempt_service& offer_attempts(services& s, attempt_options options);

}  // namespace stoa::actors

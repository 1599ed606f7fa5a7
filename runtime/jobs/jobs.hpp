// Whose jobs are done here: what the plugin host needs of the runner.
#pragma once

#include <string>
#include <utility>

#include "runtime/executor/workplace.hpp"
#include "stoa/jobs.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

class job_workers {
 public:
  virtual ~job_workers() = default;
  /// One worker a kind, whose code runs on the place's threads; throws std::logic_error where there is one already.
  virtual void add(job_worker w, workplace at) = 0;
  void add(job_worker w) { add(std::move(w), workplace{}); }
  /// Jobs were queued: look now. Cheap; any thread.
  virtual void kick() noexcept = 0;
  /// No job of the kind begins here after this. True when none runs any more, waited for as long as `within`.
  virtual bool remove(const std::string& kind, milliseconds within) = 0;
};

}  // namespace stoa::runtime

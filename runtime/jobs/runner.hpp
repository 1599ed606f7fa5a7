// The runner: takes jobs that are due and hands them to their workers. Several processes share the work.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/jobs/jobs.hpp"
#include "stoa/db.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/purge.hpp"

namespace stoa::runtime {

struct job_options {
  /// How often it looks for jobs that are due.
  milliseconds poll{250};
  /// How often what has ended is swept and the dead are counted, and how long a key is kept after its job was done.
  milliseconds sweep = minutes{1};
  milliseconds kept = days{7};
  /// Runs a function where the core drives coroutines. Empty: on the store's thread.
  std::function<void(std::function<void()>)> post;
  logger* log = nullptr;
  stoa::metrics* meters = nullptr;
};

/// One thread looks; one statement takes what is due of all kinds, as much as each has room for (`for update skip
/// locked`); the work itself runs at its workplace, otherwise where the core drives coroutines. A kind whose breaker is
/// open is not taken: its jobs wait without losing attempts. When a process dies its jobs come again at the end
/// of their leases. Times are those of `clock`.
class job_runner final : public job_workers {
 public:
  job_runner(database& db, const clock& time, job_options options);
  /// Stops.
  ~job_runner() override;

  using job_workers::add;
  void add(job_worker w, workplace at) override;
  void kick() noexcept override;
  bool remove(const std::string& kind, milliseconds within) override;

  void start();
  /// Looks again until nothing is due and nothing runs. False where that takes longer than `within`.
  bool work_off(milliseconds within);
  /// Takes nothing any more and waits for what runs, `within` at most. Idempotent.
  void stop(milliseconds within = seconds{5});

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// What a sweep deletes: jobs that are done and whose keys have been kept long enough.
const purge_rule& purge_of_ended_jobs();

/// When a job that failed for the `attempt`th time is due again; nothing where it is dead.
std::optional<milliseconds> pause_after(const job_policy& p, std::int64_t attempt, const fault& why);

}  // namespace stoa::runtime

// Durable jobs in tests: what is queued, and doing it when the test says so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stoa/jobs.hpp"
#include "testing/fake_host.hpp"
#include "testing/throwaway_database.hpp"

namespace stoa::testing {

struct jobs_run {
  int done = 0;
  int failed = 0;  ///< come again after a pause
  int dead = 0;    ///< refused for good, or out of attempts
};

/// The workers of a fake_host over the queue in a throw-away database.
class job_runner {
 public:
  job_runner(fake_host& host, throwaway_database& db) : host_(host), db_(db) {}

  /// The jobs that wait, due or not, in the order in which they are due.
  std::vector<job> waiting();
  template <job_facts J>
  std::vector<J> waiting_for() {
    std::vector<J> out;
    for (const auto& j : waiting()) {
      if (j.kind != J::kind) continue;
      J facts{};
      wire::problems passed_over;
      wire::decode(j.payload, "", facts, passed_over);
      out.push_back(std::move(facts));
    }
    return out;
  }

  /// Does each job that is due by the host's clock and has a worker, once. A failure puts it back by its policy's
  /// pause.
  jobs_run run_due();

 private:
  fake_host& host_;
  throwaway_database& db_;
};

}  // namespace stoa::testing

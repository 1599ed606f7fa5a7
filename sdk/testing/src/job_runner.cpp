#include "testing/job_runner.hpp"

#include <algorithm>

#include "testing/waiting.hpp"

namespace stoa::testing {
namespace {

job job_in(const rows::row& row) {
  job j;
  j.id = row.as_uuid(0);
  j.kind = row.text(1);
  j.payload = json::parse(row.text(2)).value();
  j.attempt = row.integer(3) + 1;
  j.key = row.opt_text(4).value_or("");
  return j;
}

constexpr const char* waiting_jobs =
    "select id, kind, payload::text, attempts, key from job where state = 'waiting' and due_at <= :p1::timestamptz "
    "order by due_at, id";

}  // namespace

std::vector<job> job_runner::waiting() {
  std::vector<job> out;
  for (const auto& row : db_.look(waiting_jobs, {value("infinity")})) out.push_back(job_in(row));
  return out;
}

jobs_run job_runner::run_due() {
  jobs_run out;
  const auto now = host_.clock().now();
  for (const auto& row : db_.look(waiting_jobs, {now})) {
    const auto j = job_in(row);
    const auto worker =
        std::find_if(host_.workers.begin(), host_.workers.end(), [&](const job_worker& w) { return w.kind == j.kind; });
    if (worker == host_.workers.end()) continue;
    const auto ended = wait_for<done>(worker->work(j));
    const auto& policy = worker->policy;
    bool last = true;
    if (ended) {
      ++out.done;
      db_.look(
          "update job set state = 'done', attempts = attempts + 1, ended_at = :p2::timestamptz where id = :p1::uuid",
          {j.id, now});
    } else {
      const auto kind = ended.refusal().kind;
      last = kind == fault_kind::rejected || kind == fault_kind::invalid || kind == fault_kind::not_found ||
             j.attempt >= policy.attempts;
      auto pause = policy.first_pause;
      for (std::int64_t i = 1; i < j.attempt && pause < policy.longest_pause; ++i) pause *= 2;
      ++(last ? out.dead : out.failed);
      db_.look(
          "update job set state = :p3::text, attempts = attempts + 1, due_at = :p2::timestamptz, last_error = "
          ":p4::text, "
          "ended_at = case when :p3::text = 'dead' then :p5::timestamptz end where id = :p1::uuid",
          {j.id, now + std::min(pause, policy.longest_pause), last ? "dead" : "waiting", ended.refusal().code, now});
    }
    if (last && worker->ended) worker->ended(j, ended);
  }
  return out;
}

}  // namespace stoa::testing

// Durable jobs: work that a transaction promises and that is done after it, outside of it, at least once.
//
//   struct send_receipt {
//     static constexpr std::string_view kind = "payments.send_receipt";
//     stoa::order_id order;
//   };
//   BOOST_DESCRIBE_STRUCT(send_receipt, (), (order))
//
//   db.run(queue_jobs, {job_rows(now).add(send_receipt{id})});             // in any transaction
//   host.work_on<send_receipt>([this](send_receipt w, job) { return send(w); });  // in `wire`
//
// Payments, webhooks, mail and everything else that reaches outside are jobs. The work must bear being done twice: a
// process may die between doing it and saying so.
#pragma once

#include <boost/describe.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/json.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"
#include "stoa/wire.hpp"

namespace stoa {

/// What a kind of job has to know: a described struct with a `kind`, which is `<plugin>.<name>` of a plugin's.
template <class T>
concept job_facts = boost::describe::has_describe_members<T>::value && std::default_initializable<T> && requires {
  { T::kind } -> std::convertible_to<std::string_view>;
};

/// Queues bound jobs, as a statement of its own or as a part of the one that changes what they follow from:
/// `queued as (" STOA_QUEUE(":p7") ", root)`. `:p7` is a `job_rows`.
#define STOA_QUEUE(JOBS)                                                                              \
  "insert into job (id, kind, key, payload, due_at) select j.id, j.kind, j.key, j.payload, j.due_at " \
  "from jsonb_to_recordset(" JOBS "::jsonb) as j(id uuid, kind text, key text, payload jsonb, due_at timestamptz)"
#define STOA_QUEUE_ONCE " on conflict do nothing"

inline constexpr statement queue_jobs{"jobs.queue", STOA_QUEUE(":p1") STOA_QUEUE_ONCE};

/// Jobs on their way into a statement. A job with a key is queued once: while another of its kind has that key, and for
/// a week after that one has ended, it is passed over.
class job_rows {
 public:
  /// `now` is the time from which delays count.
  explicit job_rows(timestamp now) : now_(now) {}

  /// Due `after` from now. `key` is at most some hundred bytes; empty: none. The facts are encoded at once.
  template <job_facts J>
  job_rows& add(const J& facts, microseconds after = microseconds{0}, const std::string& key = {}) {
    append(J::kind, wire::write(facts), now_ + after, key);
    return *this;
  }

  /// The value that STOA_QUEUE takes.
  operator value() const { return value("[" + rows_ + "]"); }  // NOLINT: implicit by intent

 private:
  void append(std::string_view kind, const std::string& payload, timestamp due, const std::string& key);

  timestamp now_;
  std::string rows_;
};

/// A job as a worker gets it.
struct job {
  uuid id;
  std::string kind;
  json payload;
  std::int64_t attempt = 1;  ///< this one, counted from 1
  std::string key;           ///< empty: none
};

/// How a kind of job is worked on.
struct job_policy {
  std::int64_t attempts = 12;       ///< then it is dead: kept, counted, never done again by itself
  milliseconds first_pause{2'000};  ///< after the first failure; twice as long after each further one
  milliseconds longest_pause = hours{1};
  /// Nobody else takes a job for this long after it was taken: longer than the work ever takes.
  milliseconds lease = minutes{1};
  std::size_t at_once = 4;  ///< in one process
};

/// The worker of a kind.
struct job_worker {
  std::string kind;
  job_policy policy;
  /// Runs where coroutines are driven: a plugin's on its own threads. A fault or exception makes it come again;
  /// `rejected`, `invalid` and `not_found` faults kill it at once, since nothing would change.
  std::function<task<done>(job)> work;
  /// Called once when a job has ended, done or dead: the result goes back as a call. May be empty.
  std::function<void(const job&, const result<done>&)> ended = {};
};

/// A worker whose work is `task<done>(J facts, job)`.
template <job_facts J, class Work>
job_worker worker_of(Work work, job_policy policy = {}) {
  job_worker w;
  w.kind = std::string(J::kind);
  w.policy = policy;
  w.work = [work = std::make_shared<Work>(std::move(work))](job j) -> task<done> {
    J facts{};
    wire::problems bad;
    wire::decode(j.payload, "", facts, bad);
    if (!bad.empty()) co_return fault::invalid(bad.take());
    auto working = (*work)(std::move(facts), std::move(j));
    co_return co_await std::move(working);
  };
  return w;
}

}  // namespace stoa

// The store: statements run on a bounded pool of threads of its own, one PostgreSQL session each.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

struct store_options {
  /// What libpq takes: `host=... dbname=...` or `postgresql://...`.
  std::string connection;  ///< empty: a store without a database, which refuses whatever it is asked
  std::size_t command_workers = 4;
  std::size_t read_workers = 4;
  /// Threads that run the handlers of events: one that blocks holds up nobody's commands.
  std::size_t consumer_workers = 2;
  /// Calls waiting in one lane; one more is refused.
  std::size_t queue_bound = 2000;
  milliseconds statement_timeout{5000};
  /// A statement that waits this long for somebody else's lock gives up. Longer than PostgreSQL's look for deadlocks.
  milliseconds lock_timeout{3000};
  /// A call still queued after this time is dropped without touching the database.
  milliseconds call_deadline{8000};
  /// A transaction whose work does nothing for so long is ended by the server.
  milliseconds idle_in_transaction{30'000};
  /// What `current_setting('stoa.process')` says: the stores of one process say the same.
  uuid process = uuid::make_v7();
  /// Whose sessions these are, for metrics; empty: the server's own.
  std::string owner;
  /// Sessions are opened when they are first needed, not before.
  bool lazy = false;
  /// What a call has set in its session (a role, a search path, whoever acts) is taken back before the next: for
  /// statements that others wrote.
  bool reset_sessions = false;
  /// Runs a function where the core drives coroutines; awaiting coroutines go on there. Empty: on the store's thread.
  std::function<void(std::function<void()>)> post;
  stoa::metrics* meters = nullptr;
  logger* log = nullptr;
};

/// The way to PostgreSQL. Sessions open on first use, so a store can be made while the database is away; a lost
/// session is reopened by the next call. Refusals are faults:
/// - `conflict` with the constraint's name as code where a unique or foreign key is violated,
/// - `invalid` where a text holds what PostgreSQL cannot store (a NUL, broken UTF-8),
/// - `unavailable` where the database is away, too slow, or the queue full, where a lock was not to be had, and where
///   the outcome is unknown: a write was sent, and neither its success nor a refusal in the server's words came back,
/// - `internal` for everything else, logged with the statement's name and the SQLSTATE.
///
/// Completions run on a thread of the store and must not block; once the store has stopped, calls are refused on the
/// caller's thread.
class store final : public database {
 public:
  explicit store(store_options options);
  /// Stops.
  ~store() override;
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  using database::in_transaction;
  using database::query;
  using database::run;
  using database::transact;
  void run(acting who, lane l, const statement& s, values v, std::function<void(result<rows>)> completion) override;
  void transact(acting who, lane l, std::function<result<done>(connection&)> work,
                std::function<void(result<done>)> completion) override;
  task<rows> query(acting who, const statement& s, values v, lane l = lane::reads) override;
  task<done> in_transaction(acting who, std::function<result<done>(connection&)> work,
                            lane l = lane::commands) override;

  /// The last known state; idle workers look after it once a second.
  bool healthy() const noexcept;
  /// Asks the database now.
  task<done> ping();
  std::size_t queue_length(lane l) const;

  /// Refuses new calls, finishes what is queued within `drain`, refuses the rest, joins the threads. Idempotent.
  /// Never call it from a completion.
  void stop(milliseconds drain = milliseconds{5000});

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace stoa::runtime

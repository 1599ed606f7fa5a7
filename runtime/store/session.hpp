// One PostgreSQL session of a worker: SOCI's, with its statements kept prepared. Used by one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/metrics.hpp"

namespace stoa::runtime {

/// What PostgreSQL said no to. `what()` is free of the statement's values.
class sql_error : public db_error {
 public:
  sql_error(std::string sqlstate, const std::string& message, std::string constraint, const char* statement, bool lost);
  ~sql_error() override;

  const std::string& constraint() const noexcept { return constraint_; }
  const char* statement() const noexcept { return statement_; }
  /// The session is of no use any more.
  bool lost() const noexcept { return lost_; }
  /// Another transaction was in the way: the same work may succeed now.
  bool serialization() const noexcept { return sqlstate() == "40001" || sqlstate() == "40P01"; }
  /// The prepared form went out of date, for example by a migration; nothing was executed.
  bool stale_plan() const noexcept { return sqlstate() == "0A000" || sqlstate() == "26000"; }

 private:
  std::string constraint_;
  const char* statement_;
  bool lost_;
};

/// What a watchdog needs to end a session whose server does not answer: a socket, and since when it is waited for.
/// The worker that owns the session writes it, the watchdog reads it.
class session_watch {
 public:
  void opened(int socket);
  void closed();
  void busy(bool on) noexcept;
  /// Shuts the socket down if it has been waited for longer than `limit`; the waiting call then fails.
  void cut_if_slower_than(milliseconds limit) noexcept;
  /// Shuts the socket down whatever it does.
  void cut() noexcept;
  /// Whether the session was cut since it was opened.
  bool was_cut() const noexcept { return cut_.load(std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  int socket_ = -1;  // valid while not -1 and the mutex is held
  std::atomic<std::int64_t> busy_since_us_{0};
  std::atomic<bool> cut_{false};
};

class session {
 public:
  /// Connects; throws sql_error with `lost()`. `watch` outlives the session, `meters` may be null. With `resets` each
  /// call finds the settings with which the session began, whatever those before it have set.
  session(const std::string& conninfo, session_watch& watch, stoa::metrics* meters, bool resets = false);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Whether the server has not hung up, as far as the socket tells. Costs one system call.
  bool alive() noexcept;

  /// Prepares the statement if this session has not yet, and executes it inside the transaction that is open. Throws
  /// sql_error; any other exception says that nothing was sent.
  rows run(const statement& s, const values& v);

  struct call {
    const acting* who;
    const statement* what;
    const values* bound;
  };
  /// Executes a statement as a transaction of its own, in one round trip. Throws as `run`; with `lost()` nobody knows
  /// whether it took place.
  rows run_alone(const call& c);

  struct group_answer {
    std::vector<rows> answers;  ///< one for each call, where they took place
    /// Where none of them took place: the call that is to blame; `calls.size()` when no single one is.
    std::optional<std::size_t> culprit;
  };
  /// Executes statements in one transaction, sent at once, each for its own user. Throws sql_error with `lost()` where
  /// nobody knows whether they took place: once they are on their way, only a refusal in the server's words says no.
  group_answer run_group(const std::vector<call>& calls);

  /// BEGIN and who acts, in one round trip.
  void begin(const acting& who);
  /// Throws sql_error also when PostgreSQL answers that it rolled back instead; with `lost()` the outcome is unknown.
  void commit();
  /// False when the session must be dropped.
  bool rollback() noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace stoa::runtime

// The inside of the store: store.cpp has its calls, deadlines, start and stop, store_workers.cpp its workers.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/store/job_queue.hpp"
#include "runtime/store/session.hpp"
#include "runtime/store/store.hpp"

namespace stoa::runtime {

class transaction_connection;  // of store_workers.cpp

/// The lane's name as a metric's label and in the log.
inline const char* lane_name(lane l) {
  return l == lane::commands ? "commands" : l == lane::reads ? "reads" : "consumers";
}
inline constexpr std::array all_lanes{lane::commands, lane::reads, lane::consumers};

/// Everything behind the store's interface: queues, workers with their sessions, and the side thread.
struct store::impl {
  struct worker {
    lane in = lane::commands;
    bool keeper = false;  // reconnects while idle, so that health is known without traffic
    session_watch watch;
    std::unique_ptr<session> open;
    std::chrono::steady_clock::time_point last_failure{};
    std::thread thread;
  };

  /// Starts the workers and the side thread.
  explicit impl(store_options o);

  /// The lane's place in the arrays.
  static std::size_t index(lane l) { return static_cast<std::size_t>(l); }
  /// The lane's queue.
  job_queue& queue(lane l) { return queues[index(l)]; }
  /// Adds `n` workers without threads yet.
  void add_workers(lane l, std::size_t n);

  // -- the caller's side

  /// Queues a call; one too many is refused on the side thread.
  void submit(lane l, job j);
  /// Answers a call that was not executed.
  void refuse(job& j) noexcept;

  /// Runs a completion; what it throws ends in the log.
  template <class F>
  void complete(F&& f) noexcept {
    try {
      f();
    } catch (const std::exception& e) {
      log(log_level::error, "a database completion threw", {{"error", e.what()}});
    } catch (...) {
      log(log_level::error, "a database completion threw", {});
    }
  }

  /// Never throws, so that workers can call it anywhere.
  void log(log_level level, std::string_view message, log_fields fields) noexcept;

  // -- workers

  /// What a worker's thread does until its queue is closed and empty.
  void work(worker& w);
  /// Answers jobs whose deadline has passed and takes them out: nothing is begun after it.
  void drop_overdue(worker& w, std::vector<job>& jobs);
  /// Commits statements together and answers them. What is left in `jobs` did not take place and is run by itself, the
  /// one to blame last: it costs the others nothing but time.
  void grouped(worker& w, std::vector<job>& jobs);
  /// Runs a statement or transaction by itself and answers it.
  void alone(worker& w, job& j);
  /// Notices while idle that the server has hung up or come back.
  void look_after_session(worker& w);
  /// Gives the worker a session that is not known to be dead. False when there is none to be had now.
  bool usable(worker& w);
  /// Closes the worker's session.
  void drop(worker& w, std::string_view why);
  /// Remembers whether the database answers, and logs when that changes.
  void set_healthy(bool on, std::string_view why);
  /// Whether another attempt makes sense at all: nobody cut the session for being too slow, and there is time left.
  static bool may_retry(const worker& w, const job& j);
  /// Runs a single statement, again where that is safe.
  result<rows> single(worker& w, const job& j);
  /// The fault for what PostgreSQL said no to, logged where an operator should know.
  fault refusal(const sql_error& e);
  /// Runs a transaction, again where nothing of the last try took place.
  result<done> transaction(worker& w, const job& j);
  /// The work of one attempt; what it throws becomes a fault.
  result<done> attempt_work(worker& w, const job& j, transaction_connection& c);

  // -- the side thread

  /// What the side thread does until the store has stopped.
  void look_after();
  /// Refuses new calls, drains for so long, then cuts the sessions; joins all threads.
  void stop(milliseconds drain);

  const store_options options;
  const std::string conninfo;
  std::array<job_queue, all_lanes.size()> queues;
  std::array<gauge*, all_lanes.size()> lengths{};
  std::array<counter*, all_lanes.size()> refusals{};
  gauge* up = nullptr;
  std::atomic<int> health{-1};  // not known yet

  std::deque<worker> workers;  // never grows after construction; a deque because a worker cannot move

  std::mutex side_mutex;
  std::condition_variable side_wake;
  std::condition_variable workers_gone;
  std::vector<job> refused;
  std::size_t running = 0;
  bool side_stops = false;
  bool side_gone = false;
  bool cutting = false;
  std::thread side;

  std::mutex stop_mutex;
  bool stopped = false;
};

}  // namespace stoa::runtime

#include "runtime/store/store.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "runtime/store/conninfo.hpp"
#include "runtime/store/session.hpp"

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

/// Between failed attempts of one worker to connect.
constexpr milliseconds reconnect_pause{250};
/// How often idle workers look after their sessions.
constexpr milliseconds idle_look{1000};
/// How often the side thread looks for overdue calls.
constexpr milliseconds side_look{100};
/// What a statement may take beyond PostgreSQL's own timeout before its socket is cut.
constexpr milliseconds cut_grace{1500};
/// Before the loser of a deadlock tries again: at once, it would take the winner's row before the winner wakes up.
constexpr milliseconds deadlock_pause{5};

const char* lane_name(lane l) { return l == lane::commands ? "commands" : "reads"; }

fault database_away() { return fault::unavailable("The database is not available at the moment."); }

/// A call on its way: either a single statement or the work of a transaction.
struct job {
  statement what{nullptr, nullptr};
  values bound;
  std::function<void(result<rows>)> on_rows;
  std::function<result<done>(connection&)> work;
  std::function<void(result<done>)> on_done;
  steady::time_point deadline;

  void finish(fault f) {
    if (on_rows)
      on_rows(std::move(f));
    else
      on_done(std::move(f));
  }
};

/// A lane's bounded queue. Deadlines are all equally far away, so its head is always the next to expire.
class job_queue {
 public:
  enum class outcome { got, idle, closed };

  explicit job_queue(std::size_t bound) : bound_(bound) {}

  /// Leaves the job alone when it is refused.
  bool push(job& j) {
    {
      const std::lock_guard lock{mutex_};
      if (closed_ || jobs_.size() >= bound_) return false;
      jobs_.push_back(std::move(j));
      if (!waiting_) return true;
    }
    ready_.notify_one();
    return true;
  }

  /// Takes the next job, and with a single statement those right behind it, `most` in all.
  outcome pop(std::vector<job>& into, std::size_t most, milliseconds patience) {
    std::unique_lock lock{mutex_};
    if (jobs_.empty() && !closed_) {
      ++waiting_;
      ready_.wait_for(lock, patience, [&] { return !jobs_.empty() || closed_; });
      --waiting_;
    }
    if (jobs_.empty()) return closed_ ? outcome::closed : outcome::idle;
    do {
      into.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
    } while (into.back().on_rows && into.size() < most && !jobs_.empty() && jobs_.front().on_rows);
    return outcome::got;
  }

  /// Takes out what is overdue at `now`.
  void take_overdue(steady::time_point now, std::vector<job>& into) {
    const std::lock_guard lock{mutex_};
    while (!jobs_.empty() && jobs_.front().deadline <= now) {
      into.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
    }
  }

  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    ready_.notify_all();
  }

  std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return jobs_.size();
  }

 private:
  const std::size_t bound_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<job> jobs_;
  std::size_t waiting_ = 0;
  bool closed_ = false;
};

/// Only a plain query is safe to send twice: the first may have been executed before its connection was lost.
bool plain_query(std::string_view sql) {
  const auto lower = [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); };
  std::string text(sql.size(), ' ');
  std::transform(sql.begin(), sql.end(), text.begin(), lower);
  const auto start = text.find_first_not_of(" \t\r\n(");
  if (start == std::string::npos) return false;
  if (text.compare(start, 6, "select") != 0 && text.compare(start, 4, "with") != 0) return false;
  for (const char* word : {"insert", "update", "delete", "merge", "nextval", "setval", "set_config", "advisory"})
    if (text.find(word) != std::string::npos) return false;
  return true;
}

fault refusal_of(const sql_error& e) {
  const auto& state = e.sqlstate();
  if (e.unique_violation()) return {fault_kind::conflict, e.constraint(), "This already exists."};
  if (e.foreign_key_violation())
    return {fault_kind::conflict, e.constraint(), "Something this refers to does not exist, or is still in use."};
  if (state == "22021") return {fault_kind::invalid, "INVALID_TEXT", "A text holds characters that cannot be stored."};
  // Timeouts, lock waits, races lost twice, no resources left.
  if (e.lost() || state == "57014" || state == "55P03" || e.serialization() || state.starts_with("53"))
    return database_away();
  return {fault_kind::internal, "INTERNAL_ERROR", "An internal error occurred."};
}

fault internal_fault() { return {fault_kind::internal, "INTERNAL_ERROR", "An internal error occurred."}; }

/// What `transact` hands to its work. Remembers the last refusal: after one, the transaction cannot commit.
class transaction_connection final : public connection {
 public:
  explicit transaction_connection(session& s) : session_(s) {}

  rows run(const statement& s, const values& v) override {
    try {
      return session_.run(s, v);
    } catch (const sql_error& e) {
      refused_ = e;
      throw;
    }
  }
  const std::optional<sql_error>& refused() const noexcept { return refused_; }

 private:
  session& session_;
  std::optional<sql_error> refused_;
};

}  // namespace

struct store::impl {
  struct worker {
    lane in = lane::commands;
    bool keeper = false;  // reconnects while idle, so that health is known without traffic
    session_watch watch;
    std::unique_ptr<session> open;
    steady::time_point last_failure{};
    std::thread thread;
  };

  explicit impl(store_options o)
      : options(std::move(o)),
        conninfo(session_conninfo(options.connection, options.statement_timeout)),
        queues{job_queue{options.queue_bound}, job_queue{options.queue_bound}} {
    if (options.meters) {
      for (const lane l : {lane::commands, lane::reads}) {
        const metric_labels labels{{"lane", lane_name(l)}};
        lengths[index(l)] = &options.meters->level("stoa_store_queue_length", "Calls waiting for a session", labels);
        refusals[index(l)] =
            &options.meters->count("stoa_store_refused_total", "Calls refused or dropped before execution", labels);
      }
      up = &options.meters->level("stoa_database_up", "Whether the database answers");
    }
    add_workers(lane::commands, std::max<std::size_t>(1, options.command_workers));
    add_workers(lane::reads, std::max<std::size_t>(1, options.read_workers));
    running = workers.size();
    for (auto& w : workers) w.thread = std::thread([this, &w] { work(w); });
    side = std::thread([this] { look_after(); });
  }

  static std::size_t index(lane l) { return l == lane::commands ? 0 : 1; }
  job_queue& queue(lane l) { return queues[index(l)]; }

  void add_workers(lane l, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      auto& w = workers.emplace_back();
      w.in = l;
      w.keeper = i == 0;
    }
  }

  // -- the caller's side ----------------------------------------------------------------------------------------------

  void submit(lane l, job j) {
    j.deadline = steady::now() + options.call_deadline;
    if (queue(l).push(j)) return;
    if (refusals[index(l)]) refusals[index(l)]->add();
    {
      const std::lock_guard lock{side_mutex};
      if (!side_gone) {
        refused.push_back(std::move(j));
        side_wake.notify_one();
        return;
      }
    }
    refuse(j);
  }

  void refuse(job& j) noexcept {
    complete([&] { j.finish(database_away()); });
  }

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

  void log(log_level level, std::string_view message, log_fields fields) noexcept {
    try {
      if (options.log && options.log->enabled(level)) options.log->write(level, message, fields);
    } catch (...) {
      // A log that fails must not take a worker with it.
    }
  }

  // -- workers --------------------------------------------------------------------------------------------------------

  void work(worker& w) {
    usable(w);
    // Commands that wait together are committed together; nobody waits for a group to fill. Reads gain nothing by it.
    const std::size_t most = w.in == lane::commands ? largest_group : 1;
    std::vector<job> jobs;
    for (;;) {
      jobs.clear();
      const auto got = queue(w.in).pop(jobs, most, idle_look);
      if (got == job_queue::outcome::closed) break;
      if (got == job_queue::outcome::idle) {
        look_after_session(w);
        continue;
      }
      std::erase_if(jobs, [&](job& j) {
        if (j.deadline > steady::now()) return false;
        if (refusals[index(w.in)]) refusals[index(w.in)]->add();
        refuse(j);
        return true;
      });
      if (jobs.size() > 1 && grouped(w, jobs)) continue;
      for (auto& j : jobs) {
        if (j.on_rows) {
          auto answer = single(w, j);
          complete([&] { j.on_rows(std::move(answer)); });
        } else {
          auto answer = transaction(w, j);
          complete([&] { j.on_done(std::move(answer)); });
        }
      }
    }
    w.open.reset();
    const std::lock_guard lock{side_mutex};
    --running;
    workers_gone.notify_all();
  }

  /// Runs statements in one transaction and answers them. False when none of them took place: each is then run by
  /// itself, so that one that is refused costs the others nothing but time.
  bool grouped(worker& w, std::vector<job>& jobs) {
    if (!usable(w)) return false;
    std::vector<session::call> calls;
    for (const auto& j : jobs) calls.push_back({&j.what, &j.bound});
    std::vector<rows> answers;
    try {
      answers = w.open->run_group(calls);
      set_healthy(true, "");
    } catch (const sql_error& e) {
      if (!e.lost()) return false;
      drop(w, "connection lost");
      for (auto& j : jobs) complete([&] { j.on_rows(database_away()); });
      return true;
    } catch (const std::exception&) {
      return false;  // a mistake in one of them: by itself it will say what
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) complete([&] { jobs[i].on_rows(std::move(answers[i])); });
    return true;
  }

  void look_after_session(worker& w) {
    if (w.open && !w.open->alive())
      drop(w, "the server has hung up");  // it may be on its way down: try again at the next look
    else if (!w.open && w.keeper)
      usable(w);
  }

  /// Gives the worker a session that is not known to be dead. False when there is none to be had now.
  bool usable(worker& w) {
    if (w.open) {
      if (w.open->alive()) return true;
      drop(w, "the server has hung up");
    }
    const auto now = steady::now();
    if (now - w.last_failure < reconnect_pause) return false;
    try {
      w.open = std::make_unique<session>(conninfo, w.watch, options.meters);
      set_healthy(true, "");
      return true;
    } catch (const std::exception& e) {
      w.last_failure = steady::now();
      set_healthy(false, e.what());
      return false;
    }
  }

  void drop(worker& w, std::string_view why) {
    w.open.reset();
    set_healthy(false, why);
  }

  void set_healthy(bool on, std::string_view why) {
    const int before = health.exchange(on ? 1 : 0, std::memory_order_relaxed);
    if (before == (on ? 1 : 0)) return;
    if (up) up->set(on ? 1 : 0);
    if (on)
      log(log_level::info, "database reached", {});
    else
      log(log_level::warn, "database away", {{"reason", why}});
  }

  /// Whether another attempt makes sense at all: nobody cut the session for being too slow, and there is time left.
  static bool may_retry(const worker& w, const job& j) { return !w.watch.was_cut() && steady::now() < j.deadline; }

  result<rows> single(worker& w, const job& j) {
    for (int attempt = 0;; ++attempt) {
      if (!usable(w)) return database_away();
      try {
        auto answer = w.open->run(j.what, j.bound);
        set_healthy(true, "");
        return answer;
      } catch (const sql_error& e) {
        const bool again = attempt == 0 && may_retry(w, j);
        if (e.lost()) {
          drop(w, "connection lost");
          if (again && w.in == lane::reads && plain_query(j.what.sql)) continue;
        } else if (again && (e.serialization() || e.stale_plan())) {
          if (e.serialization()) std::this_thread::sleep_for(deadlock_pause);
          continue;  // PostgreSQL has undone all of it
        }
        return refusal(e);
      } catch (const std::exception& e) {
        log(log_level::error, "statement failed", {{"statement", j.what.name}, {"error", e.what()}});
        return internal_fault();
      }
    }
  }

  fault refusal(const sql_error& e) {
    fault f = refusal_of(e);
    if (f.kind == fault_kind::internal)
      log(log_level::error, "statement refused",
          {{"statement", e.statement()}, {"sqlstate", e.sqlstate()}, {"error", e.what()}});
    else if (f.kind == fault_kind::unavailable && !e.lost())
      log(log_level::warn, "statement gave up", {{"statement", e.statement()}, {"sqlstate", e.sqlstate()}});
    return f;
  }

  result<done> transaction(worker& w, const job& j) {
    for (int attempt = 0;; ++attempt) {
      if (!usable(w)) return database_away();
      try {
        w.open->begin();
      } catch (const sql_error& e) {
        drop(w, "connection lost");
        if (attempt == 0 && may_retry(w, j)) continue;  // nothing of the work was sent
        return refusal(e);
      }
      transaction_connection c{*w.open};
      auto outcome = attempt_work(w, j, c);
      const bool refused = c.refused().has_value();
      if (refused && c.refused()->lost()) {
        drop(w, "connection lost");
        return outcome ? result<done>{database_away()} : std::move(outcome);
      }
      if (refused || !outcome) {
        if (!w.open->rollback()) drop(w, "connection lost");
        if (refused && attempt == 0 && (c.refused()->serialization() || c.refused()->stale_plan()) && may_retry(w, j)) {
          if (c.refused()->serialization()) std::this_thread::sleep_for(deadlock_pause);
          continue;
        }
        // Work that swallowed a refusal cannot have succeeded: PostgreSQL commits nothing after one.
        return outcome ? result<done>{refusal(*c.refused())} : std::move(outcome);
      }
      try {
        w.open->commit();
        set_healthy(true, "");
        return done{};
      } catch (const sql_error& e) {
        if (e.lost()) {
          // Committed or not, nobody knows; it is never reported as a success.
          drop(w, "connection lost");
          return database_away();
        }
        if (attempt == 0 && e.serialization() && may_retry(w, j)) continue;
        return refusal(e);
      }
    }
  }

  result<done> attempt_work(worker& w, const job& j, transaction_connection& c) {
    try {
      return j.work(c);
    } catch (const sql_error& e) {
      // What is retried is not worth a line in the log.
      if (e.serialization() || e.stale_plan()) return refusal_of(e);
      return refusal(e);
    } catch (const fault_error& e) {
      return e.what_fault();
    } catch (const std::exception& e) {
      log(log_level::error, "a transaction's work threw", {{"lane", lane_name(w.in)}, {"error", e.what()}});
    } catch (...) {
      log(log_level::error, "a transaction's work threw", {{"lane", lane_name(w.in)}});
    }
    return internal_fault();
  }

  // -- the side thread: refusals, deadlines, sessions that hang
  // ---------------------------------------------------------

  void look_after() {
    const milliseconds slowest = options.statement_timeout + cut_grace;
    std::unique_lock lock{side_mutex};
    for (;;) {
      side_wake.wait_for(lock, side_look, [&] { return side_stops || !refused.empty(); });
      std::vector<job> ends = std::move(refused);
      refused.clear();
      const bool last = side_stops;
      const bool cut_all = cutting;
      if (last) side_gone = true;
      lock.unlock();
      for (auto& j : ends) refuse(j);
      ends.clear();
      const auto now = cut_all ? steady::time_point::max() : steady::now();
      for (const lane l : {lane::commands, lane::reads}) {
        queue(l).take_overdue(now, ends);
        if (refusals[index(l)] && !ends.empty()) refusals[index(l)]->add(static_cast<double>(ends.size()));
        for (auto& j : ends) refuse(j);
        ends.clear();
        if (lengths[index(l)]) lengths[index(l)]->set(static_cast<double>(queue(l).size()));
      }
      for (auto& w : workers) {
        if (cut_all)
          w.watch.cut();
        else
          w.watch.cut_if_slower_than(slowest);
      }
      if (last) return;
      lock.lock();
    }
  }

  void stop(milliseconds drain) {
    const std::lock_guard once{stop_mutex};
    if (stopped) return;
    stopped = true;
    for (auto& q : queues) q.close();
    {
      std::unique_lock lock{side_mutex};
      if (!workers_gone.wait_for(lock, drain, [&] { return running == 0; })) cutting = true;
    }
    for (auto& w : workers) w.thread.join();
    {
      const std::lock_guard lock{side_mutex};
      side_stops = true;
      side_wake.notify_one();
    }
    side.join();
  }

  static constexpr std::size_t largest_group = 16;

  const store_options options;
  const std::string conninfo;
  std::array<job_queue, 2> queues;
  std::array<gauge*, 2> lengths{};
  std::array<counter*, 2> refusals{};
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

store::store(store_options options) : impl_(std::make_unique<impl>(std::move(options))) {}

store::~store() { stop(); }

void store::run(lane l, const statement& s, values v, std::function<void(result<rows>)> completion) {
  job j;
  j.what = s;
  j.bound = std::move(v);
  j.on_rows = std::move(completion);
  impl_->submit(l, std::move(j));
}

void store::transact(lane l, std::function<result<done>(connection&)> work,
                     std::function<void(result<done>)> completion) {
  job j;
  j.work = std::move(work);
  j.on_done = std::move(completion);
  impl_->submit(l, std::move(j));
}

namespace {

using post_function = std::function<void(std::function<void()>)>;

/// A completion that goes on where coroutines are driven.
template <class T>
std::function<void(result<T>)> posted(const post_function& post, typename callback_awaiter<T>::completion c) {
  if (!post) return c;
  return [&post, c = std::move(c)](result<T> r) mutable {
    post([c = std::move(c), r = std::move(r)]() mutable { c(std::move(r)); });
  };
}

task<rows> query_task(store& db, const post_function& post, statement s, values v, lane l) {
  callback_awaiter<rows> answer{
      [&](callback_awaiter<rows>::completion c) { db.run(l, s, std::move(v), posted<rows>(post, std::move(c))); }};
  co_return co_await answer;
}

task<done> transaction_task(store& db, const post_function& post, std::function<result<done>(connection&)> work,
                            lane l) {
  callback_awaiter<done> answer{
      [&](callback_awaiter<done>::completion c) { db.transact(l, std::move(work), posted<done>(post, std::move(c))); }};
  co_return co_await answer;
}

constexpr statement ping_statement{"store.ping", "select 1"};

task<done> ping_task(task<rows> asked) {
  co_await std::move(asked);
  co_return done{};
}

}  // namespace

task<rows> store::query(const statement& s, values v, lane l) {
  return query_task(*this, impl_->options.post, s, std::move(v), l);
}

task<done> store::in_transaction(std::function<result<done>(connection&)> work, lane l) {
  return transaction_task(*this, impl_->options.post, std::move(work), l);
}

bool store::healthy() const noexcept { return impl_->health.load(std::memory_order_relaxed) == 1; }

task<done> store::ping() { return ping_task(query(ping_statement, {}, lane::reads)); }

std::size_t store::queue_length(lane l) const { return impl_->queue(l).size(); }

void store::stop(milliseconds drain) { impl_->stop(drain); }

}  // namespace stoa::runtime

#include <chrono>
#include <exception>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/store/refusals.hpp"
#include "runtime/store/store_impl.hpp"

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

/// Between failed attempts of one worker to connect.
constexpr milliseconds reconnect_pause{250};
/// How often idle workers look after their sessions.
constexpr milliseconds idle_look{1000};
/// Before the loser of a deadlock tries again: at once, it would take the winner's row before the winner wakes up.
constexpr milliseconds deadlock_pause{5};
/// How often a call is tried that PostgreSQL has undone because of others: contention waits its turn, it does not fail.
constexpr int most_attempts = 8;
/// How often a group is tried, each time without the one that was to blame; then each of the rest by itself.
constexpr int group_attempts = 2;

/// Whether PostgreSQL has undone the work for reasons that are not the work's own.
bool undone(const sql_error& e) { return e.serialization() || e.stale_plan(); }

}  // namespace

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

void store::impl::work(worker& w) {
  if (!options.lazy) usable(w);
  std::vector<job> jobs;
  steady::time_point taken;
  for (;;) {
    jobs.clear();
    const auto got = queue(w.in).pop(jobs, idle_look, taken);
    if (got == job_queue::outcome::closed) break;
    if (got == job_queue::outcome::idle) {
      look_after_session(w);
      continue;
    }
    if (jobs.size() > 1) grouped(w, jobs);
    for (auto& j : jobs) alone(w, j);
    queue(w.in).ended(taken);
  }
  w.open.reset();
  const std::lock_guard lock{side_mutex};
  --running;
  workers_gone.notify_all();
}

void store::impl::drop_overdue(worker& w, std::vector<job>& jobs) {
  std::erase_if(jobs, [&](job& j) {
    if (j.deadline > steady::now()) return false;
    if (refusals[index(w.in)]) refusals[index(w.in)]->add();
    refuse(j);
    return true;
  });
}

void store::impl::grouped(worker& w, std::vector<job>& jobs) {
  std::vector<job> to_blame;
  for (int attempt = 0; attempt < group_attempts && jobs.size() > 1 && usable(w); ++attempt) {
    drop_overdue(w, jobs);
    if (jobs.size() < 2) break;
    std::vector<session::call> calls;
    for (const auto& j : jobs) calls.push_back({&j.who, &j.what, &j.bound});
    session::group_answer group;
    try {
      group = w.open->run_group(calls);
      set_healthy(true, "");
    } catch (const std::exception&) {
      // It may have been committed, nobody knows: never run again, never reported as a success.
      drop(w, "connection lost");
      for (auto& j : jobs) refuse(j);
      jobs.clear();
      break;
    }
    if (!group.culprit) {
      for (std::size_t i = 0; i < jobs.size(); ++i) complete([&] { jobs[i].on_rows(std::move(group.answers[i])); });
      jobs.clear();
      break;
    }
    if (*group.culprit >= jobs.size()) break;
    const auto at = jobs.begin() + static_cast<std::ptrdiff_t>(*group.culprit);
    to_blame.push_back(std::move(*at));
    jobs.erase(at);
  }
  for (auto& j : to_blame) jobs.push_back(std::move(j));
}

void store::impl::alone(worker& w, job& j) {
  const bool there = usable(w);
  if (j.deadline <= steady::now()) {
    if (refusals[index(w.in)]) refusals[index(w.in)]->add();
    return refuse(j);
  }
  if (!there) return refuse(j);
  if (j.on_rows) {
    auto answer = single(w, j);
    complete([&] { j.on_rows(std::move(answer)); });
  } else {
    auto answer = transaction(w, j);
    complete([&] { j.on_done(std::move(answer)); });
  }
}

void store::impl::look_after_session(worker& w) {
  if (w.open && !w.open->alive())
    drop(w, "the server has hung up");  // it may be on its way down: try again at the next look
  else if (!w.open && w.keeper)
    usable(w);
}

bool store::impl::usable(worker& w) {
  if (w.open) {
    if (w.open->alive()) return true;
    drop(w, "the server has hung up");
  }
  const auto now = steady::now();
  if (now - w.last_failure < reconnect_pause) return false;
  try {
    w.open = std::make_unique<session>(conninfo, w.watch, options.meters, options.reset_sessions);
    set_healthy(true, "");
    return true;
  } catch (const std::exception& e) {
    w.last_failure = steady::now();
    set_healthy(false, e.what());
    return false;
  }
}

void store::impl::drop(worker& w, std::string_view why) {
  w.open.reset();
  set_healthy(false, why);
}

void store::impl::set_healthy(bool on, std::string_view why) {
  const int before = health.exchange(on ? 1 : 0, std::memory_order_relaxed);
  if (before == (on ? 1 : 0)) return;
  if (up) up->set(on ? 1 : 0);
  if (!options.owner.empty()) return;  // the server's own sessions tell
  if (on)
    log(log_level::info, "database reached", {});
  else
    log(log_level::warn, "database away", {{"reason", why}});
}

bool store::impl::may_retry(const worker& w, const job& j) { return !w.watch.was_cut() && steady::now() < j.deadline; }

result<rows> store::impl::single(worker& w, const job& j) {
  for (int attempt = 0;; ++attempt) {
    if (!usable(w)) return database_away();
    try {
      auto answer = w.open->run_alone({&j.who, &j.what, &j.bound});
      set_healthy(true, "");
      return answer;
    } catch (const sql_error& e) {
      if (e.lost()) {
        const bool again = attempt == 0 && may_retry(w, j);
        drop(w, "connection lost");
        if (again && w.in == lane::reads && plain_query(j.what.sql)) continue;
      } else if (undone(e) && attempt + 1 < most_attempts && may_retry(w, j)) {
        if (e.serialization()) std::this_thread::sleep_for(deadlock_pause * (attempt + 1));
        continue;
      }
      return refusal(e);
    } catch (const std::exception& e) {
      log(log_level::error, "statement failed", {{"statement", j.what.name}, {"error", e.what()}});
      return internal_fault();
    }
  }
}

fault store::impl::refusal(const sql_error& e) {
  fault f = refusal_of(e);
  // Bad input, or a mistake that looks like it: somebody should see which statement it was.
  if (f.kind == fault_kind::internal || f.kind == fault_kind::invalid)
    log(f.kind == fault_kind::internal ? log_level::error : log_level::warn, "statement refused",
        {{"statement", e.statement()}, {"sqlstate", e.sqlstate()}, {"error", e.what()}});
  else if (f.kind == fault_kind::unavailable && !e.lost())
    log(log_level::warn, "statement gave up", {{"statement", e.statement()}, {"sqlstate", e.sqlstate()}});
  return f;
}

result<done> store::impl::transaction(worker& w, const job& j) {
  for (int attempt = 0;; ++attempt) {
    if (!usable(w)) return database_away();
    try {
      w.open->begin(j.who);
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
      if (refused && undone(*c.refused()) && attempt + 1 < most_attempts && may_retry(w, j)) {
        if (c.refused()->serialization()) std::this_thread::sleep_for(deadlock_pause * (attempt + 1));
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
      if (e.serialization() && attempt + 1 < most_attempts && may_retry(w, j)) continue;
      return refusal(e);
    }
  }
}

result<done> store::impl::attempt_work(worker& w, const job& j, transaction_connection& c) {
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

}  // namespace stoa::runtime

#include "runtime/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/executor/executor.hpp"
#include "runtime/store/conninfo.hpp"
#include "runtime/store/refusals.hpp"
#include "runtime/store/store_impl.hpp"
#include "stoa/too_late.hpp"

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

/// How often the side thread looks for overdue calls.
constexpr milliseconds side_look{100};
/// What a statement may take beyond PostgreSQL's own timeout before its socket is cut.
constexpr milliseconds cut_grace{1500};
/// Commands that are committed together, at most. Reads gain nothing by it.
constexpr std::size_t largest_group = 16;

}  // namespace

store::impl::impl(store_options o)
    : options(std::move(o)),
      conninfo(session_conninfo(options.connection, options.statement_timeout, options.lock_timeout, options.process,
                                options.idle_in_transaction)),
      queues{job_queue{options.queue_bound, largest_group}, job_queue{options.queue_bound},
             job_queue{options.queue_bound}} {
  if (options.meters) {
    for (const lane l : all_lanes) {
      metric_labels labels{{"lane", lane_name(l)}};
      if (!options.owner.empty()) labels["owner"] = options.owner;
      lengths[index(l)] = &options.meters->level("stoa_store_queue_length", "Calls waiting for a session", labels);
      refusals[index(l)] =
          &options.meters->count("stoa_store_refused_total", "Calls refused or dropped before execution", labels);
    }
    if (options.owner.empty()) up = &options.meters->level("stoa_database_up", "Whether the database answers");
  }
  if (options.connection.empty()) {
    for (auto& q : queues) q.close();
  } else {
    add_workers(lane::commands, std::max<std::size_t>(1, options.command_workers));
    add_workers(lane::reads, std::max<std::size_t>(1, options.read_workers));
    add_workers(lane::consumers, std::max<std::size_t>(1, options.consumer_workers));
  }
  running = workers.size();
  for (auto& w : workers) w.thread = std::thread([this, &w] { work(w); });
  side = std::thread([this] { look_after(); });
}

void store::impl::add_workers(lane l, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    auto& w = workers.emplace_back();
    w.in = l;
    w.keeper = i == 0 && !options.lazy;
  }
}

void store::impl::submit(lane l, job j) {
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

void store::impl::refuse(job& j) noexcept {
  complete([&] { j.finish(database_away()); });
}

void store::impl::log(log_level level, std::string_view message, log_fields fields) noexcept {
  try {
    if (options.log && options.log->enabled(level)) options.log->write(level, message, fields);
  } catch (...) {
    // A log that fails must not take a worker with it.
  }
}

// -- the side thread: refusals, deadlines, sessions that hang

void store::impl::look_after() {
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
    for (const lane l : all_lanes) {
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

void store::impl::stop(milliseconds drain) {
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

// -- what callers see

store::store(store_options options) : impl_(std::make_unique<impl>(std::move(options))) {}

store::~store() { stop(); }

void store::run(acting who, lane l, const statement& s, values v, std::function<void(result<rows>)> completion) {
  job j;
  j.who = std::move(who);
  j.what = s;
  j.bound = std::move(v);
  j.on_rows = std::move(completion);
  impl_->submit(l, std::move(j));
}

void store::transact(acting who, lane l, std::function<result<done>(connection&)> work,
                     std::function<void(result<done>)> completion) {
  job j;
  j.who = std::move(who);
  j.work = std::move(work);
  j.on_done = std::move(completion);
  impl_->submit(l, std::move(j));
}

namespace {

/// What nobody waits for any more is not begun.
task<rows> query_task(store& db, const post_function& post, acting who, statement s, values v, lane l) {
  if (steady::now() >= co_await current_deadline()) co_return too_late();
  callback_awaiter<rows> answer{[&](callback_awaiter<rows>::completion c) {
    db.run(std::move(who), l, s, std::move(v), at_home<rows>(post, std::move(c)));
  }};
  co_return co_await answer;
}

task<done> transaction_task(store& db, const post_function& post, acting who,
                            std::function<result<done>(connection&)> work, lane l) {
  if (steady::now() >= co_await current_deadline()) co_return too_late();
  callback_awaiter<done> answer{[&](callback_awaiter<done>::completion c) {
    db.transact(std::move(who), l, std::move(work), at_home<done>(post, std::move(c)));
  }};
  co_return co_await answer;
}

constexpr statement ping_statement{"store.ping", "select 1"};

task<done> ping_task(task<rows> asked) {
  co_await std::move(asked);
  co_return done{};
}

}  // namespace

task<rows> store::query(acting who, const statement& s, values v, lane l) {
  return query_task(*this, impl_->options.post, std::move(who), s, std::move(v), l);
}

task<done> store::in_transaction(acting who, std::function<result<done>(connection&)> work, lane l) {
  return transaction_task(*this, impl_->options.post, std::move(who), std::move(work), l);
}

bool store::healthy() const noexcept { return impl_->health.load(std::memory_order_relaxed) == 1; }

task<done> store::ping() { return ping_task(query(ping_statement, {}, lane::reads)); }

std::size_t store::queue_length(lane l) const { return impl_->queue(l).size(); }

void store::stop(milliseconds drain) { impl_->stop(drain); }

}  // namespace stoa::runtime

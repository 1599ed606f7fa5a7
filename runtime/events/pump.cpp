#include "runtime/events/pump.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "runtime/events/outbox_store.hpp"
#include "stoa/purge.hpp"

namespace stoa::runtime {

using namespace outbox_store;

namespace {

using steady = std::chrono::steady_clock;

/// A place in commit order.
struct place {
  std::int64_t xid = 0;
  std::int64_t position = 0;
  auto operator<=>(const place&) const = default;
};

/// Looks that observers may lag behind.
constexpr std::size_t most_untold = 4;
/// What names no kind lets every kind through.
const std::vector<std::string> every_kind;

place place_of(const rows::row& r) { return {std::stoll(r.text(0)), r.integer(1)}; }

event event_of(const rows::row& r) {
  event e;
  e.position = r.integer(1);
  e.id = r.as<event_id>(2);
  e.kind = r.text(3);
  e.user = r.opt_as<user_id>(4);
  e.entity = r.as_uuid(5);
  auto payload = json::parse(r.raw(6));
  if (!payload) throw std::runtime_error("the payload of event " + e.id.str() + " cannot be read");
  e.payload = std::move(payload).value();
  e.at = r.time(7);
  e.here = r.boolean(8);
  return e;
}

/// The newest rows as the last look found them: all there are behind `from`, up to `upto`, for whoever stands among
/// them.
struct newest_rows {
  place from, upto;
  rows found;
};

/// What one transaction of a subscription found and did. Made by the pump's thread, filled on the store's, read by the
/// pump's again when it has ended.
struct batch {
  std::vector<event> events;
  place reached;
  std::size_t seen = 0;
};

}  // namespace

struct pump::state : std::enable_shared_from_this<pump::state> {
  struct consumer {
    subscription what;
    std::optional<place> reached;  // unknown before its first batch
    bool running = false;
    bool more = false;  // its last batch was full: go on at once
    bool paused = false;
    int failures = 0;
    steady::time_point not_before{};
    gauge* lag = nullptr;
    counter* failed = nullptr;
  };

  struct ended {
    consumer* who;
    std::shared_ptr<batch> got;
    result<done> outcome;
  };

  state(database& d, const clock& c, pump_options o) : db(d), time(c), options(std::move(o)) {}

  struct watcher {
    observer what;
    counter* failed = nullptr;
  };

  consumer* find(const std::string& name) {
    for (auto& c : consumers)
      if (c.what.name == name) return &c;
    return nullptr;
  }

  void loop() {
    std::unique_lock lock{mutex};
    auto next_sweep = steady::now();
    while (!stopping) {
      while (!finished.empty()) {
        ended e = std::move(finished.front());
        finished.pop_front();
        settle(lock, e);
      }
      if (!looking && to_tell.size() < most_untold &&
          ((kicked && steady::now() >= gathered) || steady::now() >= next_look))
        look();
      start_batches();
      listen(lock);
      if (steady::now() >= next_sweep && !sweeping) {
        next_sweep = steady::now() + options.sweep;
        sweep();
      }
      // A store that has stopped answers on the caller's thread: nothing is asked under the lock.
      for (auto asking = std::exchange(asks, {}); !asking.empty();) {
        lock.unlock();
        for (const auto& ask : asking) ask();
        asking.clear();
        lock.lock();
      }
      // Under load every commit kicks: they share one look per `gather`.
      const bool gathering = kicked && !looking;
      const auto until = gathering ? gathered : steady::now() + options.poll;
      wake.wait_until(lock, until, [&] {
        return stopping || !finished.empty() || (kicked && !looking && !gathering) || head_is_new || !to_tell.empty();
      });
      head_is_new = false;
    }
  }

  /// Asks for what is new: one read for all subscriptions and observers, so that idle ones cost nothing. The first look
  /// of all only asks how far the outbox goes.
  void look() {
    kicked = false;
    looking = true;
    next_look = steady::now() + options.poll;
    gathered = steady::now() + options.gather;
    auto answered = [self = shared_from_this()](result<rows> r) {
      const std::lock_guard lock{self->mutex};
      self->looking = false;
      if (r) self->came(std::move(*r));
      self->wake.notify_all();
    };
    if (!heard)
      return asks.push_back([this, answered] { db.run(acts_as_system(), lane::reads, newest, {}, answered); });
    values from_here{std::to_string(heard->xid), heard->position, static_cast<std::int64_t>(options.batch),
                     value::array(every_kind)};
    asks.push_back(
        [this, v = std::move(from_here), answered] { db.run(acts_as_system(), lane::reads, next_batch, v, answered); });
  }

  /// What a look has found. Nothing older than that can come any more; only a sweep takes it away.
  void came(rows found) {
    if (!heard) {
      heard = found.empty() ? place{} : place_of(found.front());
      if (!found.empty()) head = heard;
      head_is_new = true;
      return;
    }
    if (found.empty()) return;
    const place upto = place_of(found[found.size() - 1]);
    recent = std::make_shared<const newest_rows>(newest_rows{*heard, upto, found});
    heard = upto;
    if (!head || *head < upto) head = upto;
    head_is_new = true;
    if (found.size() == options.batch) {
      kicked = true;
      gathered = steady::now();
    }
    if (!watchers.empty()) to_tell.push_back(std::move(found));
  }

  void start_batches() {
    const auto now = steady::now();
    for (auto& c : consumers) {
      if (c.running || c.paused || stopping || now < c.not_before) continue;
      const bool behind = !c.reached || (head && *c.reached < *head) || c.more;
      if (!behind) continue;
      c.running = true;
      run(c);
    }
  }

  void run(consumer& c) {
    auto got = std::make_shared<batch>();
    const std::int64_t limit = c.failures > 0 ? 1 : static_cast<std::int64_t>(options.batch);
    // The consumer stays where it is until the pump's own end, and is not given new handlers while it runs.
    auto work = [&c, got, limit, read = recent](connection& db) {
      return take_batch(db, c.what, limit, read.get(), *got);
    };
    auto over = [self = shared_from_this(), &c, got](result<done> outcome) {
      const std::lock_guard lock{self->mutex};
      self->finished.push_back({&c, got, std::move(outcome)});
      self->wake.notify_all();
    };
    asks.push_back([this, work, over] { db.transact(acts_as_system(), lane::consumers, work, over); });
  }

  static result<done> take_batch(connection& db, const subscription& s, std::int64_t limit, const newest_rows* read,
                                 batch& got) {
    got = batch{};  // the store may try a transaction twice
    auto offset = db.run(lock_offset, {s.name});
    if (offset.empty()) {
      db.run(s.begin == from::now ? begin_at_end : begin_at_beginning, {s.name});
      offset = db.run(lock_offset, {s.name});
    }
    const place before = place_of(offset.front());
    got.reached = before;
    const bool among_them = read && read->from <= before && before < read->upto;
    const auto found =
        among_them ? read->found
                   : db.run(next_batch, {std::to_string(before.xid), before.position, limit, value::array(s.kinds)});
    for (const auto& r : found) {
      if (place_of(r) <= before) continue;
      if (got.seen == static_cast<std::size_t>(limit)) break;
      ++got.seen;
      got.reached = place_of(r);
      if (s.kinds.empty() || std::find(s.kinds.begin(), s.kinds.end(), r.raw(3)) != s.kinds.end())
        got.events.push_back(event_of(r));
    }
    if (got.seen == 0) return done{};
    if (!got.events.empty()) {
      auto handled = s.handle(db, got.events);
      if (!handled) return handled;
    }
    db.run(store_offset, {s.name, std::to_string(got.reached.xid), got.reached.position});
    return done{};
  }

  void settle(std::unique_lock<std::mutex>& lock, ended& e) {
    consumer& c = *e.who;
    if (e.outcome) {
      c.failures = 0;
      c.more = e.got->seen == options.batch;
      c.reached = e.got->reached;
      if (e.got->seen > 0 && (!head || *head < e.got->reached)) head = e.got->reached;
      if (c.lag && head) c.lag->set(static_cast<double>(distance(c)));
      if (c.what.committed && !e.got->events.empty()) {
        // A subscriber's own lock may be held by whoever calls kick(): never call it under ours.
        lock.unlock();
        try {
          c.what.committed(e.got->events);
        } catch (const std::exception& error) {
          note("a subscriber failed after its commit", c, error.what());
        }
        lock.lock();
      }
    } else {
      ++c.failures;
      c.more = false;
      if (c.failed) c.failed->add();
      const auto pause = std::min<milliseconds>(options.longest_backoff,
                                                options.poll * (std::int64_t{1} << std::min(c.failures - 1, 20)));
      c.not_before = steady::now() + pause;
      note("a subscriber failed, its events come again", c, e.outcome.refusal().code);
    }
    c.running = false;
    wake.notify_all();
  }

  /// Tells the observers what has come. The lock is let go of while they hear.
  void listen(std::unique_lock<std::mutex>& lock) {
    if (to_tell.empty()) return;
    const rows next = std::move(to_tell.front());
    to_tell.pop_front();
    listening = true;
    lock.unlock();
    for (const auto& r : next) tell(r);
    lock.lock();
    listening = false;
    wake.notify_all();
  }

  /// One row to those who want it. On the pump's thread, without the lock.
  void tell(const rows::row& r) {
    std::optional<event> e;
    std::vector<std::pair<observer, counter*>> wanting;
    {
      const std::string kind = r.text(3);
      const std::lock_guard lock{mutex};
      for (const auto& w : watchers)
        if (std::find(w.what.kinds.begin(), w.what.kinds.end(), kind) != w.what.kinds.end())
          wanting.emplace_back(w.what, w.failed);
    }
    for (const auto& [w, failed] : wanting) {
      try {
        if (!e) e = event_of(r);
        w.told(*e);
      } catch (const std::exception& error) {
        if (failed) failed->add();
        if (options.log)
          options.log->error("an observer failed at an event", {{"observer", w.name}, {"reason", error.what()}});
      }
    }
  }

  std::int64_t distance(const consumer& c) const {
    return head && c.reached ? std::max<std::int64_t>(0, head->position - c.reached->position) : 0;
  }

  void sweep() {
    sweeping = true;
    auto swept = [self = shared_from_this()](result<std::int64_t>) {
      const std::lock_guard lock{self->mutex};
      self->sweeping = false;
      self->wake.notify_all();
    };
    purge_options how;
    how.in = lane::consumers;
    how.meters = options.meters;
    how.log = options.log;
    asks.push_back([this, before = time.now() - options.retention, how, swept] {
      detach<std::int64_t>(purge(db, passed_by_all, before, how), swept);
    });
  }

  void note(std::string_view message, const consumer& c, std::string_view why) {
    if (options.log)
      options.log->warn(message, {{"subscription", c.what.name}, {"failures", c.failures}, {"reason", why}});
  }

  bool busy() const {
    return looking || sweeping || listening ||
           std::any_of(consumers.begin(), consumers.end(), [](auto& c) { return c.running; });
  }

  database& db;
  const clock& time;
  const pump_options options;

  std::mutex mutex;
  std::condition_variable wake;
  std::list<consumer> consumers;  // a list: running batches point into it
  std::list<ended> finished;
  std::vector<std::function<void()>> asks;  // the loop's alone
  std::optional<place> head;
  steady::time_point next_look{};
  bool head_is_new = false;
  bool kicked = false;
  steady::time_point gathered{};  ///< when the next kick may lead to a look
  bool looking = false;
  bool sweeping = false;
  std::list<watcher> watchers;
  std::optional<place> heard;  ///< what was looked at, beginning where the outbox ended at the first look
  std::shared_ptr<const newest_rows> recent;
  std::deque<rows> to_tell;  ///< what the observers have not had, for the pump's thread
  bool listening = false;    ///< they are being told
  bool stopping = false;
  std::thread thread;
};

pump::pump(database& db, const clock& time, pump_options options)
    : state_(std::make_shared<state>(db, time, std::move(options))) {}

pump::~pump() { stop(); }

void pump::add(subscription s) {
  const std::lock_guard lock{state_->mutex};
  if (auto* known = state_->find(s.name)) {
    if (!known->paused || known->running) throw std::logic_error("subscription " + s.name + " is there already");
    known->what = std::move(s);
    return;
  }
  auto& c = state_->consumers.emplace_back();
  c.what = std::move(s);
  if (auto* meters = state_->options.meters) {
    const metric_labels labels{{"subscription", c.what.name}};
    c.lag = &meters->level("stoa_outbox_lag_events", "Events a subscription has not had yet", labels);
    c.failed = &meters->count("stoa_outbox_failures_total", "Batches a subscription failed at", labels);
  }
  state_->wake.notify_all();
}

bool pump::pause(const std::string& name, milliseconds within) {
  std::unique_lock lock{state_->mutex};
  auto* c = state_->find(name);
  if (!c) return true;
  c->paused = true;
  return state_->wake.wait_for(lock, within, [&] { return !c->running; });
}

void pump::resume(const std::string& name) {
  const std::lock_guard lock{state_->mutex};
  if (auto* c = state_->find(name)) {
    c->paused = false;
    c->failures = 0;
    c->not_before = {};
  }
  state_->kicked = true;
  state_->wake.notify_all();
}

void pump::watch(observer o) {
  const std::lock_guard lock{state_->mutex};
  counter* failed = nullptr;
  if (auto* meters = state_->options.meters)
    failed = &meters->count("stoa_observer_failures_total", "Events an observer failed at", {{"observer", o.name}});
  state_->watchers.push_back({std::move(o), failed});
}

bool pump::forget(const std::string& name, milliseconds within) {
  std::unique_lock lock{state_->mutex};
  state_->watchers.remove_if([&](const auto& w) { return w.what.name == name; });
  return state_->wake.wait_for(lock, within, [&] { return !state_->listening; });
}

void pump::start(milliseconds within) {
  std::unique_lock lock{state_->mutex};
  if (!state_->thread.joinable() && !state_->stopping) state_->thread = std::thread([s = state_] { s->loop(); });
  const bool known = state_->watchers.empty() ||
                     state_->wake.wait_for(lock, within, [&] { return state_->heard || state_->stopping; });
  if (!known) throw std::runtime_error("the database does not say which events are the newest");
}

void pump::kick() noexcept {
  const std::lock_guard lock{state_->mutex};
  if (state_->kicked) return;
  state_->kicked = true;
  state_->wake.notify_all();
}

void pump::stop(milliseconds within) {
  std::thread ending;
  {
    const std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    ending = std::move(state_->thread);
    state_->wake.notify_all();
  }
  if (ending.joinable()) ending.join();
  std::unique_lock lock{state_->mutex};
  state_->wake.wait_for(lock, within, [&] {
    // The loop is gone: what has ended since is settled here, without telling anyone.
    for (auto& e : state_->finished) e.who->running = false;
    state_->finished.clear();
    state_->to_tell.clear();
    return !state_->busy();
  });
}

std::optional<std::int64_t> pump::lag(const std::string& name) const {
  const std::lock_guard lock{state_->mutex};
  const auto* c = state_->find(name);
  if (!c || !c->reached) return std::nullopt;
  return state_->distance(*c);
}

}  // namespace stoa::runtime

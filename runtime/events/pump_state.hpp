// The inside of the pump: its loop, its consumers and what becomes of their batches. pump.cpp has its calls.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/events/batch.hpp"
#include "runtime/events/dead_events.hpp"
#include "runtime/events/observers.hpp"
#include "runtime/events/outbox_store.hpp"
#include "runtime/events/pump.hpp"
#include "stoa/purge.hpp"

namespace stoa::runtime {

struct pump::state : std::enable_shared_from_this<pump::state> {
  using steady = std::chrono::steady_clock;
  /// Looks that observers may lag behind.
  static constexpr std::size_t most_untold = 4;

  struct consumer {
    awaiting_subscription what;
    workplace at;
    std::optional<place> reached;  // unknown before its first batch
    bool running = false;
    bool more = false;  // its last batch was full: go on at once
    bool paused = false;
    int failures = 0;
    steady::time_point not_before{};
    std::optional<event_id> suspect;  // the one event that it failed at last
    std::int64_t tries = 0;           // at that one
    std::string reason;
    bool replays = false;  // some that were set aside are to be given again
    std::int64_t dead = 0;
    /// Until when what is being prepared may take; of the batch under way.
    std::optional<steady::time_point> until;
    std::shared_ptr<batch> preparing;
    gauge* lag = nullptr;
    gauge* set_aside = nullptr;
    counter* failed = nullptr;
  };

  struct ended {
    consumer* who;
    std::shared_ptr<batch> got;
    result<done> outcome;
  };

  state(database& d, const clock& c, pump_options o)
      : db(d), time(c), options(std::move(o)), watchers(std::make_shared<observers>(options.log, options.meters)) {}

  consumer* find(const std::string& name) {
    for (auto& c : consumers)
      if (c.what.what.name == name) return &c;
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
      if (options.tries > 0 && !counting && steady::now() >= next_count) count_dead();
      give_up_late();
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
      return asks.push_back(
          [this, answered] { db.run(acts_as_system(), lane::reads, outbox_store::newest, {}, answered); });
    static const std::vector<std::string> every_kind;  // what names no kind lets every kind through
    values from_here{std::to_string(heard->xid), heard->position, static_cast<std::int64_t>(options.batch),
                     value::array(every_kind)};
    asks.push_back([this, v = std::move(from_here), answered] {
      db.run(acts_as_system(), lane::reads, outbox_store::next_batch, v, answered);
    });
  }

  /// What a look has found. Nothing older than that can come any more; only a sweep takes it away.
  void came(rows found) {
    if (found.empty()) {
      if (!heard) heard = place{};
      return;
    }
    const place upto = place_of(found[found.size() - 1]);
    if (heard) {
      recent = std::make_shared<const newest_rows>(newest_rows{*heard, upto, found});
      if (found.size() == options.batch) {
        kicked = true;
        gathered = steady::now();
      }
      if (!watchers->empty()) to_tell.push_back(std::move(found));
    }
    heard = upto;
    if (head && !(*head < upto)) return;
    head = upto;
    head_is_new = true;
    // What somebody still works on, or nobody does, has not been had.
    for (auto& c : consumers)
      if (c.lag && c.reached) c.lag->set(static_cast<double>(distance(c)));
  }

  void start_batches() {
    const auto now = steady::now();
    for (auto& c : consumers) {
      if (c.running || c.paused || stopping || now < c.not_before) continue;
      const bool behind = !c.reached || (head && *c.reached < *head) || c.more;
      if (!behind && !c.replays) continue;
      if (c.at.gate && c.at.gate->admit(time.now())) continue;
      c.running = true;
      if (c.replays)
        replay(c);
      else
        run(c);
    }
  }

  database& home_of(const consumer& c) { return c.at.sessions ? *c.at.sessions : db; }

  /// Ends a batch: on whichever thread, once.
  auto ending(consumer& c, std::shared_ptr<batch> got) {
    return [self = shared_from_this(), &c, got = std::move(got)](result<done> outcome) {
      const std::lock_guard lock{self->mutex};
      if (std::exchange(got->over, true)) return;
      self->finished.push_back({&c, got, std::move(outcome)});
      self->wake.notify_all();
    };
  }

  void run(consumer& c) {
    auto got = std::make_shared<batch>();
    got->deadline = options.deadline;
    got->limit = c.failures > 0 ? 1 : static_cast<std::int64_t>(options.batch);
    got->read = recent;
    if (options.tries > 0 && c.tries >= options.tries) got->bury = burial{*c.suspect, c.tries, c.reason};
    got->from_here = [this, &c](const place& p) {  // whoever holds the batch holds us
      const std::lock_guard lock{mutex};
      if (!c.reached || *c.reached < p) c.reached = p;
      if (c.lag && head) c.lag->set(static_cast<double>(distance(c)));
      wake.notify_all();
    };
    got->unknown = !c.reached;
    begin(c, got, take_batch);
  }

  using taking = result<done> (*)(connection&, const awaiting_subscription&, const workplace&, batch&);

  /// Has a batch taken in a transaction, and prepared behind it where a coroutine has to.
  void begin(consumer& c, const std::shared_ptr<batch>& got, taking take) {
    auto over = ending(c, got);
    // The consumer stays where it is until the pump's own end, and is not given new handlers while it runs.
    auto work = [&c, got, take](connection& db) { return take(db, c.what, c.at, *got); };
    auto next = [self = shared_from_this(), &c, got, over](result<done> outcome) {
      if (outcome && got->wants_preparing)
        self->prepare(c, got);
      else
        over(std::move(outcome));
    };
    asks.push_back([this, &c, work, next] { home_of(c).transact(acts_as_system(), lane::consumers, work, next); });
  }

  /// Has the coroutine prepare what is written. Any thread.
  void prepare(consumer& c, const std::shared_ptr<batch>& got) {
    const auto until = steady::now() + options.deadline;
    {
      const std::lock_guard lock{mutex};
      c.until = until;
      c.preparing = got;
    }
    auto over = ending(c, got);
    c.at.post([self = shared_from_this(), &c, got, over, until] {
      try {
        auto preparing = c.what.prepare(got->events);
        preparing.ends_by(until);
        detach<event_write>(std::move(preparing), [self, &c, got, over](result<event_write> write) {
          if (!write) return over(std::move(write).refusal());
          self->write(c, got, std::move(write).value());
        });
      } catch (...) {
        over(detail::unexpected(std::current_exception()));
      }
    });
  }

  /// Writes what was prepared, where nobody has moved the offset meanwhile.
  void write(consumer& c, const std::shared_ptr<batch>& got, event_write what) {
    bool ends = false;
    {
      const std::lock_guard lock{mutex};
      if (got->over) return;
      ends = stopping;
      c.until.reset();
    }
    if (ends) return ending(c, got)(fault::unavailable("The server is going down."));
    auto work = [&c, got, what = std::move(what)](connection& db) { return write_batch(db, c.what, c.at, *got, what); };
    home_of(c).transact(acts_as_system(), lane::consumers, work, ending(c, got));
  }

  /// What takes too long to prepare comes again.
  void give_up_late() {
    for (auto& c : consumers) {
      if (!c.running || !c.until || steady::now() < *c.until) continue;
      c.until.reset();
      if (!std::exchange(c.preparing->over, true))
        finished.push_back({&c, c.preparing, fault(fault_kind::internal, "TIMEOUT", "It took too long to prepare.")});
    }
  }

  /// One of those that were set aside.
  void replay(consumer& c) {
    auto got = std::make_shared<batch>();
    got->replayed = true;
    got->deadline = options.deadline;
    begin(c, got, take_dead);
  }

  void count_dead() {
    counting = true;
    next_count = steady::now() + options.replay_look;
    auto counted = [self = shared_from_this()](result<rows> r) {
      const std::lock_guard lock{self->mutex};
      self->counting = false;
      if (r) {
        for (auto& c : self->consumers) c.replays = false, c.dead = 0;
        for (const auto& row : *r)
          if (auto* c = self->find(row.text(0))) {
            c->dead = row.integer(1);
            c->replays = row.boolean(2);
          }
        for (auto& c : self->consumers)
          if (c.set_aside) c.set_aside->set(static_cast<double>(c.dead));
      }
      self->wake.notify_all();
    };
    asks.push_back([this, counted] { db.run(acts_as_system(), lane::reads, dead_events::count, {}, counted); });
  }

  void settle(std::unique_lock<std::mutex>& lock, ended& e) {
    consumer& c = *e.who;
    c.until.reset();
    c.preparing.reset();
    if (e.outcome)
      succeeded(lock, c, *e.got);
    else
      failed(c, *e.got, e.outcome.refusal());
  }

  void succeeded(std::unique_lock<std::mutex>& lock, consumer& c, const batch& got) {
    const bool handled = !got.events.empty();
    if (c.at.gate) {
      if (handled && !got.bury)
        c.at.gate->reset();
      else
        c.at.gate->neither();
    }
    if (got.bury && got.buried) {
      ++c.dead;
      if (c.set_aside) c.set_aside->set(static_cast<double>(c.dead));
      note("an event was set aside: the subscription goes on behind it", c, c.reason);
    }
    c.failures = 0;
    c.tries = 0;
    c.suspect.reset();
    if (got.replayed) {
      c.replays = handled;
      next_count = {};
    } else {
      c.more = got.more;
      c.reached = got.reached;
      if (got.seen > 0 && (!head || *head < got.reached)) head = got.reached;
      if (c.lag && head) c.lag->set(static_cast<double>(distance(c)));
    }
    if (!c.what.what.committed || !handled || got.bury) return rests(c);
    auto tell = [self = shared_from_this(), &c, events = got.events] {
      try {
        c.what.what.committed(events);
      } catch (const std::exception& error) {
        self->note("a subscriber failed after its commit", c, error.what());
      }
    };
    // A subscriber's own lock may be held by whoever calls kick(): never call it under ours.
    lock.unlock();
    if (!c.at.threads) {
      tell();
      lock.lock();
      return rests(c);
    }
    c.at.post([self = shared_from_this(), &c, tell] {
      tell();
      const std::lock_guard mine{self->mutex};
      self->rests(c);
    });
    lock.lock();
  }

  void failed(consumer& c, const batch& got, const fault& why) {
    // Nobody's mistake: the database is away, or another process was faster.
    const bool away = why.kind == fault_kind::unavailable;
    if (c.at.gate) {
      if (away)
        c.at.gate->neither();
      else if (c.at.gate->failed(time.now()))
        note("a subscription fails again and again: it is left alone for a while", c, why.code);
    }
    if (got.replayed && got.events.size() == 1) {
      c.replays = false;
      put_back(c, got.events.front().id, why);
      return rests(c);
    }
    ++c.failures;
    c.more = false;
    if (c.failed) c.failed->add();
    if (!away && got.events.size() == 1) {
      c.tries = c.suspect == got.events.front().id ? c.tries + 1 : 1;
      c.suspect = got.events.front().id;
      c.reason = reason_of(why);
    }
    const auto pause = std::min<milliseconds>(options.longest_backoff,
                                              options.poll * (std::int64_t{1} << std::min(c.failures - 1, 20)));
    c.not_before = steady::now() + pause;
    note("a subscriber failed, its events come again", c, reason_of(why));
    rests(c);
  }

  /// It could not be taken this time either.
  void put_back(const consumer& c, const event_id& id, const fault& why) {
    values bound{c.what.what.name, id, reason_of(why)};
    asks.push_back([this, bound] {
      db.run(acts_as_system(), lane::commands, dead_events::put_back, bound, [](const result<rows>&) {});
    });
  }

  void rests(consumer& c) {
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
    for (const auto& r : next) watchers->tell(r);
    lock.lock();
    listening = false;
    wake.notify_all();
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
      detach<std::int64_t>(sweep_passed(before, how), swept);
    });
  }

  task<std::int64_t> sweep_passed(timestamp before, purge_options how) {
    const auto deleted = co_await purge(db, outbox_store::passed_by_all, before, how);
    if (!options.meters) co_return deleted;
    values asked{time.now()};
    const auto found = co_await db.query(acts_as_system(), outbox_store::oldest_age, std::move(asked), how.in);
    options.meters->level("stoa_outbox_oldest_seconds", "Age of the oldest event that is kept", {})
        .set(static_cast<double>(found.front().integer(0)));
    co_return deleted;
  }

  void note(std::string_view message, const consumer& c, std::string_view why) {
    if (options.log)
      options.log->warn(message, {{"subscription", c.what.what.name}, {"failures", c.failures}, {"reason", why}});
  }

  bool busy() const {
    return looking || sweeping || listening || counting ||
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
  bool counting = false;  ///< those that were set aside
  steady::time_point next_count{};
  const std::shared_ptr<observers> watchers;
  std::optional<place> heard;  ///< what was looked at, beginning where the outbox ended at the first look
  std::shared_ptr<const newest_rows> recent;
  std::deque<rows> to_tell;  ///< what the observers have not had, for the pump's thread
  bool listening = false;    ///< they are being told
  bool stopping = false;
  std::thread thread;
};

}  // namespace stoa::runtime

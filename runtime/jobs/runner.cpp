#include "runtime/jobs/runner.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "stoa/purge.hpp"

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

/// Of each kind in :p1 at most :p2, for leases of :p3 milliseconds; :p4 is the time, :p5 the lease's name.
constexpr statement take{"jobs.take", R"(
  with wanted as (select * from unnest(:p1::text[], :p2::bigint[], :p3::bigint[]) as w(kind, room, lease_ms)),
  picked as (
    select j.id, w.lease_ms, row_number() over (order by j.due_at, j.id) as place
    from wanted w cross join lateral (
      select id, due_at from job
      where job.kind = w.kind and job.state = 'waiting' and job.due_at <= :p4::timestamptz
      order by due_at, id limit w.room for update skip locked) j),
  taken as (
    update job set attempts = attempts + 1, lease = :p5::uuid,
      due_at = :p4::timestamptz + picked.lease_ms * interval '1 millisecond'
    from picked where job.id = picked.id
    returning job.id, job.kind, job.payload::text, job.attempts, coalesce(job.key, '') as key, picked.place)
  select id, kind, payload, attempts, key from taken order by place)"};

/// Without a key nobody asks for it again.
constexpr statement finish{"jobs.finish", R"(
  with gone as (delete from job where id = :p1::uuid and lease = :p2::uuid and key is null returning id)
  update job set state = 'done', lease = null, ended_at = :p3::timestamptz
  where id = :p1::uuid and lease = :p2::uuid and key is not null)"};

constexpr statement put_back{"jobs.put_back", R"(
  update job set lease = null, due_at = :p3::timestamptz, last_error = :p4::text
  where id = :p1::uuid and lease = :p2::uuid)"};

constexpr statement bury{"jobs.bury", R"(
  update job set lease = null, state = 'dead', ended_at = :p3::timestamptz, last_error = :p4::text
  where id = :p1::uuid and lease = :p2::uuid)"};

constexpr statement ended_due{"jobs.ended_due", R"(
  select count(*) from (
    select 1 from job where state = 'done' and ended_at < :p1::timestamptz limit :p2::bigint) due)"};
constexpr statement sweep_ended{"jobs.sweep_ended", R"(
  with gone as (
    delete from job where id in (
      select id from job where state = 'done' and ended_at < :p1::timestamptz order by ended_at limit :p2::bigint
      for update skip locked)
    returning 1)
  select count(*) from gone)"};
constexpr purge_rule ended_jobs{"jobs", &ended_due, &sweep_ended};

constexpr statement count_dead{"jobs.count_dead", "select kind, count(*) from job where state = 'dead' group by kind"};

}  // namespace

const purge_rule& purge_of_ended_jobs() { return ended_jobs; }

std::optional<milliseconds> pause_after(const job_policy& p, std::int64_t attempt, const fault& why) {
  const bool hopeless =
      why.kind == fault_kind::rejected || why.kind == fault_kind::invalid || why.kind == fault_kind::not_found;
  if (hopeless || attempt >= p.attempts) return std::nullopt;
  const auto doubled = p.first_pause * (std::int64_t{1} << std::min<std::int64_t>(attempt - 1, 20));
  return std::min(p.longest_pause, doubled);
}

struct job_runner::state : std::enable_shared_from_this<job_runner::state> {
  struct worker {
    job_worker what;
    workplace at;
    std::size_t running = 0;
    bool removed = false;
    counter* done = nullptr;
    counter* failed = nullptr;
    counter* died = nullptr;
  };
  using worker_ptr = std::shared_ptr<worker>;

  state(database& d, const clock& c, job_options o) : db(d), time(c), options(std::move(o)) {}

  void loop() {
    std::unique_lock lock{mutex};
    auto next_look = steady::now();
    auto next_sweep = steady::now();
    while (!stopping) {
      const auto now = steady::now();
      if (!looking && (kicked || now >= next_look)) {
        kicked = false;
        next_look = now + options.poll;
        look(lock);
      }
      if (!sweeping && now >= next_sweep) {
        next_sweep = now + options.sweep;
        sweep(lock);
      }
      auto until = steady::now() + seconds{1};
      if (!looking) until = std::min(until, next_look);
      if (!sweeping) until = std::min(until, next_sweep);
      if (!stopping && (!kicked || looking)) wake.wait_until(lock, until);
    }
  }

  /// Asks for what is due. The lock is let go of: a store that has stopped answers on this thread.
  void look(std::unique_lock<std::mutex>& lock) {
    std::vector<std::string> kinds, rooms, leases;
    for (const auto& [kind, w] : workers) {
      const auto most = room_of(*w);
      if (w->running >= most) continue;
      kinds.push_back(kind);
      rooms.push_back(std::to_string(most - w->running));
      leases.push_back(std::to_string(w->what.policy.lease.count()));
    }
    if (kinds.empty()) return;
    looking = true;
    asked_all = kinds.size() == workers.size();
    const auto lease = uuid::make_v7();
    values bound{value::array(kinds), value::array(rooms), value::array(leases), time.now(), lease};
    auto answered = [self = shared_from_this(), lease](result<rows> found) { self->hand_out(lease, found); };
    lock.unlock();
    db.run(acts_as_system(), lane::commands, take, std::move(bound), answered);
    lock.lock();
  }

  /// How many may run at once: one that keeps failing is left alone, then tried with one.
  std::size_t room_of(const worker& w) const {
    if (!w.at.gate || w.at.gate->now() == breaker::state::closed) return w.what.policy.at_once;
    return w.at.gate->refuses(time.now()) ? 0 : 1;
  }

  /// On a thread of the store.
  void hand_out(const uuid& lease, const result<rows>& found) {
    std::vector<std::pair<worker_ptr, job>> given;
    {
      const std::lock_guard lock{mutex};
      looking = false;
      ++looks;
      found_last = found ? found->size() : 0;
      if (found)
        for (const auto& r : *found) {
          const auto at = workers.find(r.text(1));
          if (stopping || at == workers.end()) continue;  // it comes again at the end of its lease
          auto payload = json::parse(r.raw(2));
          job j{r.as_uuid(0), r.text(1), payload ? std::move(*payload) : json(), r.integer(3), r.text(4)};
          ++at->second->running;
          if (at->second->at.gate) at->second->at.gate->admit(time.now());
          given.emplace_back(at->second, std::move(j));
        }
      wake.notify_all();
    }
    for (auto& [w, j] : given) {
      auto begin = [self = shared_from_this(), w = w, j = std::move(j), lease] { self->begin(w, j, lease); };
      w->at.post(std::move(begin), options.post);
    }
  }

  void begin(const worker_ptr& w, const job& j, const uuid& lease) {
    auto over = [self = shared_from_this(), w, j, lease](result<done> r) { self->settle(w, j, lease, std::move(r)); };
    try {
      auto working = w->what.work(j);
      detach<done>(std::move(working), over);
    } catch (...) {
      over(detail::unexpected(std::current_exception()));
    }
  }

  void settle(const worker_ptr& w, const job& j, const uuid& lease, result<done> outcome) {
    const auto now = time.now();
    judge(*w, outcome, now);
    const statement* what = &finish;
    values bound{j.id, lease, now};
    bool over = true;
    if (!outcome) {
      const auto& why = outcome.refusal();
      const auto pause = pause_after(w->what.policy, j.attempt, why);
      over = !pause.has_value();
      what = over ? &bury : &put_back;
      // Those that fail at the same moment come again in their order, a microsecond apart.
      if (pause) bound.back() = value(now + *pause - microseconds{1000 - ++put_off % 1000});
      bound.push_back(why.code + ": " + why.message);
      if (options.log) {
        const auto attempt = std::to_string(j.attempt);
        if (over)
          options.log->error("a job is dead", {{"kind", j.kind}, {"job", j.id.str()}, {"reason", why.code}});
        else
          options.log->warn("a job failed and comes again",
                            {{"kind", j.kind}, {"attempt", attempt}, {"reason", why.code}});
      }
    }
    if (auto* meter = outcome ? w->done : over ? w->died : w->failed) meter->add();
    // Where this is not written the job comes again at the end of its lease.
    auto written = [self = shared_from_this(), w, j, over, outcome = std::move(outcome)](result<rows> r) {
      if (!r || !over || !w->what.ended) return self->leave(*w);
      w->at.post([self, w, j, outcome] {
        try {
          w->what.ended(j, outcome);
        } catch (const std::exception& e) {
          if (self->options.log)
            self->options.log->error("what follows a job failed", {{"kind", j.kind}, {"reason", e.what()}});
        }
        self->leave(*w);
      });
    };
    db.run(acts_as_system(), lane::commands, *what, std::move(bound), written);
  }

  void leave(worker& w) {
    const std::lock_guard lock{mutex};
    --w.running;
    kicked = true;  // there is room
    wake.notify_all();
  }

  /// Only what nobody expected counts.
  void judge(const worker& w, const result<done>& outcome, timestamp now) const {
    if (!w.at.gate) return;
    if (outcome)
      w.at.gate->succeeded();
    else if (outcome.refusal().kind != fault_kind::internal)
      w.at.gate->neither();
    else if (w.at.gate->failed(now) && options.log)
      options.log->error("jobs of a kind fail again and again: they are left alone for a while",
                         {{"kind", w.what.kind}});
  }

  void sweep(std::unique_lock<std::mutex>& lock) {
    sweeping = true;
    auto counted = [self = shared_from_this()](result<rows> r) {
      const std::lock_guard lock{self->mutex};
      self->sweeping = false;
      if (r) self->show_dead(*r);
      self->wake.notify_all();
    };
    auto swept = [self = shared_from_this(), counted](result<std::int64_t>) {
      self->db.run(acts_as_system(), lane::reads, count_dead, {}, counted);
    };
    purge_options how;
    how.meters = options.meters;
    how.log = options.log;
    lock.unlock();
    detach<std::int64_t>(purge(db, ended_jobs, time.now() - options.kept, how), swept);
    lock.lock();
  }

  void show_dead(const rows& counts) {
    if (!options.meters) return;
    for (auto& [kind, level] : dead) level->set(0);
    for (const auto& r : counts) {
      auto& level = dead[r.text(0)];
      if (!level)
        level = &options.meters->level("stoa_jobs_dead", "Jobs that failed for good and wait for somebody to look",
                                       {{"kind", r.text(0)}});
      level->set(static_cast<double>(r.integer(1)));
    }
  }

  bool busy() const { return looking || sweeping || running(); }
  bool running() const {
    return std::any_of(workers.begin(), workers.end(), [](const auto& w) { return w.second->running > 0; });
  }

  database& db;
  const clock& time;
  const job_options options;

  std::mutex mutex;
  std::condition_variable wake;
  std::map<std::string, worker_ptr> workers;
  std::map<std::string, gauge*> dead;
  std::atomic<std::int64_t> put_off{0};
  std::int64_t looks = 0;      ///< that have ended
  std::size_t found_last = 0;  ///< by the last of them
  bool asked_all = false;      ///< the last of them: no kind was passed over for want of room
  bool kicked = false;
  bool looking = false;
  bool sweeping = false;
  bool stopping = false;
  std::thread thread;
};

job_runner::job_runner(database& db, const clock& time, job_options options)
    : state_(std::make_shared<state>(db, time, std::move(options))) {}

job_runner::~job_runner() { stop(); }

void job_runner::add(job_worker w, workplace at) {
  auto made = std::make_shared<state::worker>();
  if (auto* meters = state_->options.meters) {
    const auto meter = [&](const char* outcome) {
      return &meters->count("stoa_jobs_total", "Attempts at jobs", {{"kind", w.kind}, {"outcome", outcome}});
    };
    made->done = meter("done");
    made->failed = meter("failed");
    made->died = meter("dead");
  }
  const auto kind = w.kind;
  made->what = std::move(w);
  made->at = std::move(at);
  const std::lock_guard lock{state_->mutex};
  if (!state_->workers.emplace(kind, std::move(made)).second)
    throw std::logic_error("jobs of the kind " + kind + " have a worker already");
  state_->kicked = true;
  state_->wake.notify_all();
}

bool job_runner::remove(const std::string& kind, milliseconds within) {
  std::unique_lock lock{state_->mutex};
  const auto at = state_->workers.find(kind);
  if (at == state_->workers.end()) return true;
  const auto gone = at->second;
  state_->workers.erase(at);
  return state_->wake.wait_for(lock, within, [&] { return gone->running == 0; });
}

void job_runner::start() {
  const std::lock_guard lock{state_->mutex};
  if (!state_->thread.joinable() && !state_->stopping) state_->thread = std::thread([s = state_] { s->loop(); });
}

void job_runner::kick() noexcept {
  const std::lock_guard lock{state_->mutex};
  state_->kicked = true;
  state_->wake.notify_all();
}

bool job_runner::work_off(milliseconds within) {
  std::unique_lock lock{state_->mutex};
  const auto until = steady::now() + within;
  for (;;) {
    // The look under way may have begun before the caller's jobs were queued.
    if (!state_->wake.wait_until(lock, until, [&] { return !state_->looking; })) return false;
    state_->found_last = 1;
    state_->kicked = true;
    const auto seen = state_->looks;
    state_->wake.notify_all();
    const bool quiet = state_->wake.wait_until(
        lock, until, [&] { return state_->looks > seen && !state_->looking && !state_->running(); });
    if (!quiet) return false;
    if (state_->found_last == 0 && state_->asked_all) return true;
  }
}

void job_runner::stop(milliseconds within) {
  std::thread ending;
  {
    const std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    ending = std::move(state_->thread);
    state_->wake.notify_all();
  }
  if (ending.joinable()) ending.join();
  std::unique_lock lock{state_->mutex};
  state_->wake.wait_for(lock, within, [&] { return !state_->busy(); });
}

}  // namespace stoa::runtime

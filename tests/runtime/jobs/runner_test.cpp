#include "runtime/jobs/runner.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <set>

#include "runtime/store/migrate.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using runtime::job_runner;

namespace {

struct greet {
  static constexpr std::string_view kind = "test.greet";
  std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(greet, (), (n))

struct other {
  static constexpr std::string_view kind = "test.other";
};
BOOST_DESCRIBE_STRUCT(other, (), ())

const timestamp now{days{20'000}};

/// A job that ends when the test says so.
class held_work {
 public:
  std::function<task<done>(greet, job)> work() {
    return [this](greet, job) -> task<done> {
      const int here = ++inside;
      for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) {
      }
      co_await waiting{this};
      --inside;
      co_return done{};
    };
  }
  /// Lets all go that wait, on the caller's thread.
  void release() {
    std::vector<std::coroutine_handle<>> all;
    {
      const std::lock_guard lock{mutex_};
      all.swap(held_);
    }
    for (auto h : all) h.resume();
  }
  std::atomic<int> inside{0}, most{0};

 private:
  struct waiting {
    held_work* at;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      const std::lock_guard lock{at->mutex_};
      at->held_.push_back(h);
    }
    void await_resume() {}
  };
  std::mutex mutex_;
  std::vector<std::coroutine_handle<>> held_;
};

class bench {
 public:
  bench() : connection_(test_postgres::shared().fresh_database()) {
    runtime::migrate_options m;
    m.connection = connection_;
    m.folder = STOA_SOURCE_DIR "/migrations";
    runtime::migrate(m);
    runtime::store_options o;
    o.connection = connection_;
    db = std::make_unique<runtime::store>(std::move(o));
    options.poll = milliseconds{5};
  }

  std::unique_ptr<job_runner> runner(job_worker w) {
    auto made = std::make_unique<job_runner>(*db, time, options);
    made->add(std::move(w));
    made->start();
    return made;
  }
  void queue(const job_rows& rows) { REQUIRE(run_now(*db, queue_jobs, {rows})); }
  void queue(std::int64_t n, milliseconds after = milliseconds{0}, const std::string& key = {}) {
    queue(job_rows(time.now()).add(greet{n}, after, key));
  }
  void sql(const std::string& text) {
    runtime::plain_connection{connection_}.run("set stoa.acting = 'system';" + text);
  }
  std::string count(const std::string& where) {
    runtime::plain_connection c{connection_};
    c.run("set stoa.acting = 'system'");
    return c.run("select count(*) from job where " + where).at(0).at(0).value();
  }

  std::unique_ptr<runtime::store> db;
  manual_clock time{now};
  runtime::job_options options;

 private:
  std::string connection_;
};

/// Keeps what it was given.
struct keeper {
  job_worker worker(job_policy policy = {}) {
    return worker_of<greet>(
        [this](greet g, job j) -> task<done> {
          const std::lock_guard lock{mutex};
          got.push_back(g.n);
          attempts.push_back(j.attempt);
          if (fails) co_return *fails;
          co_return done{};
        },
        policy);
  }
  std::vector<std::int64_t> all() {
    const std::lock_guard lock{mutex};
    return got;
  }
  void fail_with(std::optional<fault> f) {
    const std::lock_guard lock{mutex};
    fails = std::move(f);
  }
  std::mutex mutex;
  std::vector<std::int64_t> got, attempts;
  std::optional<fault> fails;
};

using list = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a job is done when it is due, once, and its result goes back as a call", "[jobs]") {
  bench b;
  keeper k;
  std::atomic<int> ended{0};
  auto w = k.worker();
  w.ended = [&](const job& j, const result<done>& r) {
    if (r && j.kind == greet::kind) ++ended;
  };
  b.queue(1);
  b.queue(2, minutes{5});
  auto r = b.runner(std::move(w));
  CHECK(r->work_off(seconds{10}));
  CHECK(k.all() == list{1});
  CHECK(ended == 1);
  b.time.advance(minutes{5});
  CHECK(r->work_off(seconds{10}));
  CHECK(k.all() == list{1, 2});
  CHECK(b.count("true") == "0");
}

TEST_CASE("working off ends when nothing is due of any kind, also of one that was busy at the last look", "[jobs]") {
  bench b;
  keeper k;
  job_policy one;
  one.at_once = 1;
  auto r = b.runner(k.worker(one));
  r->add(worker_of<other>([](other, job) -> task<done> { co_return done{}; }));
  for (std::size_t round = 1; round <= 5; ++round) {
    for (int i = 0; i < 4; ++i) b.queue(i);
    CHECK(r->work_off(seconds{10}));
    CHECK(k.all().size() == 4 * round);
  }
}

TEST_CASE("jobs are their transaction's: what is rolled back was never promised", "[jobs]") {
  bench b;
  keeper k;
  auto r = b.runner(k.worker());
  const auto refused = transact_now(*b.db, [&](connection& c) -> result<done> {
    c.run(queue_jobs, {job_rows(now).add(greet{1})});
    return fault{fault_kind::conflict, "NO", "no"};
  });
  CHECK_FALSE(refused);
  REQUIRE(transact_now(*b.db, [&](connection& c) -> result<done> {
    c.run(queue_jobs, {job_rows(now).add(greet{2})});
    return done{};
  }));
  CHECK(r->work_off(seconds{10}));
  CHECK(k.all() == list{2});
}

TEST_CASE("a job that fails comes again, later and later, and is dead in the end", "[jobs]") {
  bench b;
  keeper k;
  job_policy p;
  p.attempts = 3;
  p.first_pause = seconds{10};
  k.fail_with(fault::unavailable("away"));
  std::atomic<int> died{0};
  auto w = k.worker(p);
  w.ended = [&](const job&, const result<done>& r) {
    if (!r) ++died;
  };
  auto r = b.runner(std::move(w));
  b.queue(7);
  CHECK(r->work_off(seconds{10}));
  CHECK(k.attempts == list{1});
  b.time.advance(seconds{9});
  CHECK(r->work_off(seconds{10}));
  CHECK(k.attempts == list{1});
  b.time.advance(seconds{1});
  CHECK(r->work_off(seconds{10}));
  CHECK(k.attempts == list{1, 2});
  CHECK(died == 0);
  b.time.advance(seconds{20});
  CHECK(r->work_off(seconds{10}));
  CHECK(k.attempts == list{1, 2, 3});
  CHECK(died == 1);
  b.time.advance(days{30});
  CHECK(r->work_off(seconds{10}));
  CHECK(k.attempts.size() == 3);
  CHECK(b.count("state = 'dead' and last_error like '%away%'") == "1");
}

TEST_CASE("what cannot get better is not tried again", "[jobs]") {
  const job_policy p;
  CHECK(runtime::pause_after(p, 1, fault::unavailable("")) == p.first_pause);
  CHECK(runtime::pause_after(p, 3, fault::unavailable("")) == 4 * p.first_pause);
  CHECK(runtime::pause_after(p, 11, fault::unavailable("")) <= p.longest_pause);
  CHECK_FALSE(runtime::pause_after(p, 12, fault::unavailable("")));
  CHECK_FALSE(runtime::pause_after(p, 1, fault{fault_kind::rejected, "NO", "no"}));
  bench b;
  keeper k;
  b.queue(1);
  // Its facts are not those of its kind any more.
  constexpr statement spoil{"test.spoil", "update job set payload = '{}'"};
  REQUIRE(run_now(*b.db, spoil, {}, lane::commands, acts_as_system()));
  auto r = b.runner(k.worker());
  CHECK(r->work_off(seconds{10}));
  CHECK(k.all().empty());
  CHECK(b.count("state = 'dead' and attempts = 1") == "1");
}

TEST_CASE("a key is queued once, also for a while after its job was done", "[jobs]") {
  bench b;
  b.options.sweep = milliseconds{5};
  b.options.kept = days{7};
  keeper k;
  b.queue(1, milliseconds{0}, "order-1");
  b.queue(2, milliseconds{0}, "order-1");
  b.queue(3, milliseconds{0}, "order-2");
  auto r = b.runner(k.worker());
  CHECK(r->work_off(seconds{10}));
  b.queue(4, milliseconds{0}, "order-1");
  CHECK(r->work_off(seconds{10}));
  CHECK(k.all() == list{1, 3});
  b.time.advance(days{8});
  CHECK(eventually([&] { return b.count("true") == "0"; }));
  b.queue(5, milliseconds{0}, "order-1");
  CHECK(r->work_off(seconds{10}));
  CHECK(k.all() == list{1, 3, 5});
}

TEST_CASE("one sweep deletes all jobs whose keys have had their time, and neither those that wait nor the dead",
          "[jobs][purge]") {
  bench b;
  b.options.sweep = hours{1};  // the one at the start is the only one
  b.time.advance(days{8});
  b.sql(
      "insert into job (id, kind, key, payload, due_at, state, ended_at) "
      "select gen_random_uuid(), 'test.greet', 'old-' || n, '{}', now(), 'done', timestamptz '2024-10-01' from "
      "generate_series(1, 2500) n");
  b.sql(
      "insert into job (id, kind, key, payload, due_at, state, ended_at) values "
      "(gen_random_uuid(), 'test.greet', 'lately', '{}', now(), 'done', now()), "
      "(gen_random_uuid(), 'test.greet', 'dead', '{}', now(), 'dead', timestamptz '2024-10-01'), "
      "(gen_random_uuid(), 'test.greet', 'later', '{}', timestamptz '2124-10-01', 'waiting', null)");
  keeper k;
  auto r = b.runner(k.worker());
  CHECK(eventually([&] { return b.count("key like 'old-%'") == "0"; }));
  CHECK(b.count("true") == "3");
  CHECK(k.all().empty());
}

TEST_CASE("runners share the work, and nobody does a job that another holds", "[jobs]") {
  bench b;
  keeper k;
  for (int n = 1; n <= 40; ++n) b.queue(n);
  auto one = b.runner(k.worker());
  auto two = b.runner(k.worker());
  CHECK(one->work_off(seconds{10}));
  CHECK(two->work_off(seconds{10}));
  auto all = k.all();
  CHECK(all.size() == 40);
  CHECK(std::set<std::int64_t>(all.begin(), all.end()).size() == 40);
}

TEST_CASE("at most so many run at once, and others' jobs go on meanwhile", "[jobs]") {
  bench b;
  held_work held;
  job_policy p;
  p.at_once = 2;
  auto r = b.runner(worker_of<greet>(held.work(), p));
  std::atomic<int> others{0};
  r->add(worker_of<other>([&](other, job) -> task<done> {
    ++others;
    co_return done{};
  }));
  for (int n = 1; n <= 5; ++n) b.queue(n);
  b.queue(job_rows(now).add(other{}));
  REQUIRE(eventually([&] { return held.inside == 2 && others == 1; }));
  CHECK_THROWS_AS(r->add(worker_of<greet>(held.work(), p)), std::logic_error);
  CHECK(eventually([&] {
    held.release();
    return b.count("true") == "0";
  }));
  CHECK(held.most == 2);
  // Taken away while one runs: it is waited for, and no other begins.
  b.queue(6);
  REQUIRE(eventually([&] { return held.inside == 1; }));
  CHECK_FALSE(r->remove(std::string(greet::kind), milliseconds{1}));
  b.queue(7);
  held.release();
  CHECK(r->work_off(seconds{10}));
  CHECK(b.count("state = 'waiting'") == "1");
}

TEST_CASE("the jobs of a process that is gone come again at the end of their lease", "[jobs]") {
  bench b;
  held_work held;
  keeper k;
  job_policy p;
  p.lease = seconds{30};
  auto gone = b.runner(worker_of<greet>(held.work(), p));
  b.queue(1);
  REQUIRE(eventually([&] { return held.inside == 1; }));
  gone->stop(milliseconds{1});
  auto heir = b.runner(k.worker(p));
  b.time.advance(seconds{29});
  CHECK(heir->work_off(seconds{10}));
  CHECK(k.all().empty());
  k.fail_with(fault::unavailable("not yet"));
  b.time.advance(seconds{1});
  CHECK(heir->work_off(seconds{10}));
  CHECK(k.all() == list{1});
  // The first is slow, not dead: it comes late, and ends nothing any more.
  held.release();
  k.fail_with(std::nullopt);
  b.time.advance(minutes{5});
  CHECK(heir->work_off(seconds{10}));
  CHECK(k.attempts == list{2, 3});
  CHECK(b.count("true") == "0");
}

TEST_CASE("a kind whose breaker is open waits without losing attempts, then one of its jobs is tried",
          "[jobs][breaker]") {
  bench b;
  std::atomic<bool> broken{true};
  std::atomic<int> begun{0}, done_here{0};
  job_policy policy;
  policy.first_pause = policy.longest_pause = milliseconds{10};
  policy.at_once = 1;
  runtime::workplace at;
  at.threads = runtime::executor::make({1, 0, nullptr});
  at.gate = std::make_shared<runtime::breaker>(runtime::breaker_options{3, minutes{1}, seconds{30}});
  std::atomic<bool> elsewhere{false};
  auto w = worker_of<greet>(
      [&](greet, job) -> task<done> {
        ++begun;
        if (!at.threads->is_here()) elsewhere = true;
        if (broken) throw std::runtime_error("broken");
        co_return done{};
      },
      policy);
  w.ended = [&](const job&, const result<done>&) {
    if (!at.threads->is_here()) elsewhere = true;
    ++done_here;
  };
  job_runner r(*b.db, b.time, b.options);
  r.add(std::move(w), at);
  r.start();
  for (int n = 0; n < 2; ++n) b.queue(n);
  CHECK(eventually([&] {
    b.time.advance(milliseconds{15});
    return at.gate->now() == runtime::breaker::state::open;
  }));
  CHECK(begun == 3);
  broken = false;
  b.time.advance(seconds{31});
  CHECK(eventually([&] { return done_here == 2; }));
  CHECK(begun == 5);
  CHECK(at.gate->now() == runtime::breaker::state::closed);
  CHECK(!elsewhere);
  r.stop();
  at.threads->stop(seconds{5});
}

// Events that a subscription cannot take, and subscriptions with a workplace of their own.
#include "runtime/events/dead_events.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

#include "runtime/events/pump.hpp"
#include "runtime/store/migrate.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using runtime::pump;

namespace {

constexpr statement add_event{"test.add_event", R"(
  insert into outbox (id, kind, user_id, entity, payload, at)
  values (:p1::uuid, 'test.numbered', null, :p1::uuid, jsonb_build_object('n', :p2::bigint), :p3::timestamptz))"};
constexpr statement make_seen{"test.make_seen",
                              "create table seen (name text, id uuid, n bigint, primary key (name, id))"};
constexpr statement add_seen{"test.add_seen", "insert into seen values (:p1::text, :p2::uuid, :p3::bigint)"};
constexpr statement read_seen{"test.read_seen", R"(
  select coalesce(string_agg(n::text, ',' order by n), '') from seen where name = :p1::text)"};

std::int64_t number_of(const event& e) { return e.payload.find("n")->as_integer().value(); }

class bench {
 public:
  bench() : address(test_postgres::shared().fresh_database()) {
    runtime::migrate_options m;
    m.connection = address;
    m.folder = STOA_SOURCE_DIR "/migrations";
    runtime::migrate(m);
    db = store_of("");
    REQUIRE(run_now(*db, make_seen));
    runtime::pump_options options;
    options.poll = milliseconds{5};
    options.replay_look = milliseconds{20};
    options.tries = 3;
    options.deadline = milliseconds{200};
    p = std::make_unique<pump>(*db, time, options);
  }
  ~bench() { p->stop(); }

  std::shared_ptr<runtime::store> store_of(const std::string& owner) {
    runtime::store_options o;
    o.connection = address;
    o.owner = owner;
    o.consumer_workers = 1;
    return std::make_shared<runtime::store>(std::move(o));
  }
  void emit(std::int64_t n) { REQUIRE(run_now(*db, add_event, {uuid::make_v7(), n, time.now()})); }
  std::string seen(const std::string& name) { return run_now(*db, read_seen, {name}).value().front().text(0); }
  static void write(connection& c, const std::string& name, const std::vector<event>& events) {
    for (const auto& e : events) c.run(add_seen, {name, e.id, number_of(e)});
  }
  /// Writes what it gets, but for negative numbers while it is broken.
  subscription picky(const std::string& name) {
    subscription s;
    s.name = name;
    s.kinds = {"test.numbered"};
    s.handle = [this, name](connection& c, const std::vector<event>& events) -> result<done> {
      write(c, name, events);
      for (const auto& e : events)
        if (broken && number_of(e) < 0) throw std::runtime_error("a negative number");
      return done{};
    };
    return s;
  }
  runtime::plain_connection operators() { return runtime::plain_connection{address}; }

  std::string address;
  std::shared_ptr<runtime::store> db;
  manual_clock time{timestamp{days{20'000}}};
  std::atomic<bool> broken{true};
  std::unique_ptr<pump> p;
};

}  // namespace

TEST_CASE("an event that cannot be taken is set aside with its reason, and the subscription goes on", "[pump][dead]") {
  bench b;
  b.p->add(b.picky("badges.ear"));
  b.p->start();
  for (const std::int64_t n : {1, -2, 3}) b.emit(n);
  CHECK(eventually([&] { return b.seen("badges.ear") == "1,3"; }));
  CHECK(eventually([&] { return b.p->dead("badges.ear") == 1; }));
  auto db = b.operators();
  const auto dead = runtime::list_dead_events(db, "badges");
  REQUIRE(dead.size() == 1);
  CHECK(dead.front().subscription == "badges.ear");
  CHECK(dead.front().kind == "test.numbered");
  CHECK(dead.front().tries == "3");
  CHECK(dead.front().reason == "a negative number");
  CHECK(runtime::list_dead_events(db, "badge").empty());

  SECTION("it is given again on demand, once") {
    b.broken = false;
    CHECK(runtime::replay_dead_events(db, "badges.ear") == 1);
    CHECK(eventually([&] { return b.seen("badges.ear") == "-2,1,3"; }));
    CHECK(eventually([&] { return b.p->dead("badges.ear") == 0; }));
    CHECK(runtime::list_dead_events(db, "badges").empty());
  }
  SECTION("one that fails again stays aside") {
    CHECK(runtime::replay_dead_events(db, "badges", dead.front().id) == 1);
    CHECK(eventually([&] { return runtime::list_dead_events(db, "badges").front().tries == "4"; }));
    CHECK(b.seen("badges.ear") == "1,3");
    b.emit(5);
    CHECK(eventually([&] { return b.seen("badges.ear") == "1,3,5"; }));
  }
  SECTION("it is given up for good on demand") {
    CHECK(runtime::drop_dead_events(db, "badges") == 1);
    CHECK(eventually([&] { return b.p->dead("badges.ear") == 0; }));
  }
}

TEST_CASE("a database that is away costs an event none of its tries", "[pump][dead]") {
  bench b;
  std::atomic<int> asked{0};
  auto s = b.picky("w");
  s.handle = [&](connection& c, const std::vector<event>& events) -> result<done> {
    if (++asked < 6) return fault::unavailable("Away.");
    bench::write(c, "w", events);
    return done{};
  };
  b.p->add(std::move(s));
  b.p->start();
  b.emit(1);
  CHECK(eventually([&] { return b.seen("w") == "1"; }));
  CHECK(b.p->dead("w") == 0);
}

TEST_CASE("a handler that takes longer than its deadline has failed, and its event is set aside in the end",
          "[pump][dead]") {
  bench b;
  std::atomic<int> asked{0};
  auto s = b.picky("w");
  s.handle = [&](connection& c, const std::vector<event>& events) -> result<done> {
    const auto until = std::chrono::steady_clock::now() + milliseconds{220};
    if (number_of(events.front()) < 0 && ++asked > 0)
      eventually([&] { return std::chrono::steady_clock::now() > until; });
    bench::write(c, "w", events);
    return done{};
  };
  b.p->add(std::move(s));
  b.p->start();
  for (const std::int64_t n : {-1, 2}) b.emit(n);
  CHECK(eventually([&] { return b.seen("w") == "2"; }));
  CHECK(b.p->dead("w") == 1);
  CHECK(asked >= 3);
}

TEST_CASE("a subscription whose breaker is open is left alone and comes back", "[pump][breaker]") {
  bench b;
  auto s = b.picky("w");
  std::atomic<int> asked{0};
  s.handle = [&, handle = s.handle](connection& c, const std::vector<event>& events) {
    ++asked;
    return handle(c, events);
  };
  runtime::workplace at;
  at.gate = std::make_shared<runtime::breaker>(runtime::breaker_options{2, minutes{1}, seconds{30}});
  b.p->add(std::move(s), at);
  b.p->add(b.picky("other"));
  b.p->start();
  b.emit(-1);
  CHECK(eventually([&] { return at.gate->now() == runtime::breaker::state::open; }));
  CHECK(asked == 2);
  b.broken = false;
  b.emit(2);
  CHECK(eventually([&] { return b.seen("other").ends_with("2"); }));
  CHECK(asked == 2);
  b.time.advance(seconds{31});
  CHECK(eventually([&] { return b.seen("w") == "-1,2"; }));
  CHECK(at.gate->now() == runtime::breaker::state::closed);
}

TEST_CASE("a subscription that blocks its own sessions is late alone, and its lag shows it", "[pump][isolation]") {
  bench b;
  gate hold, begun;
  auto own = b.store_of("plugin_slow");
  runtime::workplace at;
  at.sessions = own;
  auto slow = b.picky("slow");
  slow.handle = [&](connection&, const std::vector<event>&) -> result<done> {
    begun.open();
    hold.wait();
    return done{};
  };
  b.p->add(std::move(slow), at);
  b.p->add(b.picky("quick"));
  b.p->start();
  b.emit(1);
  REQUIRE(begun.wait());
  for (std::int64_t n = 2; n <= 4; ++n) b.emit(n);
  CHECK(eventually([&] { return b.seen("quick") == "1,2,3,4"; }));
  CHECK(eventually([&] { return b.p->lag("slow") == 4; }));
  CHECK(b.p->lag("quick") == 0);
  hold.open();
  CHECK(eventually([&] { return b.p->lag("slow") == 0; }));
}

TEST_CASE("what a consumer has to ask for is awaited outside of its transaction, and written once",
          "[pump][awaiting]") {
  bench b;
  std::function<void(result<done>)> answer;
  gate asked;
  std::atomic<int> rounds{0};
  awaiting_subscription s;
  s.what.name = "w";
  s.what.kinds = {"test.numbered"};
  s.prepare = [&](std::vector<event> events) -> task<event_write> {
    const bool first = ++rounds == 1;
    if (first) {
      callback_awaiter<done> told{[&](callback_awaiter<done>::completion c) {
        answer = std::move(c);
        asked.open();
      }};
      co_await told;
    }
    co_return event_write([events](connection& c) -> result<done> {
      bench::write(c, "w", events);
      return done{};
    });
  };
  b.p->add(std::move(s), runtime::workplace{});
  b.p->start();
  b.emit(1);
  REQUIRE(asked.wait());
  SECTION("and answered") {
    answer(done{});
    CHECK(eventually([&] { return b.seen("w") == "1"; }));
    b.emit(2);
    CHECK(eventually([&] { return b.seen("w") == "1,2"; }));
  }
  SECTION("and refused: it is asked again") {
    answer(fault::unavailable("Not now."));
    CHECK(eventually([&] { return b.seen("w") == "1"; }));
    CHECK(rounds >= 2);
  }
  SECTION("and not answered within the deadline: it is asked again, and what comes late is passed over") {
    CHECK(eventually([&] { return b.seen("w") == "1"; }));
    answer(done{});
    b.emit(2);
    CHECK(eventually([&] { return b.seen("w") == "1,2"; }));
  }
  SECTION("and another server was faster: nothing is written twice") {
    runtime::pump_options quick;
    quick.poll = milliseconds{5};
    pump other(*b.db, b.time, quick);
    other.add(b.picky("w"));
    other.start();
    CHECK(eventually([&] { return b.seen("w") == "1"; }));
    answer(done{});
    b.emit(2);
    CHECK(eventually([&] { return b.seen("w") == "1,2"; }));
    other.stop();
  }
}

TEST_CASE("an observer with threads of its own hears on them, in order, and holds up nobody", "[pump][observe]") {
  bench b;
  const auto threads = runtime::executor::make({2, 0, nullptr});
  gate hold, begun;
  std::mutex mutex;
  std::vector<std::int64_t> slow, quick;
  observer one;
  one.name = "slow";
  one.kinds = {"test.numbered"};
  one.told = [&](const event& e) {
    begun.open();
    hold.wait();
    const std::lock_guard lock{mutex};
    slow.push_back(threads->is_here() ? number_of(e) : -1);
  };
  runtime::workplace at;
  at.threads = threads;
  b.p->watch(std::move(one), at);
  observer other;
  other.name = "quick";
  other.kinds = {"test.numbered"};
  other.told = [&](const event& e) {
    const std::lock_guard lock{mutex};
    quick.push_back(number_of(e));
  };
  b.p->watch(std::move(other));
  b.p->start();
  for (std::int64_t n = 1; n <= 5; ++n) b.emit(n);
  REQUIRE(begun.wait());
  const auto count = [&](const std::vector<std::int64_t>& of) {
    const std::lock_guard lock{mutex};
    return of.size();
  };
  CHECK(eventually([&] { return count(quick) == 5; }));
  CHECK(count(slow) == 0);
  CHECK(!b.p->forget("slow", milliseconds{10}));
  hold.open();
  CHECK(eventually([&] { return count(slow) == 1; }));
  threads->stop(seconds{5});
}

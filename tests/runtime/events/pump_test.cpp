#include "runtime/events/pump.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "runtime/events/outbox_home.hpp"
#include "runtime/store/migrate.hpp"
#include "tests/runtime/store/store_support.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::pump;
using stoa::runtime::pump_options;

namespace {

constexpr statement add_event{"test.add_event", R"(
  insert into outbox (id, kind, user_id, entity, payload, at)
  values (:p1::uuid, :p2::text, :p3::uuid, :p1::uuid, jsonb_build_object('n', :p4::bigint), :p5::timestamptz))"};
constexpr statement make_seen{"test.make_seen", "create table seen (name text, n bigint)"};
constexpr statement add_seen{"test.add_seen", "insert into seen values (:p1::text, :p2::bigint)"};
constexpr statement read_seen{"test.read_seen", R"(
  select coalesce(string_agg(n::text, ',' order by n), '') from seen where name = :p1::text)"};
constexpr statement count_outbox{"test.count_outbox", "select count(*) from outbox"};

const timestamp now{days{20'000}};

class bench {
 public:
  bench() : connection_(test_postgres::shared().fresh_database()) {
    runtime::migrate_options m;
    m.connection = connection_;
    m.folder = STOA_SOURCE_DIR "/migrations";
    runtime::migrate(m);
    runtime::store_options o;
    o.connection = connection_;
    o.command_workers = 3;
    db = std::make_unique<runtime::store>(std::move(o));
    REQUIRE(run_now(*db, make_seen));
    options.poll = milliseconds{5};
  }
  ~bench() {
    if (p) p->stop();
  }
  pump& started() {
    if (!p) p = std::make_unique<pump>(*db, time, options);
    return *p;
  }

  void emit(std::int64_t n, const std::string& kind = "order.created", timestamp at = now) {
    REQUIRE(run_now(*db, add_event, {uuid::make_v7(), kind, user_id::make(), n, at}));
  }
  std::string seen(const std::string& name) { return run_now(*db, read_seen, {name}).value().front().text(0); }
  std::int64_t rows_left() {
    return run_now(*db, count_outbox, {}, lane::commands, acts_as_system()).value().front().integer(0);
  }

  /// Writes the numbers it gets into `seen`, in the same transaction.
  subscription writer(std::string name, std::vector<std::string> kinds = {}) {
    subscription s;
    s.name = name;
    s.kinds = std::move(kinds);
    s.handle = [name](connection& c, const std::vector<event>& events) -> result<done> {
      for (const auto& e : events) c.run(add_seen, {name, e.payload.find("n")->as_integer().value()});
      return done{};
    };
    return s;
  }

  subscription late_writer(std::string name) {
    auto s = writer(std::move(name));
    s.begin = from::now;
    return s;
  }

  const std::string& conninfo() const { return connection_; }

  std::unique_ptr<runtime::store> db;
  manual_clock time{now};
  pump_options options;

 private:
  std::string connection_;
  std::unique_ptr<pump> p;
};

}  // namespace

TEST_CASE("every subscription gets its events once, in order, and is told after the commit", "[pump]") {
  bench b;
  b.emit(1);
  b.emit(2, "user.created");
  std::mutex mutex;
  std::vector<std::int64_t> told;
  auto s = b.writer("all");
  s.committed = [&](const std::vector<event>& events) {
    const std::lock_guard lock{mutex};
    for (const auto& e : events) told.push_back(e.payload.find("n")->as_integer().value());
  };
  auto& p = b.started();
  p.add(std::move(s));
  p.add(b.writer("users", {"user.created"}));
  p.add(b.late_writer("late"));
  p.start();
  REQUIRE(eventually([&] { return b.seen("all") == "1,2" && b.seen("users") == "2" && p.lag("late") == 0; }));
  b.emit(3);
  p.kick();
  CHECK(eventually([&] { return b.seen("all") == "1,2,3" && b.seen("late") == "3" && p.lag("users") == 0; }));
  CHECK(eventually([&] {
    const std::lock_guard lock{mutex};
    return told == std::vector<std::int64_t>{1, 2, 3};
  }));
  CHECK(b.seen("users") == "2");
}

TEST_CASE("what is new is read once for all who want it, and whoever comes later misses nothing", "[pump]") {
  memory_metrics meters;
  bench b;
  runtime::store_options o;
  o.connection = b.conninfo();
  o.meters = &meters;
  b.db = std::make_unique<runtime::store>(std::move(o));
  b.options.poll = std::chrono::hours{1};
  auto& p = b.started();
  std::atomic<int> heard{0};
  p.add(b.writer("all"));
  p.add(b.writer("users", {"user.created"}));
  p.add(b.writer("others", {"thing.happened"}));
  p.watch({"ear", {"user.created", "order.created"}, [&](const event&) { ++heard; }});
  p.start();
  // Each has found its place, and has looked behind it, when it has had this one.
  b.emit(0, "thing.happened");
  p.kick();
  REQUIRE(eventually([&] { return b.seen("all") == "0" && b.seen("others") == "0" && p.lag("users") == 0; }));
  const auto reads = [&] {
    return meters.at("stoa_statement_seconds", {{"statement", "outbox.next_batch"}}).calls.load();
  };
  const int before = reads();
  b.emit(1, "user.created");
  b.emit(2);
  p.kick();
  REQUIRE(eventually([&] { return b.seen("all") == "0,1,2" && b.seen("users") == "1" && heard == 2; }));
  CHECK(eventually([&] { return p.lag("others") == 0; }));
  CHECK(reads() == before + 1);

  p.add(b.late_writer("late"));
  p.add(b.writer("early", {"user.created"}));
  p.kick();
  CHECK(eventually([&] { return b.seen("early") == "1" && p.lag("late") == 0; }));
  CHECK(b.seen("late") == "");
}

TEST_CASE("a stored offset goes on where it was", "[pump]") {
  bench b;
  b.emit(1);
  {
    pump p{*b.db, b.time, b.options};
    p.add(b.writer("w"));
    p.start();
    REQUIRE(eventually([&] { return b.seen("w") == "1"; }));
  }
  b.emit(2);
  pump p{*b.db, b.time, b.options};
  p.add(b.late_writer("w"));
  p.start();
  CHECK(eventually([&] { return b.seen("w") == "1,2"; }));
}

TEST_CASE("what is committed behind a first place is told, though the process ends at once", "[pump]") {
  bench b;
  b.emit(1);
  b.options.poll = std::chrono::hours{1};
  {
    pump p{*b.db, b.time, b.options};
    p.add(b.late_writer("w"));
    CHECK_FALSE(p.placed("w", milliseconds{0}));  // nobody has looked yet
    CHECK_FALSE(p.placed("nobody", milliseconds{0}));
    p.start();
    REQUIRE(p.placed("w", seconds{20}));
  }
  b.emit(2);
  b.options.poll = milliseconds{5};
  pump p{*b.db, b.time, b.options};
  p.add(b.late_writer("w"));
  p.start();
  CHECK(eventually([&] { return b.seen("w") == "2"; }));
}

TEST_CASE("a place that is stored is known while another server keeps the subscription", "[pump]") {
  bench b;
  {
    pump p{*b.db, b.time, b.options};
    p.add(b.late_writer("w"));
    p.start();
    REQUIRE(p.placed("w", seconds{20}));
  }
  runtime::plain_connection other{b.conninfo()};
  other.run("begin");
  other.run("select pg_advisory_xact_lock(hashtextextended('stoa subscription w', 0))");
  auto& p = b.started();
  p.add(b.late_writer("w"));
  p.start();
  CHECK(p.placed("w", seconds{20}));
  other.run("commit");
}

TEST_CASE("events of a slow transaction are not skipped", "[pump]") {
  bench b;
  auto& p = b.started();
  p.add(b.writer("w"));
  p.start();
  runtime::plain_connection slow{b.conninfo()};
  slow.run("begin");
  slow.run(
      "insert into outbox (id, kind, entity, payload, at) values "
      "('018f0000-0000-7000-8000-000000000001', 'x', '018f0000-0000-7000-8000-000000000001', '{\"n\": 1}', now())");
  b.emit(2);
  b.emit(3);
  p.kick();
  // The later ones wait: a fourth subscription that begins now sees none of them either.
  p.add(b.writer("probe"));
  REQUIRE(eventually([&] { return p.lag("probe") == 0; }));
  CHECK(b.seen("w").empty());
  slow.run("commit");
  CHECK(eventually([&] { return b.seen("w") == "1,2,3"; }));
}

TEST_CASE("a subscriber that fails holds nobody up and comes as far as it can", "[pump]") {
  bench b;
  std::atomic<bool> broken{true};
  std::atomic<int> tries{0};
  subscription bad = b.writer("bad");
  bad.handle = [&, write = bad.handle](connection& c, const std::vector<event>& events) -> result<done> {
    auto r = write(c, events);
    for (const auto& e : events)
      if (broken && e.payload.find("n")->as_integer() == 3) {
        if (++tries % 2) throw std::runtime_error("cannot");
        return fault{fault_kind::internal, "CANNOT", "cannot"};
      }
    return r;
  };
  auto& p = b.started();
  p.add(std::move(bad));
  p.add(b.writer("good"));
  p.start();
  for (int n = 1; n <= 5; ++n) b.emit(n);
  p.kick();
  CHECK(eventually([&] { return b.seen("good") == "1,2,3,4,5" && b.seen("bad") == "1,2" && tries >= 3; }));
  broken = false;
  CHECK(eventually([&] { return b.seen("bad") == "1,2,3,4,5"; }));
}

TEST_CASE("a paused subscription keeps its place and may get new handlers", "[pump]") {
  bench b;
  auto& p = b.started();
  p.add(b.writer("w"));
  p.start();
  b.emit(1);
  REQUIRE(eventually([&] { return b.seen("w") == "1"; }));
  CHECK_THROWS(p.add(b.writer("w")));
  CHECK(p.pause("w", seconds{5}));
  b.emit(2);
  p.add(b.writer("probe"));
  REQUIRE(eventually([&] { return b.seen("probe") == "1,2"; }));
  CHECK(b.seen("w") == "1");
  p.add(b.writer("w"));
  p.resume("w");
  CHECK(eventually([&] { return b.seen("w") == "1,2"; }));
  CHECK(p.pause("nobody", milliseconds{0}));
}

TEST_CASE("a long backlog is read in batches; what all have passed is deleted when it is old", "[pump]") {
  bench b;
  b.options.batch = 10;
  b.options.sweep = milliseconds{10};
  b.options.retention = hours{1};
  std::string all;
  for (int n = 1; n <= 35; ++n) {
    b.emit(n, "x", n <= 30 ? now - hours{2} : now);
    all += (n > 1 ? "," : "") + std::to_string(n);
  }
  runtime::plain_connection{b.conninfo()}.run(
      "insert into subscription_offset (name, xid, position) values ('gone', '0', 0)");
  auto& p = b.started();
  p.add(b.writer("w"));
  p.start();
  REQUIRE(eventually([&] { return b.seen("w") == all; }));
  CHECK(b.rows_left() == 35);
  runtime::plain_connection{b.conninfo()}.run("delete from subscription_offset where name = 'gone'");
  CHECK(eventually([&] { return b.rows_left() == 5; }));
}

TEST_CASE("one sweep deletes all that is old and was passed, however much it is", "[pump][purge]") {
  bench b;
  b.options.sweep = hours{1};  // the one at the start is the only one
  runtime::plain_connection{b.conninfo()}.run(
      "set stoa.acting = 'system';"
      "insert into outbox (id, kind, entity, at) "
      "select gen_random_uuid(), 'x', gen_random_uuid(), timestamptz '2024-01-01' from generate_series(1, 2500);"
      "insert into outbox (id, kind, entity, at) values (gen_random_uuid(), 'x', gen_random_uuid(), timestamptz "
      "'2024-10-04');"
      "insert into subscription_offset (name, xid, position) select 'w', xid, position from outbox "
      "order by outbox.xid desc, outbox.position desc limit 1");
  b.started().start();
  CHECK(eventually([&] { return b.rows_left() == 1; }));
}

TEST_CASE("two pumps share the work of one name", "[pump]") {
  bench b;
  pump one{*b.db, b.time, b.options};
  pump two{*b.db, b.time, b.options};
  for (auto* p : {&one, &two}) {
    p->add(b.writer("w"));
    p->start();
  }
  std::string all;
  for (int n = 1; n <= 40; ++n) {
    b.emit(n);
    (n % 2 ? one : two).kick();
    all += (n > 1 ? "," : "") + std::to_string(n);
  }
  CHECK(eventually([&] { return b.seen("w") == all; }));
}

TEST_CASE("stopping is quick and final", "[pump]") {
  bench b;
  gate entered, leave;
  subscription s;
  s.name = "slow";
  s.handle = [&](connection&, const std::vector<event>&) -> result<done> {
    entered.open();
    leave.wait();
    return done{};
  };
  b.emit(1);
  pump p{*b.db, b.time, b.options};
  p.add(std::move(s));
  p.start();
  REQUIRE(entered.wait());
  CHECK_FALSE(p.pause("slow", milliseconds{1}));
  const auto begun = std::chrono::steady_clock::now();
  p.stop(milliseconds{50});
  CHECK(std::chrono::steady_clock::now() - begun < seconds{5});
  leave.open();
  p.stop();
  b.db->stop();
}

TEST_CASE("a store that has stopped does no harm", "[pump]") {
  bench b;
  auto& p = b.started();
  p.add(b.writer("w"));
  b.db->stop();
  p.start();
  p.kick();
  p.add(b.writer("late"));
  CHECK_FALSE(p.lag("w"));
  p.stop(seconds{5});
}

TEST_CASE("observers of every process hear what any of them commits, from their start on", "[pump][observe]") {
  bench b;
  b.emit(1);
  runtime::store_options other;
  other.connection = b.conninfo();
  runtime::store other_store{std::move(other)};
  struct ear {
    std::mutex mutex;
    std::vector<std::pair<std::int64_t, bool>> told;  // n, and whether its own process wrote it
    observer as_observer(std::string name) {
      return {std::move(name), {"order.created"}, [this](const event& e) {
                const std::lock_guard lock{mutex};
                told.emplace_back(e.payload.find("n")->as_integer().value(), e.here);
              }};
    }
    std::vector<std::pair<std::int64_t, bool>> heard() {
      const std::lock_guard lock{mutex};
      return told;
    }
  } here, there;
  pump mine{*b.db, b.time, b.options};
  pump theirs{other_store, b.time, b.options};
  mine.watch(here.as_observer("here"));
  theirs.watch(there.as_observer("there"));
  mine.start();
  theirs.start();
  b.emit(2);
  b.emit(3, "user.created");
  REQUIRE(run_now(other_store, add_event, {uuid::make_v7(), "order.created", user_id::make(), std::int64_t{4}, now}));
  using list = std::vector<std::pair<std::int64_t, bool>>;
  CHECK(eventually([&] { return here.heard() == list{{2, true}, {4, false}}; }));
  CHECK(eventually([&] { return there.heard() == list{{2, false}, {4, true}}; }));
  CHECK(mine.forget("here", seconds{5}));
  b.emit(5);
  CHECK(eventually([&] { return there.heard().size() == 3; }));
  CHECK(here.heard().size() == 2);
  mine.stop();
  theirs.stop();
  other_store.stop();
}

TEST_CASE("an observer that fails costs nobody an event, and it hears the next", "[pump][observe]") {
  bench b;
  b.options.batch = 3;  // more come than one read takes
  std::atomic<int> bad{0}, good{0};
  auto& p = b.started();
  p.watch({"bad", {"order.created"}, [&](const event&) {
             ++bad;
             throw std::runtime_error("cannot");
           }});
  p.watch({"good", {"order.created"}, [&](const event&) { ++good; }});
  p.start();
  for (int n = 1; n <= 10; ++n) b.emit(n);
  CHECK(eventually([&] { return bad == 10 && good == 10; }));
}

TEST_CASE("without a database nobody begins to observe", "[pump][observe]") {
  bench b;
  auto& p = b.started();
  p.watch({"o", {"order.created"}, [](const event&) {}});
  b.db->stop();
  CHECK_THROWS_AS(p.start(milliseconds{50}), std::runtime_error);
}

TEST_CASE("a dump restored into another cluster is numbered anew, and nothing of it is skipped or told twice",
          "[pump]") {
  bench b;
  b.emit(1);
  b.emit(2);
  {
    pump p{*b.db, b.time, b.options};
    p.add(b.writer("w"));
    p.add(b.writer("behind", {"later"}));
    p.start();
    REQUIRE(eventually([&] { return b.seen("w") == "1,2" && p.lag("behind") == 0; }));
  }
  b.emit(3, "later");
  runtime::plain_connection db{b.conninfo()};
  CHECK_FALSE(runtime::settle_outbox(db, nullptr));
  db.run("set stoa.acting = 'system'");
  // What a dump brings from a cluster that has used up far more transactions, and once more after that.
  for (int restored = 0; restored < 2; ++restored) {
    db.run(
        "update outbox_home set system = 'another';"
        "update outbox set xid = (xid::text::bigint + 1000000000)::text::xid8;"
        "update subscription_offset set xid = (xid::text::bigint + 1000000000)::text::xid8");
    CHECK(runtime::settle_outbox(db, nullptr));
    CHECK_FALSE(runtime::settle_outbox(db, nullptr));
    pump p{*b.db, b.time, b.options};
    p.add(b.writer("w"));
    p.add(b.writer("behind", {"later"}));
    p.start();
    REQUIRE(eventually([&] { return p.lag("w") == 0 && b.seen("behind") == (restored ? "3,4" : "3"); }));
    b.emit(4 + restored, "later");
    CHECK(eventually([&] { return b.seen("w") == (restored ? "1,2,3,4,5" : "1,2,3,4"); }));
    CHECK(eventually([&] { return b.seen("behind") == (restored ? "3,4,5" : "3,4"); }));
  }
  CHECK(db.run("select system <> 'another' from outbox_home").at(0).at(0) == "t");
}

// Handlers of events run in a lane of their own.
#include <catch2/catch.hpp>

#include "runtime/events/pump.hpp"
#include "runtime/store/migrate.hpp"
#include "stoa/events.hpp"
#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;

TEST_CASE("a consumer of events that blocks all of its lane holds up no command and no read", "[store][outbox]") {
  auto o = small(test_postgres::shared().fresh_database());
  runtime::migrate_options m;
  m.connection = o.connection;
  m.folder = STOA_SOURCE_DIR "/migrations";
  runtime::migrate(m);
  store db{o};
  manual_clock time{from_unix_us(1'769'529'900'000'000)};
  runtime::pump_options options;
  options.poll = milliseconds{5};
  runtime::pump events{db, time, options};
  gate blocked, leave;
  std::atomic<int> handled{0};
  subscription blocking;
  blocking.name = "test.blocking";
  blocking.handle = [&](connection&, const std::vector<event>&) -> result<done> {
    blocked.open();
    leave.wait();
    ++handled;
    return done{};
  };
  events.add(blocking);
  events.start();
  constexpr statement tell{"test.tell", R"(
    insert into outbox (id, kind, entity, at) values (gen_random_uuid(), 'order.created', gen_random_uuid(), now()))"};
  REQUIRE(run_now(db, tell));
  REQUIRE(blocked.wait());
  for (int i = 0; i < 20; ++i) {
    CHECK(run_now(db, one, {}, lane::commands));
    CHECK(run_now(db, one, {}, lane::reads));
  }
  CHECK(handled == 0);
  leave.open();
  CHECK(eventually([&] { return handled == 1; }));
  events.stop();
}

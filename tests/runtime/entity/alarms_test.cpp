// Alarms: of the clockwork itself, and of a kind whose state says when it wants to be told something.
#include "runtime/entity/alarms.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <sstream>

#include "runtime/entity/entities.hpp"
#include "runtime/observe/log.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/scripted_database.hpp"

namespace stoa::testing {

/// A room that closes itself an hour after it was opened.
struct room {
  std::optional<timestamp> opened;
  bool closed = false;
  std::int64_t version = 0;
};

struct open_room {
  using reply = bool;
};
BOOST_DESCRIBE_STRUCT(open_room, (), ())
struct close_room {
  using reply = bool;
};
BOOST_DESCRIBE_STRUCT(close_room, (), ())

struct room_kind {
  static constexpr const char* name = "room";
  using key = uuid;
  using state = room;
  using commands = command_list<open_room, close_room>;
};

inline constexpr statement load_room{"room.load", "load room"};
inline constexpr statement save_room{"room.save", "save room"};
inline constexpr minutes open_for{60};

result<outcome<room, bool>> decide(const room& now, const open_room&, const moment& m) {
  room next = now;
  next.opened = m.now;
  next.closed = false;
  return outcome<room, bool>{next, true};
}
result<outcome<room, bool>> decide(const room& now, const close_room&, const moment& m) {
  if (now.closed || !now.opened || m.now < *now.opened + open_for) return outcome<room, bool>{std::nullopt, false};
  room next = now;
  next.closed = true;
  return outcome<room, bool>{next, true};
}
bound_statement save(const room& before, const room& after, const open_room&, const moment&) {
  return {&save_room, {before.version, after.closed}};
}
bound_statement save(const room& before, const room& after, const close_room&, const moment&) {
  return {&save_room, {before.version, after.closed}};
}
bound_statement load(const room_kind&, const uuid& id) { return {&load_room, {id}}; }
/// The row's one number: minutes since 1970 at which it was opened; 0 is never.
result<room> read(const room_kind&, const uuid&, const rows& found) {
  room r;
  const auto opened = found.front().integer(0);
  if (opened > 0) r.opened = timestamp{minutes{opened}};
  r.version = 1;
  return r;
}
std::optional<alarm<close_room>> alarm_of(const room_kind&, const room& now) {
  if (!now.opened || now.closed) return std::nullopt;
  return alarm<close_room>{*now.opened + open_for, close_room{}};
}

}  // namespace stoa::testing

using namespace stoa;
using namespace stoa::testing;

namespace {

const timestamp start{minutes{30'000'000}};
const uuid kitchen = uuid::from_name("kitchen");

struct rooms_world {
  scripted_database db;
  std::shared_ptr<logger> log = [] {
    static std::ostringstream nowhere;
    return runtime::make_logger({}, &nowhere);
  }();
  manual_clock time{start};
  runtime::alarms clockwork{time};
  runtime::actor_system system;
  runtime::entities<room_kind> rooms;

  rooms_world()
      : system(
            {2, seconds{5}}, [](std::function<void()> f) { f(); }, *log),
        rooms(system, runtime::entity_options{db, time, *log, 64, seconds{5}, [] {}, &clockwork}) {
    db.answer = [](const statement&) { return result<rows>(number(0)); };
  }
  ~rooms_world() {
    clockwork.stop();
    db.join();
    rooms.home().end_all();
    db.join();
  }

  template <class T>
  static result<T> end(task<T> t) {
    auto outcome = std::make_shared<std::promise<result<T>>>();
    auto arrives = outcome->get_future();
    detach<T>(std::move(t), [outcome](result<T> r) { outcome->set_value(std::move(r)); });
    if (arrives.wait_for(std::chrono::seconds{20}) != std::future_status::ready) return fault::unavailable("no answer");
    return arrives.get();
  }
  bool closed() {
    const auto seen = rooms.peek(kitchen);
    return seen && seen->closed;
  }
};

}  // namespace

TEST_CASE("an alarm rings once when the clock has come to it, in the order of time", "[alarms]") {
  manual_clock time(start);
  runtime::alarms all(time);
  std::mutex mutex;
  std::string rung;
  const auto ring = [&](char c) {
    return [&, c] {
      const std::lock_guard lock{mutex};
      rung += c;
    };
  };
  const auto heard = [&] {
    const std::lock_guard lock{mutex};
    return std::string(rung);
  };
  all.set(start + minutes{2}, ring('b'));
  all.set(start + minutes{1}, ring('a'));
  const auto never = all.set(start + minutes{1}, ring('x'));
  all.set(start + minutes{9}, ring('z'));
  all.set(start + minutes{1}, [] { throw std::runtime_error("broken"); });
  all.clear(never);
  time.advance(minutes{3});
  CHECK(eventually([&] { return heard() == "ab"; }));
  CHECK(all.waiting() == 1);
  all.stop();
  time.advance(minutes{30});
  CHECK(heard() == "ab");
}

TEST_CASE("an entity's alarm follows its state and rings when its time has come", "[alarms]") {
  rooms_world w;
  REQUIRE(rooms_world::end(w.rooms.ask(kitchen, open_room{})).ok());
  CHECK(w.clockwork.waiting() == 1);
  w.time.advance(minutes{30});
  REQUIRE(rooms_world::end(w.rooms.ask(kitchen, open_room{})).ok());  // from now on: another hour
  CHECK(w.clockwork.waiting() == 1);
  w.time.advance(minutes{45});
  CHECK(rooms_world::end(w.rooms.ask(kitchen, close_room{})).value() == false);
  CHECK_FALSE(w.closed());
  w.time.advance(minutes{20});
  CHECK(eventually([&] { return w.closed(); }));
  CHECK(eventually([&] { return w.clockwork.waiting() == 0; }));
}

TEST_CASE("loading arms an alarm, and passivation does not lose it", "[alarms]") {
  rooms_world w;
  w.db.answer = [](const statement& s) {
    return result<rows>(
        number(std::string_view(s.name) == "room.load" ? start.time_since_epoch() / minutes{1} - 30 : 2));
  };
  REQUIRE(rooms_world::end(w.rooms.get(kitchen)).ok());
  CHECK(w.clockwork.waiting() == 1);
  w.rooms.home().sweep(timestamp::max());
  CHECK(eventually([&] { return !w.rooms.peek(kitchen); }));
  w.time.advance(minutes{31});
  CHECK(eventually([&] { return w.closed(); }));
}

TEST_CASE("an alarm that meets a database that is away rings again", "[alarms]") {
  rooms_world w;
  REQUIRE(rooms_world::end(w.rooms.ask(kitchen, open_room{})).ok());
  std::atomic<bool> away{true};
  std::atomic<int> tried{0};
  w.db.answer = [&](const statement& s) {
    if (std::string_view(s.name) == "room.save") ++tried;
    if (away) return result<rows>(fault::unavailable("away"));
    return result<rows>(number(std::string_view(s.name) == "room.load" ? start.time_since_epoch() / minutes{1} : 2));
  };
  w.time.advance(minutes{61});
  REQUIRE(eventually([&] { return tried > 0 && w.clockwork.waiting() == 1; }));
  away = false;
  w.time.advance(seconds{6});
  CHECK(eventually([&] { return w.closed(); }));
}

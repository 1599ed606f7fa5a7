// The life of an entity: activation, single load, order, bounds, races, passivation. The database is a script.
#include "runtime/actor/entity.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <mutex>
#include <thread>

#include "actors/actors.hpp"
#include "runtime/actor/directory.hpp"
#include "runtime/actor/snapshots.hpp"
#include "runtime/observe/log.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/scripted_database.hpp"

namespace stoa::testing {

struct add_to_tally {
  int by = 0;
};

}  // namespace stoa::testing

CAF_BEGIN_TYPE_ID_BLOCK(stoa_entity_tests, caf::id_block::stoa_actors::end)
CAF_ADD_TYPE_ID(stoa_entity_tests, (stoa::testing::add_to_tally))
CAF_ADD_TYPE_ID(stoa_entity_tests, (stoa::result<int>))
CAF_END_TYPE_ID_BLOCK(stoa_entity_tests)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stoa::testing::add_to_tally)

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr statement load_tally{"tally.load", "load"};
constexpr statement write_tally{"tally.write", "write"};

using tally_actor = runtime::entity_base_actor::extend<
    // Adds to the tally; answers with the new sum.
    caf::replies_to<add_to_tally>::with<result<int>>>;

class tally_entity final : public runtime::entity<tally_actor> {
 public:
  static constexpr const char* name = "tally";
  tally_entity(pointer self, database& db, logger& log, std::size_t bound) : entity(self, db, log, bound) {}

  task<int> add(int by) {
    if (by < 0) throw std::runtime_error("a mistake in the program");
    values v{by};
    auto written = query(write_tally, std::move(v));
    auto row = co_await runtime::won(co_await std::move(written));
    sum_ += by;
    co_return sum_;
  }

 protected:
  task<done> load() override {
    values v;
    auto loading = query(load_tally, std::move(v));
    auto found = co_await std::move(loading);
    sum_ = static_cast<int>(found.front().integer(0));
    co_return done{};
  }

 private:
  int sum_ = 0;
};

tally_actor::behavior_type tally_behavior(tally_actor::stateful_pointer<runtime::held<tally_entity>> self, database* db,
                                          logger* log, std::size_t bound) {
  auto& me = self->state.emplace(self, *db, *log, bound);
  return {
      [&me](runtime::continuation& c) { c.run(); },
      [&me](runtime::passivate) { me.close(); },
      [&me](add_to_tally c) { return me.enqueue<int>([&me, c] { return me.add(c.by); }); },
  };
}

struct world {
  scripted_database db;
  std::shared_ptr<logger> log = [] {
    static std::ostringstream nowhere;
    return runtime::make_logger({}, &nowhere);
  }();
  manual_clock time{*parse_rfc3339("2026-01-27T12:00:00Z")};
  runtime::actor_system system;
  runtime::directory<uuid, tally_actor> tallies;

  explicit world(milliseconds deadline = seconds{5}, std::size_t bound = 64)
      : system(
            {2, deadline}, [](std::function<void()> f) { f(); }, *log),
        tallies("tally", system, time,
                [this, bound](const uuid&) { return system.caf().spawn(tally_behavior, &db, log.get(), bound); }) {}
  ~world() { tallies.end_all(); }

  std::future<result<int>> add(uuid who, int by) {
    auto outcome = std::make_shared<std::promise<result<int>>>();
    auto arrives = outcome->get_future();
    detach<int>(tallies.ask<int>(who, add_to_tally{by}),
                [outcome](result<int> r) { outcome->set_value(std::move(r)); });
    return arrives;
  }
  static result<int> get(std::future<result<int>> f) {
    if (f.wait_for(std::chrono::seconds{20}) != std::future_status::ready) return fault::unavailable("no answer");
    return f.get();
  }
};

const uuid someone = uuid::from_name("someone");

}  // namespace

TEST_CASE("whoever comes first activates an entity, and one load serves all", "[entity]") {
  world w;
  w.db.answer = [](const statement&) { return result<rows>(number(100)); };
  std::vector<std::future<result<int>>> answers;
  for (int i = 0; i < 40; ++i) answers.push_back(w.add(someone, 1));
  std::vector<int> sums;
  for (auto& a : answers) {
    auto r = world::get(std::move(a));
    REQUIRE(r.ok());
    sums.push_back(*r);
  }
  std::sort(sums.begin(), sums.end());
  for (int i = 0; i < 40; ++i) CHECK(sums[static_cast<std::size_t>(i)] == 101 + i);
  CHECK(w.db.loads == 1);
  CHECK(w.tallies.size() == 1);
}

TEST_CASE("a lost version race is loaded anew and tried once more", "[entity]") {
  world w;
  std::atomic<int> lost{1};
  w.db.answer = [&](const statement& s) {
    if (&s == &write_tally && lost-- > 0) return result<rows>(rows());
    return result<rows>(number(7));
  };
  auto r = world::get(w.add(someone, 1));
  REQUIRE(r.ok());
  CHECK(*r == 8);
  CHECK(w.db.loads == 2);
  CHECK(w.db.writes == 2);

  lost = 1000;
  auto refused = world::get(w.add(someone, 1));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.refusal().kind == fault_kind::unavailable);
}

TEST_CASE("a failed write leaves nothing in memory to be trusted", "[entity]") {
  world w;
  std::atomic<bool> away{false};
  w.db.answer = [&](const statement& s) {
    if (away && &s == &write_tally) return result<rows>(fault::unavailable("The database is not available."));
    return result<rows>(number(5));
  };
  REQUIRE(world::get(w.add(someone, 1)).ok());
  away = true;
  CHECK(world::get(w.add(someone, 1)).refusal().kind == fault_kind::unavailable);
  away = false;
  REQUIRE(world::get(w.add(someone, 1)).ok());
  CHECK(w.db.loads == 2);
}

TEST_CASE("a load that fails is told to who asked, and tried again for the next", "[entity]") {
  world w;
  std::atomic<bool> away{true};
  w.db.answer = [&](const statement&) {
    if (away) return result<rows>(fault::unavailable("The database is not available."));
    return result<rows>(number(0));
  };
  CHECK_FALSE(world::get(w.add(someone, 1)).ok());
  away = false;
  CHECK(world::get(w.add(someone, 1)).ok());
}

TEST_CASE("waiting for one entity is bounded", "[entity]") {
  world w(seconds{5}, 4);
  gate open;
  w.db.answer = [&](const statement&) {
    open.wait();
    return result<rows>(number(0));
  };
  std::vector<std::future<result<int>>> answers;
  for (int i = 0; i < 12; ++i) answers.push_back(w.add(someone, 1));
  // One runs, four wait, the others are refused while the database still holds the first.
  int refused = 0;
  REQUIRE(eventually([&] {
    refused = 0;
    for (auto& a : answers)
      if (a.wait_for(std::chrono::seconds{0}) == std::future_status::ready) ++refused;
    return refused == 7;
  }));
  open.open();
  int fine = 0;
  for (auto& a : answers) {
    auto r = world::get(std::move(a));
    if (r)
      ++fine;
    else
      CHECK(r.refusal().kind == fault_kind::unavailable);
  }
  CHECK(fine == 5);
}

TEST_CASE("an ask ends at its deadline", "[entity]") {
  world w(milliseconds{200});
  w.db.silent = true;
  auto r = world::get(w.add(someone, 1));
  REQUIRE_FALSE(r.ok());
  CHECK(r.refusal().kind == fault_kind::unavailable);
}

TEST_CASE("a command that throws costs its caller an answer and the entity nothing", "[entity]") {
  world w;
  auto r = world::get(w.add(someone, -1));
  REQUIRE_FALSE(r.ok());
  CHECK(r.refusal().kind == fault_kind::internal);
  CHECK(world::get(w.add(someone, 1)).ok());
}

TEST_CASE("idle entities are passivated, and asked for again they come back", "[entity]") {
  world w;
  REQUIRE(world::get(w.add(someone, 1)).ok());
  CHECK(w.tallies.sweep(w.time.now() - minutes{1}) == 0);
  w.time.advance(minutes{11});
  CHECK(w.tallies.sweep(w.time.now() - minutes{10}) == 1);
  CHECK(w.tallies.size() == 0);
  REQUIRE(world::get(w.add(someone, 1)).ok());
  CHECK(w.db.loads == 2);
}

TEST_CASE("passivation under fire loses no command", "[entity]") {
  world w(seconds{20}, 1000);
  std::vector<std::future<result<int>>> answers;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 4; ++i) answers.push_back(w.add(someone, 1));
    w.tallies.sweep(timestamp::max());
  }
  for (auto& a : answers) {
    auto r = world::get(std::move(a));
    INFO((r ? std::string() : r.refusal().code + " " + r.refusal().message));
    CHECK(r.ok());
  }
}

TEST_CASE("an old incarnation does not withdraw its successor's snapshot", "[snapshots]") {
  runtime::snapshots<uuid, int> published;
  auto old = std::make_shared<const int>(1), young = std::make_shared<const int>(2);
  published.publish(someone, old);
  published.publish(someone, young);
  published.withdraw(someone, old);
  REQUIRE(published.find(someone) == young);
  published.withdraw(someone, young);
  CHECK_FALSE(published.find(someone));
}

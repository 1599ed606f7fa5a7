// A request that is to have its effect once: its steps are kept with their effects, and a later try goes on from them.
#include "runtime/store/idempotency.hpp"

#include <catch2/catch.hpp>

#include "runtime/store/migrate.hpp"
#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using runtime::idempotency_slot;
using runtime::idempotency_state;
using runtime::store;
using what = idempotency_state::outcome;

namespace {

const timestamp now = from_unix_us(1'769'529'900'000'000);

struct made {
  std::int64_t number = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(made, (), (number, name))

constexpr statement add_effect{"test.add_effect", "insert into effect (name) values (:p1::text) returning number"};
constexpr statement all_effects{"test.all_effects",
                                "select coalesce(string_agg(name, ' ' order by number), '') from effect"};

struct bench {
  bench() : conninfo(test_postgres::shared().fresh_database()) {
    runtime::migrate_options core;
    core.connection = conninfo;
    core.folder =
        std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "migrations";
    runtime::migrate(core);
    runtime::plain_connection{conninfo}.run(
        "create table effect (number bigint generated always as identity, name text not null unique)");
    db = std::make_unique<store>(small(conninfo));
    kept.emplace(*db);
  }

  static idempotency_slot slot(timestamp at, std::string body = "body") {
    idempotency_slot s;
    s.caller = "ada";
    s.operation = "POST /things/";
    s.key = "k";
    s.body_hash = std::move(body);
    s.now = at;
    return s;
  }
  idempotency_state begin(const idempotency_slot& s) { return wait_for(kept->begin(s)).value(); }

  /// A handler of two steps; `goes_down` behind the first one.
  result<std::string> run(const idempotency_state& state, bool goes_down = false) {
    auto handler = [](database& db, bool goes_down) -> task<std::string> {
      auto first = co_await step(db, "first");
      if (goes_down) co_return fault::unavailable("gone");
      auto second = co_await step(db, "second");
      co_return std::to_string(first.number) + first.name + std::to_string(second.number) + second.name;
    };
    auto running = handler(*db, goes_down);
    running.works_for(state.once.get());
    return wait_for(std::move(running));
  }
  static task<made> step(database& db, std::string name) {
    std::function<result<made>(connection&)> work = [name](connection& c) -> result<made> {
      return made{c.run(add_effect, {name}).front().integer(0), name};
    };
    co_return co_await transact_once<made>(db, acting{}, name, std::move(work));
  }
  std::string effects() { return run_now(*db, all_effects)->front().text(0); }

  std::string conninfo;
  std::unique_ptr<store> db;
  std::optional<runtime::idempotency_table> kept;
};

}  // namespace

TEST_CASE("a try that goes down behind its last step is answered by the next one with what it came to",
          "[store][idempotency]") {
  bench b;
  auto first = b.begin(b.slot(now));
  REQUIRE(first.what == what::fresh);
  const auto answer = b.run(first);
  REQUIRE(answer);
  // No answer was kept. Until the try can be at work no more nobody takes its place.
  CHECK(b.begin(b.slot(now + seconds{59})).what == what::in_flight);
  CHECK(b.begin(b.slot(now + seconds{61}, "another body")).what == what::other_body);
  auto next = b.begin(b.slot(now + seconds{61}));
  REQUIRE(next.what == what::fresh);
  CHECK(b.run(next).value() == *answer);
  CHECK(b.effects() == "first second");
}

TEST_CASE("a try that goes down between two steps is finished by the next one", "[store][idempotency]") {
  bench b;
  CHECK_FALSE(b.run(b.begin(b.slot(now)), true));
  CHECK(b.effects() == "first");
  CHECK(b.run(b.begin(b.slot(now + minutes{2}))));
  CHECK(b.effects() == "first second");
}

TEST_CASE("a request that failed behind a step may be sent again at once, and one without any is as good as new",
          "[store][idempotency]") {
  bench b;
  auto failing = b.slot(now);
  CHECK_FALSE(b.run(b.begin(failing), true));
  REQUIRE(wait_for(b.kept->abandon(failing)));
  const auto again = b.slot(now);
  auto state = b.begin(again);
  REQUIRE(state.what == what::fresh);
  CHECK(b.run(state));
  CHECK(b.effects() == "first second");
  reply r = reply::json_text("{}", 201);
  REQUIRE(wait_for(b.kept->finish(again, r)));
  CHECK(b.begin(b.slot(now + hours{23})).what == what::replay);

  auto without = b.slot(now);
  without.key = "another";
  REQUIRE(b.begin(without).what == what::fresh);
  REQUIRE(wait_for(b.kept->abandon(without)));
  without.body_hash = "another body";
  CHECK(b.begin(without).what == what::fresh);
}

TEST_CASE("a try that has lost its reservation changes nothing any more", "[store][idempotency]") {
  bench b;
  SECTION("to a later one") {
    auto slow = b.begin(b.slot(now));
    auto later = b.begin(b.slot(now + minutes{2}));
    REQUIRE(later.what == what::fresh);
    const auto late = b.run(slow);
    REQUIRE_FALSE(late);
    CHECK(late.refusal().kind == fault_kind::unavailable);
    CHECK(b.effects().empty());
    CHECK(b.run(later));
    CHECK(b.effects() == "first second");
  }
  SECTION("because it was given up while its transaction was on its way") {
    const auto given_up = b.slot(now);
    auto state = b.begin(given_up);
    REQUIRE(wait_for(b.kept->abandon(given_up)));
    CHECK_FALSE(b.run(state));
    CHECK(b.effects().empty());
  }
  SECTION("and does not overwrite the answer of who has it") {
    const auto slow = b.slot(now), later = b.slot(now + minutes{2});
    b.begin(slow);
    b.begin(later);
    REQUIRE(wait_for(b.kept->finish(later, reply::json_text("\"later\"", 201))));
    REQUIRE(wait_for(b.kept->finish(slow, reply::json_text("\"slow\"", 201))));
    CHECK(b.begin(b.slot(now + minutes{3})).kept.body_text() == "\"later\"");
  }
}

TEST_CASE("a step that is refused keeps nothing", "[store][idempotency]") {
  bench b;
  runtime::plain_connection{b.conninfo}.run("insert into effect (name) values ('second')");
  const auto slot = b.slot(now);
  const auto refused = b.run(b.begin(slot));
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal().kind == fault_kind::conflict);
  CHECK(b.effects() == "second first");
  REQUIRE(wait_for(b.kept->abandon(slot)));
  runtime::plain_connection{b.conninfo}.run("delete from effect where name = 'second'");
  CHECK(b.run(b.begin(b.slot(now))));
  CHECK(b.effects() == "first second");
}

TEST_CASE("steps are kept for a day, and then purged with the rest", "[store][idempotency]") {
  bench b;
  CHECK(b.run(b.begin(b.slot(now))));
  purge_options how;
  CHECK(*wait_for(b.kept->purge(now + hours{23}, how)) == 0);
  CHECK(*wait_for(b.kept->purge(now + hours{25}, how)) == 1);
}

TEST_CASE("outside such a request a step is a transaction and nothing else", "[store][idempotency]") {
  bench b;
  CHECK(wait_for(b.step(*b.db, "alone")));
  CHECK(b.effects() == "alone");
}

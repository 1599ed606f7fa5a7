// Who acts is the store's business: said with each call, gone with its transaction.
#include <catch2/catch.hpp>

#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;

namespace {

/// Notes of people behind a policy like the core's.
constexpr statement make_notes{"test.make_notes", R"(
  create table note (user_id uuid not null, said text constraint said_once unique deferrable initially deferred))"};
constexpr statement guard_notes{"test.guard", "alter table note enable row level security, force row level security"};
constexpr statement allow_own{"test.allow_own", R"(
  create policy own on note using (user_id::text = current_setting('stoa.acting', true)
                                   or current_setting('stoa.acting', true) = 'system'))"};
constexpr statement say{"test.say", "insert into note values (:p1::uuid, :p2::text) returning said"};
constexpr statement all_notes{"test.all_notes", "select said from note order by said"};
constexpr statement who_acts{"test.who_acts", "select coalesce(current_setting('stoa.acting', true), '')"};
constexpr statement widen{"test.widen", "alter table note add column more int default 8"};
constexpr statement whole_notes{"test.whole_notes", "select * from note"};

const user_id ada = user_id::make(), bob = user_id::make();

struct notes {
  explicit notes(lane l = lane::commands) : in(l) {
    REQUIRE(run_now(db, make_notes));
    REQUIRE(run_now(db, guard_notes));
    REQUIRE(run_now(db, allow_own));
  }
  std::size_t seen_by(acting who) { return run_now(db, all_notes, {}, in, std::move(who))->size(); }

  lane in;
  store db{small(test_postgres::shared().fresh_database())};
};

}  // namespace

TEST_CASE("a statement that says nobody sees nothing of the user before it on the same session", "[store][security]") {
  for (const lane l : {lane::commands, lane::reads, lane::consumers}) {
    auto n = std::make_unique<notes>(l);
    REQUIRE(run_now(n->db, say, {ada, "ada's"}, lane::commands, acts_as(ada)));
    CHECK(n->seen_by(acts_as(ada)) == 1);
    CHECK(n->seen_by({}) == 0);
    CHECK(n->seen_by(acts_as(bob)) == 0);
    CHECK(n->seen_by(acts_as_system()) == 1);
    CHECK(n->seen_by({}) == 0);
  }
}

TEST_CASE("a refused statement leaves nobody acting behind it", "[store][security]") {
  notes n;
  CHECK_FALSE(run_now(n.db, say, {bob, "forged"}, lane::commands, acts_as(ada)));
  CHECK(run_now(n.db, who_acts)->front().text(0).empty());
  REQUIRE(run_now(n.db, say, {ada, "once"}, lane::commands, acts_as(ada)));
  // A constraint that speaks up only at the end of the transaction.
  auto twice = run_now(n.db, say, {ada, "once"}, lane::commands, acts_as(ada));
  REQUIRE_FALSE(twice);
  CHECK(twice.refusal().kind == fault_kind::conflict);
  CHECK(twice.refusal().code == "said_once");
  CHECK(run_now(n.db, who_acts)->front().text(0).empty());
  CHECK(n.seen_by(acts_as(ada)) == 1);
}

TEST_CASE("a transaction acts for one user from its first statement to its end", "[store][security]") {
  notes n;
  REQUIRE(transact_now(
      n.db,
      [](connection& c) -> result<done> {
        c.run(say, {ada, "one"});
        c.run(say, {ada, "two"});
        CHECK(c.run(all_notes, {}).size() == 2);
        return done{};
      },
      acts_as(ada)));
  CHECK(n.seen_by({}) == 0);
  auto forged = transact_now(
      n.db,
      [](connection& c) -> result<done> {
        c.run(say, {bob, "three"});
        return done{};
      },
      acts_as(ada));
  CHECK_FALSE(forged);
  // One that says nobody sees nothing, also right after another's.
  REQUIRE(transact_now(n.db, [](connection& c) -> result<done> {
    CHECK(c.run(all_notes, {}).empty());
    return done{};
  }));
  CHECK(n.seen_by(acts_as_system()) == 2);
}

TEST_CASE("statements of a group act each for its own user", "[store][security]") {
  notes n;
  answers came;
  {
    held_lane held{n.db};
    n.db.run(acts_as(ada), lane::commands, say, {ada, "ada's"}, came.next("ada"));
    n.db.run(acts_as(bob), lane::commands, say, {bob, "bob's"}, came.next("bob"));
    n.db.run(lane::commands, all_notes, {}, came.next("nobody"));
    n.db.run(acts_as(ada), lane::commands, all_notes, {}, came.next("ada sees"));
    n.db.run(acts_as_system(), lane::commands, all_notes, {}, came.next("system"));
    n.db.run(lane::commands, who_acts, {}, came.next("last"));
  }
  const auto got = came.wait(6);
  REQUIRE(got.size() == 6);
  for (const auto& [name, r] : got) REQUIRE(r);
  CHECK(got[0].second->front().text(0) == "ada's");
  CHECK(got[1].second->front().text(0) == "bob's");
  CHECK(got[2].second->empty());
  CHECK(got[3].second->size() == 1);
  CHECK(got[4].second->size() == 2);
  CHECK(got[5].second->front().text(0).empty());
  constexpr statement commits{"test.commits", "select count(distinct xmin::text) from note"};
  CHECK(run_now(n.db, commits, {}, lane::commands, acts_as_system())->front().integer(0) == 1);
}

TEST_CASE("in a group nobody writes in another's name, and the others do not pay for it", "[store][security]") {
  notes n;
  answers came;
  {
    held_lane held{n.db};
    n.db.run(acts_as(ada), lane::commands, say, {ada, "ada's"}, came.next("ada"));
    n.db.run(acts_as(ada), lane::commands, say, {bob, "forged"}, came.next("forger"));
    n.db.run(lane::commands, say, {bob, "nobody's"}, came.next("nobody"));
    n.db.run(acts_as(bob), lane::commands, say, {bob, "bob's"}, came.next("bob"));
  }
  for (const auto& [name, r] : came.wait(4)) CHECK(r.ok() == (name == "ada" || name == "bob"));
  CHECK(n.seen_by(acts_as_system()) == 2);
}

TEST_CASE("a statement of a user whose plan went out of date is prepared anew", "[store]") {
  notes n;
  REQUIRE(run_now(n.db, say, {ada, "ada's"}, lane::commands, acts_as(ada)));
  CHECK(run_now(n.db, whole_notes, {}, lane::commands, acts_as(ada))->size() == 1);
  REQUIRE(run_now(n.db, widen));
  auto r = run_now(n.db, whole_notes, {}, lane::commands, acts_as(ada));
  REQUIRE(r);
  CHECK(r->front().integer(2) == 8);
}

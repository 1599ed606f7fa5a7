// The second wall: rows of a person are there only for the acting person, whatever a statement asks for.
#include <catch2/catch.hpp>

#include "actors/account/account_store.hpp"
#include "actors/session/session_store.hpp"
#include "runtime/events/outbox_store.hpp"
#include "runtime/store/migrate.hpp"
#include "runtime/store/store.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr statement make_account{"test.account", R"(
  insert into account (id, email, email_key, password_hash, created_at, updated_at)
  values (:p1::uuid, :p2::text, :p2::text, '', now(), now()))"};
constexpr statement make_cart{"test.make_cart", R"(
  insert into cart (user_id, id, updated_at) values (:p1::uuid, gen_random_uuid(), now()))"};
constexpr statement carts_of{"test.carts_of", R"(
  select user_id from cart where user_id = :p1::uuid)"};
constexpr statement change_cart{"test.change_cart", R"(
  update cart set version = version + 1 where user_id = :p1::uuid returning version)"};
constexpr statement all_carts{"test.all_carts", "select user_id from cart"};

constexpr statement make_course{"test.make_course", R"(
  insert into course (id, instructor_id, title, slug, created_at, updated_at)
  values (:p1::uuid, :p2::uuid, 'C', 'c', now(), now()))"};
constexpr statement make_session{"test.make_session", R"(
  insert into session (id, user_id, dialect, created_at, expires_at)
  values (gen_random_uuid(), :p1::uuid, 'lms', now(), now()))"};
constexpr statement make_review{"test.make_review", R"(
  insert into review (id, course_id, user_id, rating, created_at)
  values (gen_random_uuid(), :p1::uuid, :p2::uuid, 5, now()))"};
constexpr statement make_vote{"test.make_vote", R"(
  insert into review_vote (review_id, user_id) select id, :p1::uuid from review)"};
constexpr statement tell{"test.tell", R"(
  insert into outbox (id, kind, user_id, entity, at) values (gen_random_uuid(), 'x', :p1::uuid, :p1::uuid, now()))"};
constexpr statement keep{"test.keep", R"(
  insert into idempotency (scope, fingerprint, created_at, expires_at) values ('s', '', now(), now()))"};
constexpr statement sessions{"test.sessions", "select 1 from session"};
constexpr statement end_sessions{"test.end_sessions", "update session set revoked_at = now() returning 1"};
constexpr statement reviews{"test.reviews", "select 1 from review"};
constexpr statement change_reviews{"test.change_reviews", "update review set rating = 1 returning 1"};
constexpr statement votes{"test.votes", "select 1 from review_vote"};
constexpr statement events{"test.events", "select 1 from outbox"};
constexpr statement answers_kept{"test.answers_kept", "select 1 from idempotency"};

struct two_people {
  two_people() {
    const auto connection = test_postgres::shared().fresh_database();
    runtime::migrate_options core;
    core.connection = connection;
    core.folder =
        std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "migrations";
    runtime::migrate(core);
    runtime::store_options options;
    options.connection = connection;
    options.command_workers = options.read_workers = 1;
    db.emplace(options);
    REQUIRE(run_now(*db, make_account, {ada, "ada@example.com"}));
    REQUIRE(run_now(*db, make_account, {bob, "bob@example.com"}));
  }
  std::size_t found(const statement& s, const acting& who) {
    return run_now(*db, s, {}, lane::commands, who).value().size();
  }
  bool done(const statement& s, values v, const acting& who) {
    return run_now(*db, s, std::move(v), lane::commands, who).ok();
  }

  const user_id ada = user_id::make(), bob = user_id::make();
  std::optional<runtime::store> db;
};

}  // namespace

TEST_CASE("sessions, votes and events are nobody else's to read, and reviews nobody else's to change",
          "[store][security]") {
  two_people p;
  const auto course = course_id::make();
  const auto ada = acts_as(p.ada), bob = acts_as(p.bob), all = acts_as_system(), nobody = acting{};
  REQUIRE(p.done(make_course, {course, p.bob}, nobody));
  REQUIRE(p.done(make_session, {p.ada}, nobody));  // signing in: nobody acts yet
  REQUIRE(p.done(make_review, {course, p.ada}, ada));
  REQUIRE(p.done(make_vote, {p.bob}, bob));
  REQUIRE(p.done(tell, {p.ada}, ada));
  REQUIRE(p.done(keep, {}, all));

  struct expectation {
    const statement* what;
    std::size_t ada, bob, nobody, system;
  };
  for (const auto& e : {expectation{&sessions, 1, 0, 0, 1},
                        {&end_sessions, 1, 0, 0, 1},
                        {&reviews, 1, 1, 1, 1},
                        {&change_reviews, 1, 0, 0, 1},
                        {&votes, 0, 1, 0, 1},
                        {&events, 0, 0, 0, 1},
                        {&answers_kept, 0, 0, 0, 1}}) {
    INFO(e.what->sql);
    CHECK(p.found(*e.what, ada) == e.ada);
    CHECK(p.found(*e.what, bob) == e.bob);
    CHECK(p.found(*e.what, nobody) == e.nobody);
    CHECK(p.found(*e.what, all) == e.system);
  }
  // Nor can anybody write in somebody else's name.
  CHECK_FALSE(p.done(make_review, {course, p.bob}, ada));
  CHECK_FALSE(p.done(make_vote, {p.ada}, bob));
  CHECK_FALSE(p.done(keep, {}, ada));
}

TEST_CASE("what a start looks for is found by an index, also behind a policy", "[store][security]") {
  two_people p;
  const auto plan = [&](std::string sql) {
    for (auto at = sql.find(":p1"); at != sql.npos; at = sql.find(":p1"))
      sql.replace(at, 3, "timestamptz '2026-01-01'");
    std::string text;
    const auto read = [&](connection& c) -> result<done> {
      c.run({"test.no_scans", "select set_config('enable_seqscan', 'off', true)"}, {});
      const auto lines = "explain " + sql;
      for (const auto& row : c.run({"test.explain", lines.c_str()}, {})) text += row.text(0) + "\n";
      return done{};
    };
    REQUIRE(transact_now(*p.db, read, acts_as_system()));
    return text;
  };
  for (const auto* s : {&actors::account_store::recent_role_changes, &actors::session_store::recently_revoked,
                        &runtime::outbox_store::newest}) {
    const auto way = plan(s->sql);
    INFO(way);
    CHECK(way.find("Seq Scan") == way.npos);
    CHECK(way.find("Index") != way.npos);
  }
}

TEST_CASE("row-level security shows people their own rows and nobody else's", "[store][security]") {
  const auto connection = test_postgres::shared().fresh_database();
  runtime::migrate_options core;
  core.connection = connection;
  core.folder = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "migrations";
  runtime::migrate(core);
  runtime::store_options options;
  options.connection = connection;
  options.command_workers = options.read_workers = 1;
  runtime::store db{options};

  const auto ada = user_id::make(), bob = user_id::make();
  REQUIRE(run_now(db, make_account, {ada, "ada@example.com"}));
  REQUIRE(run_now(db, make_account, {bob, "bob@example.com"}));
  REQUIRE(run_now(db, make_cart, {ada}, lane::commands, acts_as(ada)));

  CHECK(run_now(db, carts_of, {ada}, lane::commands, acts_as(ada))->size() == 1);
  CHECK(run_now(db, carts_of, {ada}, lane::commands, acts_as_system())->size() == 1);
  CHECK(run_now(db, carts_of, {ada}, lane::commands, acts_as(bob))->empty());
  CHECK(run_now(db, change_cart, {ada}, lane::commands, acts_as(bob))->empty());
  CHECK(run_now(db, change_cart, {ada}, lane::commands, acts_as(ada))->size() == 1);
  // The setting ends with its transaction: without it there is nothing to be seen.
  CHECK(run_now(db, all_carts)->empty());
  // Nor can anybody write in somebody else's name.
  auto forged = run_now(db, make_cart, {bob}, lane::commands, acts_as(ada));
  CHECK_FALSE(forged);
  CHECK(run_now(db, carts_of, {bob}, lane::commands, acts_as_system())->empty());
}

// What has had its time is deleted in batches until nothing is left.
#include "stoa/purge.hpp"

#include <catch2/catch.hpp>

#include "actors/account/identity_store.hpp"
#include "actors/session/session_store.hpp"
#include "runtime/events/outbox_store.hpp"
#include "runtime/jobs/runner.hpp"
#include "runtime/store/idempotency.hpp"
#include "runtime/store/migrate.hpp"
#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;

namespace {

const timestamp now = from_unix_us(1'769'529'900'000'000);

constexpr statement keep_answers{"test.keep", R"(
  insert into idempotency (scope, fingerprint, created_at, expires_at)
  select :p1::text || n, '', :p2::timestamptz, :p2::timestamptz from generate_series(1, :p3::int) n)"};
constexpr statement count_answers{"test.count", "select count(*) from idempotency"};
constexpr statement make_account{"test.account", R"(
  insert into account (id, email, email_key, password_hash, created_at, updated_at)
  values (:p1::uuid, 'ada@example.com', 'ada@example.com', '', now(), now()))"};
constexpr statement make_session{"test.session", R"(
  insert into session (id, user_id, dialect, created_at, expires_at, revoked_at)
  values (gen_random_uuid(), :p1::uuid, 'lms', :p2::timestamptz, :p2::timestamptz, :p3::timestamptz))"};
constexpr statement count_sessions{"test.count_sessions", "select count(*) from session"};
constexpr statement make_guard{"test.guard", R"(
  insert into sign_in_guard (identifier, failures, locked_until)
  values (:p1::text, :p2::timestamptz[], :p3::timestamptz))"};
constexpr statement guards{"test.guards",
                           "select coalesce(string_agg(identifier, ' ' order by identifier), '') from sign_in_guard"};

struct bench {
  bench() {
    auto o = small(test_postgres::shared().fresh_database());
    connection = o.connection;
    runtime::migrate_options core;
    core.connection = connection;
    core.folder =
        std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "migrations";
    runtime::migrate(core);
    o.meters = &meters;
    db = std::make_unique<store>(o);
    options.meters = &meters;
    options.log = &log;
  }
  double backlog(const char* what) { return meters.at("stoa_purge_backlog", {{"what", what}}).value; }
  result<rows> put(const statement& s, values v = {}) {
    return run_now(*db, s, std::move(v), lane::commands, acts_as_system());
  }
  std::int64_t number(const statement& s) { return put(s)->front().integer(0); }

  std::string connection;
  memory_metrics meters;
  lines_log log;
  purge_options options;
  std::unique_ptr<store> db;
};

}  // namespace

TEST_CASE("a purge deletes in batches until nothing is left, and leaves what is not due", "[store][purge]") {
  bench b;
  REQUIRE(b.put(keep_answers, {"old", now - hours{1}, 2500}));
  REQUIRE(b.put(keep_answers, {"new", now + hours{1}, 3}));
  runtime::idempotency_table kept{*b.db};
  auto gone = wait_for(kept.purge(now, b.options));
  REQUIRE(gone);
  CHECK(*gone == 2500);
  CHECK(b.number(count_answers) == 3);
  CHECK(b.meters.at("stoa_purge_deleted_total", {{"what", "idempotency"}}).value == 2500);
  CHECK(b.backlog("idempotency") == 0);
  CHECK(b.meters.at("stoa_statement_seconds", {{"statement", "idempotency.expire"}}).calls == 3);
  CHECK(b.log.all().find("due to be deleted") == std::string::npos);
  // Nothing due: nothing is sent but the question.
  CHECK(*wait_for(kept.purge(now, b.options)) == 0);
  CHECK(b.meters.at("stoa_statement_seconds", {{"statement", "idempotency.expire"}}).calls == 3);
}

TEST_CASE("a purge that falls behind says so, and goes on next time", "[store][purge]") {
  bench b;
  REQUIRE(b.put(keep_answers, {"old", now - hours{1}, 500}));
  b.options.batch = 100;
  b.options.batches = 2;
  b.options.alarming = 400;
  runtime::idempotency_table kept{*b.db};
  CHECK(*wait_for(kept.purge(now, b.options)) == 200);
  CHECK(b.backlog("idempotency") == 300);
  CHECK(b.log.all().find("what=idempotency rows=500") != std::string::npos);
  CHECK(*wait_for(kept.purge(now, b.options)) == 200);
  CHECK(*wait_for(kept.purge(now, b.options)) == 100);
  CHECK(b.backlog("idempotency") == 0);
}

TEST_CASE("a purge passes by a row that somebody holds, and ends with the fault of a batch that fails",
          "[store][purge]") {
  bench b;
  REQUIRE(b.put(keep_answers, {"old", now - hours{1}, 5}));
  runtime::idempotency_table kept{*b.db};
  {
    runtime::plain_connection other{b.connection};
    other.run("begin");
    other.run("set local stoa.acting = 'system'");
    other.run("select 1 from idempotency where scope = 'old1' for update");
    CHECK(*wait_for(kept.purge(now, b.options)) == 4);
    CHECK(b.backlog("idempotency") == 1);
    other.run("commit");
  }
  CHECK(*wait_for(kept.purge(now, b.options)) == 1);

  REQUIRE(b.put(keep_answers, {"old", now - hours{1}, 5}));
  constexpr statement due{"test.due", "select 5, :p1::timestamptz, :p2::bigint"};
  constexpr statement broken{"test.broken", "delete from nothing where :p1::timestamptz < now() and :p2::bigint > 0"};
  const purge_rule wrong{"test", &due, &broken};
  CHECK_FALSE(wait_for(purge(*b.db, wrong, now, b.options)));
  CHECK(b.backlog("test") == 5);
}

TEST_CASE("sessions and guards that nobody needs any more are purged by their dates", "[store][purge]") {
  bench b;
  const auto ada = user_id::make();
  REQUIRE(b.put(make_account, {ada}));
  REQUIRE(b.put(make_session, {ada, now - days{2}, std::nullopt}));      // ended
  REQUIRE(b.put(make_session, {ada, now + days{2}, now - days{2}}));     // revoked long ago
  REQUIRE(b.put(make_session, {ada, now + days{2}, now - minutes{1}}));  // revoked just now
  REQUIRE(b.put(make_session, {ada, now + days{2}, std::nullopt}));      // lives
  const auto at = [](timestamp t) { return value::array(std::vector<std::string>{rfc3339(t - days{9}), rfc3339(t)}); };
  REQUIRE(b.put(make_guard, {"failed-long-ago", at(now - days{2}), std::nullopt}));
  REQUIRE(b.put(make_guard, {"failed-now", at(now), std::nullopt}));
  REQUIRE(b.put(make_guard, {"locked", at(now - days{2}), now + minutes{5}}));
  REQUIRE(b.put(make_guard, {"never", "{}", std::nullopt}));
  std::int64_t gone = 0;
  for (const auto& rule : actors::session_store::purges) {
    auto deleted = wait_for(purge(*b.db, rule, now - days{1}, b.options));
    REQUIRE(deleted);
    gone += *deleted;
  }
  CHECK(gone == 4);
  CHECK(b.number(count_sessions) == 2);
  CHECK(b.put(guards)->front().text(0) == "failed-now locked");
}

TEST_CASE("what is due is found by an index in every table that is purged", "[store][purge]") {
  bench b;
  runtime::plain_connection db{b.connection};
  db.run("set enable_seqscan = off; set stoa.acting = 'system'");
  const auto plan = [&](std::string sql) {
    for (const auto& [name, with] : {std::pair{":p1", "timestamptz '2024-10-01'"}, {":p2", "1000"}})
      for (auto at = sql.find(name); at != sql.npos; at = sql.find(name)) sql.replace(at, 3, with);
    std::string text;
    for (const auto& line : db.run("explain " + sql)) text += line.at(0).value() + "\n";
    return text;
  };
  const auto check = [&](const purge_rule& rule) {
    for (const auto* s : {rule.due, rule.remove}) {
      const auto way = plan(s->sql);
      INFO(way);
      for (const auto* table :
           {"session", "sign_in_guard", "job", "idempotency", "outbox", "account_token", "identity_ticket"})
        CHECK(way.find("Seq Scan on " + std::string(table)) == way.npos);
      CHECK(way.find("Index") != way.npos);
    }
  };
  for (const auto& rule : actors::session_store::purges) check(rule);
  check(actors::account_store::dead_links);
  check(actors::identity_store::dead_tickets);
  check(runtime::purge_of_ended_jobs());
  check(runtime::idempotency_table::purge_of_expired());
  check(runtime::outbox_store::passed_by_all);
}

// Sessions that others use with statements of their own making.
#include <catch2/catch.hpp>

#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;

namespace {

constexpr statement lose_the_path{"test.lose_the_path", "select set_config('search_path', 'nowhere', false)"};
constexpr statement act_for_good{"test.act_for_good", "select set_config('stoa.acting', 'system', false)"};
constexpr statement take_role{"test.take_role", "select set_config('role', 'pg_read_all_data', false)"};
constexpr statement look{"test.look", R"(
  select coalesce(current_setting('stoa.acting', true), '') || '|' || current_setting('search_path') || '|' ||
         (current_user = session_user)::text || '|' || current_setting('TimeZone'))"};
constexpr statement make{"test.make", "create table kept (n int)"};
constexpr statement ask{"test.ask", "select count(*) from kept"};
constexpr statement ask_anew{"test.ask_anew", "select count(*) + 0 from kept"};

runtime::store_options resetting() {
  auto o = small(test_postgres::shared().fresh_database());
  o.reset_sessions = true;
  o.lazy = true;
  o.owner = "plugin_test";
  return o;
}

}  // namespace

TEST_CASE("what a call has set in a session is taken back before the next", "[store][reset]") {
  store db{resetting()};
  REQUIRE(run_now(db, make));
  REQUIRE(run_now(db, ask));
  const auto clean = "|\"$user\", public|true|UTC";
  const auto mess = [&] {
    for (const auto& s : {lose_the_path, act_for_good}) REQUIRE(run_now(db, s, {}, lane::commands));
  };
  SECTION("for a single statement, kept or new") {
    mess();
    CHECK(run_now(db, look, {}, lane::commands)->front().text(0) == clean);
    mess();
    CHECK(run_now(db, ask, {}, lane::commands));
    mess();
    CHECK(run_now(db, ask_anew, {}, lane::commands));
  }
  SECTION("for whoever acts") {
    mess();
    const auto seen = run_now(db, look, {}, lane::commands, acts_as(user_id{uuid::from_name("u")}));
    CHECK(seen->front().text(0) == uuid::from_name("u").str() + clean);
  }
  SECTION("for a transaction") {
    mess();
    std::string seen;
    const auto work = [&](connection& c) -> result<done> {
      seen = c.run(look, {}).front().text(0);
      c.run(ask, {});
      c.run(lose_the_path, {});
      c.run(act_for_good, {});
      return done{};
    };
    REQUIRE(transact_now(db, work));
    CHECK(seen == clean);
    REQUIRE(transact_now(db, work));
    CHECK(seen == clean);
  }
}

TEST_CASE("a role that a call has taken is taken back before the next", "[store][reset]") {
  auto o = resetting();
  o.connection = test_postgres::shared().server().superuser_connection_string("postgres");
  store db{std::move(o)};
  REQUIRE(run_now(db, take_role, {}, lane::commands));
  CHECK(run_now(db, look, {}, lane::commands)->front().text(0).find("|true|") != std::string::npos);
}

TEST_CASE("sessions that nobody shares keep what they are told", "[store][reset]") {
  auto o = resetting();
  o.reset_sessions = false;
  store db{std::move(o)};
  REQUIRE(run_now(db, act_for_good, {}, lane::commands));
  CHECK(run_now(db, look, {}, lane::commands)->front().text(0).starts_with("system|"));
}

// A dump that is restored into another cluster: every event is consumed once, whatever the clusters' transactions
// count.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <memory>

#include "runtime/events/outbox_home.hpp"
#include "runtime/events/pump.hpp"
#include "runtime/store/migrate.hpp"
#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr statement tell{"test.tell", R"(
  insert into outbox (id, kind, entity, payload, at)
  values (gen_random_uuid(), 'test.told', gen_random_uuid(), jsonb_build_object('n', :p1::bigint), now()))"};
constexpr statement note{"test.note", "insert into seen values (:p1::text, :p2::bigint)"};
constexpr statement noted{"test.noted", R"(
  select coalesce(string_agg(n::text, ',' order by n), '') from seen where name = :p1::text)"};

/// A cluster of its own with the core's tables and a reader called `reader`, who writes down what it hears.
class place {
 public:
  place() {
    runtime::embedded_options o;
    o.data_dir = folder_.path() / "data";
    o.durable = false;
    server_ = std::make_unique<runtime::embedded_postgres>(std::move(o));
  }
  /// As a server does at its start.
  void bring_up() {
    runtime::migrate_options m;
    m.connection = server_->connection_string();
    m.folder = STOA_SOURCE_DIR "/migrations";
    m.afterwards = [this](runtime::plain_connection& db) { runtime::settle_outbox(db, &log); };
    runtime::migrate(m);
    db = std::make_unique<runtime::store>(small(server_->connection_string()));
  }
  void go_down() { db.reset(); }
  void say(std::int64_t n) { REQUIRE(run_now(*db, tell, {n})); }
  std::string heard(const std::string& name) { return run_now(*db, noted, {name})->front().text(0); }
  runtime::plain_connection admin() const {
    return runtime::plain_connection{server_->superuser_connection_string("stoa")};
  }

  std::string admin_conninfo() const { return server_->superuser_connection_string("stoa"); }

  /// Reads until `name` has heard `all`.
  bool reads(const std::string& name, const std::string& all) {
    runtime::pump_options o;
    o.poll = milliseconds{5};
    manual_clock time{from_unix_us(1'769'529'900'000'000)};
    runtime::pump p{*db, time, o};
    subscription s;
    s.name = name;
    s.handle = [name](connection& c, const std::vector<event>& events) -> result<done> {
      for (const auto& e : events) c.run(note, {name, e.payload.find("n")->as_integer().value()});
      return done{};
    };
    p.add(std::move(s));
    p.start();
    return eventually([&] { return heard(name) == all && p.lag(name) == 0; });
  }
  /// Uses up transaction ids.
  void grow_old() {
    admin().run("do $$ begin for i in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$");
  }

  std::unique_ptr<runtime::store> db;
  lines_log log;

 private:
  temp_dir folder_;
  std::unique_ptr<runtime::embedded_postgres> server_;
};

void run(const std::string& command) {
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

/// pg_dump of one, psql into the other.
void restore(const place& from, const place& into) {
  temp_dir folder;
  const auto file = (folder.path() / "dump.sql").string();
  run("pg_dump -f " + file + " -d \"" + from.admin_conninfo() + "\"");
  run("psql -q -X -o /dev/null -v ON_ERROR_STOP=1 -f " + file + " -d \"" + into.admin_conninfo() + "\"");
}

/// Has heard 1 and 2 under the name `early`, of five events; transactions count in thousands.
void live(place& at) {
  at.bring_up();
  at.admin().run("create table seen (name text, n bigint); alter table seen owner to stoa");
  at.say(1);
  at.say(2);
  REQUIRE(at.reads("early", "1,2"));
  at.say(3);
  at.grow_old();
  at.say(4);
  at.say(5);
}

}  // namespace

TEST_CASE("a dump restored into a younger cluster loses no event and tells none twice", "[events][restore]") {
  place old, fresh;
  live(old);
  restore(old, fresh);
  // Somebody writes before any server of the new cluster has started.
  fresh.admin().run(
      "insert into outbox (id, kind, entity, payload, at) "
      "values (gen_random_uuid(), 'test.told', gen_random_uuid(), '{\"n\": 6}', now())");
  fresh.bring_up();
  CHECK(fresh.log.all().find("the outbox was numbered anew events=5") != std::string::npos);
  CHECK(fresh.reads("early", "1,2,3,4,5,6"));
  CHECK(fresh.reads("new", "1,2,3,4,5,6"));
  fresh.say(7);
  CHECK(fresh.reads("early", "1,2,3,4,5,6,7"));

  // The next start finds everything in its place.
  fresh.go_down();
  fresh.bring_up();
  CHECK(fresh.reads("early", "1,2,3,4,5,6,7"));
  const auto& told = fresh.log.all();
  CHECK(told.find("numbered anew") == told.rfind("numbered anew"));
}

TEST_CASE("a dump restored into an older cluster loses no event and tells none twice", "[events][restore]") {
  place young, old;
  live(young);
  for (int i = 0; i < 3; ++i) old.grow_old();
  restore(young, old);
  old.bring_up();
  old.say(6);
  CHECK(old.reads("early", "1,2,3,4,5,6"));
}

TEST_CASE("a dump of a version that kept no home for its places is known by its rows", "[events][restore]") {
  place old, fresh;
  live(old);
  old.admin().run("delete from outbox_home");
  restore(old, fresh);
  fresh.bring_up();
  fresh.say(6);
  CHECK(fresh.reads("early", "1,2,3,4,5,6"));
  // An upgrade in place moves nothing, and one of the cluster, which gets another name by it, neither.
  for (const auto* name : {"delete from outbox_home", "update outbox_home set system = 'the cluster before'"}) {
    old.admin().run(name);
    old.go_down();
    old.bring_up();
  }
  CHECK(old.log.all().find("numbered anew") == std::string::npos);
  CHECK(old.reads("early", "1,2,3,4,5"));
}

TEST_CASE("an outbox of many events is numbered anew beyond the time that a statement of the server may take",
          "[events][restore]") {
  place old;
  live(old);
  old.go_down();
  old.admin().run(
      "insert into outbox (id, kind, entity, payload, at) select gen_random_uuid(), 'test.told', gen_random_uuid(), "
      "jsonb_build_object('n', n), now() from generate_series(6, 20000) n");
  old.admin().run("update outbox set kind = kind; update outbox_home set system = 'another'");
  old.admin().run("alter role stoa set statement_timeout = '20ms'");
  old.bring_up();
  CHECK(old.log.all().find("numbered anew") != std::string::npos);
}

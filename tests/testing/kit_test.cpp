// The test kit of the SDK keeps the promises of what it stands for.
#include <catch2/catch.hpp>

#include "runtime/settings/section.hpp"
#include "runtime/store/migrate.hpp"
#include "runtime/store/store.hpp"
#include "testing/entity_harness.hpp"
#include "testing/event_recorder.hpp"
#include "testing/job_runner.hpp"
#include "testing/route_harness.hpp"
#include "testing/section.hpp"
#include "testing/throwaway_database.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace stoa_kit_test {

struct lamp_lit {
  static constexpr std::string_view kind = "kit.lamp_lit";
  std::string word;
};
BOOST_DESCRIBE_STRUCT(lamp_lit, (), (word))

struct lamp {
  std::optional<timestamp> out_at;
  std::int64_t version = 0;
};
struct light {
  std::string word;
  using reply = std::string;
};
BOOST_DESCRIBE_STRUCT(light, (), (word))
struct go_out {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(go_out, (), ())
struct lamp_kind {
  static constexpr const char* name = "lamp";
  using key = user_id;
  using state = lamp;
  using commands = command_list<light, go_out>;
};
const user_id owner{uuid::from_name("owner")};
constexpr statement write_lamp{"write", "select 1"};

result<outcome<lamp, std::string>> decide(const lamp& now, const light& told, const moment& m) {
  if (told.word.empty()) return fault(fault_kind::rejected, "NO_WORD", "Say something.");
  outcome<lamp, std::string> out;
  out.next = now;
  out.next->out_at = m.now + hours{1};
  out.reply = told.word + "!";
  return out;
}
result<outcome<lamp, done>> decide(const lamp& now, const go_out&, const moment&) {
  outcome<lamp, done> out;
  out.next = now;
  out.next->out_at.reset();
  return out;
}
bound_statement save(const lamp&, const lamp&, const light& told, const moment& m) {
  event_rows all(m.now);
  all.tell(owner, owner, lamp_lit{told.word}).tell(std::nullopt, owner, lamp_lit{"again"});
  return {&write_lamp, {std::string("(no,event)"), all}};
}
bound_statement save(const lamp&, const lamp&, const go_out&, const moment& m) {
  return {&write_lamp, {one_event(m.now, owner, owner, lamp_lit{"out"})}};
}
std::optional<stoa::alarm<go_out>> alarm_of(const lamp_kind&, const lamp& now) {
  if (!now.out_at) return std::nullopt;
  return stoa::alarm<go_out>{*now.out_at, {}};
}

}  // namespace stoa_kit_test

using namespace stoa_kit_test;

namespace {

constexpr statement add_pair{"kit.add",
                             "insert into pair (a, b) values (:p1::bigint, :p2::text) returning a, ':p3' || b"};
constexpr statement count_pairs{"kit.count", "select count(*)::bigint from pair"};
constexpr const char* pair_table = "create table pair (a bigint constraint one_of_each unique, b text)";

/// The same statements against the server's store and the kit's database.
struct either_database {
  std::unique_ptr<runtime::store> real;
  std::unique_ptr<throwaway_database> kit;

  explicit either_database(bool is_kit) {
    if (is_kit) {
      kit = std::make_unique<throwaway_database>("kit");
      kit->look(pair_table);
      kit->look("grant all on pair to plugin_kit");
      return;
    }
    runtime::store_options o;
    o.connection = test_postgres::shared().fresh_database();
    runtime::plain_connection{o.connection}.run(pair_table);
    real = std::make_unique<runtime::store>(std::move(o));
  }
  database& operator*() { return kit ? static_cast<database&>(*kit) : *real; }
};

}  // namespace

TEST_CASE("a throw-away database answers, refuses and rolls back as the server's store does", "[kit]") {
  either_database db(GENERATE(false, true));
  const auto added = run_now(*db, add_pair, {1, "one"});
  REQUIRE(added);
  CHECK(added->front().integer(0) == 1);
  CHECK(added->front().text(1) == ":p3one");
  const auto twice = run_now(*db, add_pair, {1, "other"});
  REQUIRE_FALSE(twice);
  CHECK(twice.refusal().kind == fault_kind::conflict);
  CHECK(twice.refusal().code == "one_of_each");
  const auto word = run_now(*db, add_pair, {"many", "x"});
  REQUIRE_FALSE(word);
  CHECK(word.refusal().kind == fault_kind::invalid);
  CHECK(word.refusal().code == "INVALID_VALUE");
  CHECK_FALSE(transact_now(*db, [](connection& c) -> result<done> {
    c.run(add_pair, {2, "two"});
    return fault(fault_kind::rejected, "NO", "No.");
  }));
  CHECK(transact_now(*db, [](connection& c) -> result<done> {
    c.run(add_pair, {3, std::nullopt});
    return done{};
  }));
  CHECK(wait_for<rows>((*db).query(count_pairs, {}))->front().integer(0) == 2);
}

TEST_CASE("in a throw-away database a plugin may do what it may in a server, and no more", "[kit]") {
  throwaway_database db("kit");
  constexpr statement peek{"peek", "select password_hash from account"};
  constexpr statement own{"own", "create table plugin_kit.mine (a int)"};
  CHECK_FALSE(run_now(db, peek));
  CHECK(run_now(db, own));
  CHECK(run_now(db, queue_jobs, {job_rows(system_clock().now()).add(lamp_lit{"x"})}));
  throwaway_database other("kit");
  CHECK(other.look("select 1 from pg_tables where tablename = 'mine'").empty());
}

TEST_CASE("the kit checks settings as the server does", "[kit]") {
  const std::vector<setting> schema{
      {"provider", setting_type::text, "", "who", {"sandbox", "stripe"}, false},
      {"retries", setting_type::integer, "3", "attempts", {}, false, 1, 9},
      {"delay", setting_type::duration, "500ms", "between attempts", {}, false},
      {"live", setting_type::boolean, "false", "really", {}, false},
      {"currencies", setting_type::text_list, "usd, eur", "accepted", {"usd", "eur", "gbp"}, false},
  };
  struct row {
    const char* key;
    const char* text;
  };
  for (const auto& [key, text] : std::initializer_list<row>{{"provider", "stripe"},
                                                            {"provider", "paypal"},
                                                            {"provider", ""},
                                                            {"retries", "9"},
                                                            {"retries", "0"},
                                                            {"retries", "many"},
                                                            {"delay", "2h"},
                                                            {"delay", "7d"},
                                                            {"delay", "soon"},
                                                            {"delay", "5"},
                                                            {"live", "true"},
                                                            {"live", "yes"},
                                                            {"live", "maybe"},
                                                            {"currencies", "gbp"},
                                                            {"currencies", "usd,gbp"},
                                                            {"currencies", "yen"},
                                                            {"unknown", "1"}}) {
    INFO(key << " = " << text);
    std::unique_ptr<settings_view> kit, real;
    try {
      kit = section_of(schema, {{key, text}});
    } catch (const settings_error&) {
    }
    try {
      real = runtime::make_section("kit", {{key, std::string(text), true, "test"}}, schema);
    } catch (const settings_error&) {
    }
    REQUIRE((kit == nullptr) == (real == nullptr));
    if (!kit) continue;
    CHECK(kit->text("provider") == real->text("provider"));
    CHECK(kit->integer("retries") == real->integer("retries"));
    CHECK(kit->duration("delay") == real->duration("delay"));
    CHECK(kit->boolean("live") == real->boolean("live"));
    CHECK(kit->text_list("currencies") == real->text_list("currencies"));
    CHECK_THROWS_AS(kit->text("retries"), settings_error);
    CHECK_THROWS_AS(kit->text("undeclared"), settings_error);
  }
}

TEST_CASE("an entity's harness shows outcome, events and alarm", "[kit]") {
  entity_harness<lamp_kind> lamps;
  CHECK(lamps.tell(light{""}).refusal->code == "NO_WORD");
  const std::string hard = R"(a "quoted" word, (with) {brackets} and \ more)";
  const auto lit = lamps.tell(light{hard});
  REQUIRE(lit);
  CHECK(lit.reply == hard + "!");
  CHECK(lit.after.version == 1);
  CHECK(lit.rings == lamps.now() + hours{1});
  const auto told = lit.told<lamp_lit>();
  REQUIRE(told.size() == 2);
  CHECK(told[0].fact.word == hard);
  CHECK(told[0].user == owner);
  CHECK(told[0].entity == owner.value);
  CHECK_FALSE(told[1].user);
  const auto out = lamps.ring();
  REQUIRE(out);
  CHECK(out->told<lamp_lit>().at(0).fact.word == "out");
  CHECK_FALSE(lamps.rings());
}

namespace {

struct hosted_world {
  throwaway_database db{"kit"};
  no_http http;
  manual_clock time{*parse_rfc3339("2026-01-27T12:00:00Z")};
  fake_host host{db, http, time};
};

struct note {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(note, (), (text))

struct mow {
  static constexpr std::string_view kind = "kit.mow";
  std::string lawn;
};
BOOST_DESCRIBE_STRUCT(mow, (), (lawn))

}  // namespace

TEST_CASE("a route is called without HTTP, as the router would call it", "[kit]") {
  hosted_world w;
  auto& table = w.host.routes(dialect("house"));
  table.get<note, note>("/notes/{id}/", {.auth = auth::required}, [](const request& q, note in) -> task<note> {
    note out{q.path_param("id") + "/" + in.text};
    co_return out;
  });
  table.get<wire::nothing, note>("/notes/latest/", {}, [](const request&, wire::nothing) -> task<note> {
    note out{"latest"};
    co_return out;
  });
  role_set teachers;
  teachers.add(role::instructor);
  table.post<note, note>("/notes/", {.auth = auth::required, .status = 201, .roles = teachers},
                         [](const request&, note in) -> task<note> { co_return in; });
  route_harness routes(w.host);
  const auto ask = [&](verb v, const char* path, asking a = {}) {
    return routes.call(dialect("house"), v, path, std::move(a));
  };
  const auto ada = signed_in(owner), teacher = signed_in(owner, role::instructor);
  CHECK(ask(verb::get, "/nowhere/").status == 404);
  CHECK(ask(verb::del, "/notes/latest/").status == 405);
  CHECK(ask(verb::get, "/notes/1/").status == 401);
  CHECK(ask(verb::get, "/notes/a%20b/?text=c+d", {.who = ada}).body.find("text")->text() == "a b/c d");
  CHECK(ask(verb::get, "/notes/latest/").body.find("text")->text() == "latest");
  CHECK(ask(verb::post, "/notes/", {.who = ada, .body = R"({"text":"x"})"}).status == 403);
  CHECK(ask(verb::post, "/notes/", {.who = teacher, .body = R"({"text":"x"})"}).status == 201);
  const auto bad = ask(verb::post, "/notes/", {.who = teacher, .body = R"({"text":7})"});
  CHECK(bad.status == 422);
  CHECK(bad.refusal->fields.at(0).field == "text");
  CHECK(ask(verb::post, "/notes/", {.who = teacher, .body = "{"}).status == 400);
}

TEST_CASE("a recorder delivers events in a transaction and reads what was told", "[kit]") {
  hosted_world w;
  int observed = 0;
  bool refuses = false;
  w.host.consume<lamp_lit>("lamps", [&](connection& c, const batch_of<lamp_lit>& all) -> result<done> {
    constexpr statement tell{"tell", STOA_TELL(":p1")};
    event_rows further(w.time.now());
    further.tell(all.at(0).user, owner, mow{all.at(0).fact.word});
    c.run(tell, {further});
    if (refuses) return fault::unavailable("Not now.");
    return done{};
  });
  w.host.observe<lamp_lit>("lamps", [&](const heard<lamp_lit>&) { ++observed; });
  event_recorder events(w.host, w.db);
  CHECK(events.deliver(w.time.now(), owner, owner.value, lamp_lit{"first"}));
  CHECK(events.deliver(w.time.now(), owner, owner.value, mow{"nobody hears"}));
  refuses = true;
  CHECK_FALSE(events.deliver(w.time.now(), owner, owner.value, lamp_lit{"second"}));
  CHECK(observed == 1);
  const auto told = events.told<mow>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].fact.lawn == "first");
  CHECK(told[0].user == owner);
}

TEST_CASE("a job is done when it is due, comes again after a failure and dies of a refusal", "[kit]") {
  hosted_world w;
  job_runner jobs(w.host, w.db);
  std::optional<fault> answer;
  int ended = 0;
  auto worker = worker_of<mow>([&](mow, job) -> task<done> {
    if (answer) co_return *answer;
    co_return done{};
  });
  worker.ended = [&](const job&, const result<done>&) { ++ended; };
  w.host.work_on(std::move(worker));
  job_rows rows(w.time.now());
  rows.add(mow{"front"}).add(mow{"back"}, hours{1}, "once").add(mow{"back"}, hours{2}, "once");
  REQUIRE(run_now(w.db, queue_jobs, {rows}));
  CHECK(jobs.waiting_for<mow>().size() == 2);
  answer = fault::unavailable("Rain.");
  CHECK(jobs.run_due().failed == 1);
  CHECK(jobs.run_due().failed == 0);  // not before its pause
  w.time.advance(minutes{1});
  answer.reset();
  CHECK(jobs.run_due().done == 1);
  w.time.advance(hours{1});
  answer = fault(fault_kind::rejected, "NO_LAWN", "There is none.");
  CHECK(jobs.run_due().dead == 1);
  CHECK(ended == 2);
  CHECK(jobs.waiting().empty());
}

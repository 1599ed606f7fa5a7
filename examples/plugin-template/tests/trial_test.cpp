#include <catch2/catch.hpp>

#include "src/tally.hpp"
#include "stoa/areas/enrollments.hpp"
#include "testing/entity_harness.hpp"
#include "testing/event_recorder.hpp"
#include "testing/job_runner.hpp"
#include "testing/plugin_bench.hpp"
#include "testing/route_harness.hpp"
#include "testing/running_server.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::trial;

extern "C" const stoa::plugin_entry* stoa_plugin_entry();

namespace {

const auto migrations = std::filesystem::path(STOA_TEST_PLUGIN) / "migrations";

lesson_completed finished(const char* name) {
  lesson_completed out;
  out.lesson_id.value = uuid::from_name(name);
  return out;
}

/// The plugin with everything around it that it touches.
struct world : plugin_bench {
  explicit world(const written& settings = {}) : plugin_bench(*stoa_plugin_entry(), migrations, settings) {}
  event_recorder events{host, database};
  job_runner jobs{host, database};
  route_harness routes{host};
  user_id ada = user_id::make();

  route_answer shown(const char* in = "learnflow") {
    return routes.call(dialect(in), verb::get, "/trial/", {.who = signed_in(ada)});
  }
  void finish(const char* name) { REQUIRE(events.deliver(clock.now(), ada, uuid::make_v7(), finished(name))); }
};

}  // namespace

TEST_CASE("without the plugin its route is unknown, with it it answers", "[server]") {
  const std::string path = "/learnflow/api/v1/trial/";
  {
    const running_server without({});
    CHECK(without.get(path, without.register_somebody().token).status == 404);
  }
  const running_server with({STOA_TEST_PLUGIN});
  CHECK(with.get(path).status == 401);
  const auto answer = with.get(path, with.register_somebody().token);
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"lessons":0,"rests_at":null})");
  CHECK(with.get("/unpuzzle/api/v1/trial/").status == 401);
}

TEST_CASE("the route shows the same in both dialects, and nobody's to strangers", "[route]") {
  world w;
  CHECK(w.routes.call(dialect("learnflow"), verb::get, "/trial/").status == 401);
  w.finish("one");
  w.jobs.run_due();
  CHECK(w.shown("learnflow").body.find("lessons")->as_integer() == 1);
  CHECK(w.shown("unpuzzle").text == w.shown("learnflow").text);
}

TEST_CASE("a finished lesson becomes a job, once however often it is told", "[event]") {
  world w;
  const auto told = event_of(w.clock.now(), w.ada, uuid::make_v7(), finished("one"));
  REQUIRE(w.events.deliver({told}));
  REQUIRE(w.events.deliver({told}));
  const auto waiting = w.jobs.waiting();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting.front().kind == "trial.count");
}

TEST_CASE("the job tells the tally, and may do so twice", "[job]") {
  world w;
  w.finish("one");
  w.finish("two");
  w.finish("two");
  CHECK(w.jobs.run_due().done == 3);
  CHECK(w.jobs.run_due().done == 0);
  CHECK(w.shown().body.find("lessons")->as_integer() == 2);
}

TEST_CASE("a tally counts each lesson once and starts over after its rest", "[entity]") {
  entity_harness<tally_kind> tallies;
  const auto first = lesson_id::make();
  const auto rest = tallies.now() + hours{24};
  const auto counted = tallies.tell(count_lesson{first, rest});
  CHECK(counted.reply == 1);
  CHECK(counted.rings == rest);
  CHECK_FALSE(tallies.tell(count_lesson{first, rest + hours{1}}).changed);
  CHECK_FALSE(tallies.tell(start_over{}).changed);  // too early
  REQUIRE(tallies.ring());
  CHECK(tallies.current().lessons.empty());
  CHECK_FALSE(tallies.rings());
}

TEST_CASE("a tally that another writer changed is not overwritten", "[migration]") {
  world w;
  tally before;
  before.who = w.ada;
  tally after = before;
  after.lessons.push_back(lesson_id::make());
  const auto write = save(before, after, start_over{}, moment{});
  CHECK(run_now(w.database, *write.what, write.bound)->size() == 1);
  CHECK(run_now(w.database, *write.what, write.bound)->empty());
  CHECK(w.database.look("select cardinality(lessons) from plugin_trial.tally").front().integer(0) == 1);
}

TEST_CASE("the setting says how long a tally rests", "[setting]") {
  world w(written{{"rest", "2h"}});
  w.finish("one");
  w.jobs.run_due();
  CHECK(w.shown().body.find("rests_at")->text() == rfc3339(w.clock.now() + hours{2}));
  CHECK_THROWS_AS(world(written{{"rest", "soon"}}), settings_error);
}

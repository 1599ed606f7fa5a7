#include <catch2/catch.hpp>

#include "src/shelf.hpp"
#include "stoa/areas/enrollments.hpp"
#include "testing/entity_harness.hpp"
#include "testing/event_recorder.hpp"
#include "testing/job_runner.hpp"
#include "testing/plugin_bench.hpp"
#include "testing/route_harness.hpp"
#include "testing/running_server.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::badges;

extern "C" const stoa::plugin_entry* stoa_plugin_entry();

namespace {

struct world : plugin_bench {
  explicit world(const written& settings = {})
      : plugin_bench(*stoa_plugin_entry(), std::filesystem::path(STOA_TEST_PLUGIN) / "migrations", settings) {}
  event_recorder events{host, database};
  job_runner jobs{host, database};
  route_harness routes{host};
  user_id ada = user_id::make();

  void finish(const char* name) {
    lesson_completed told;
    told.lesson_id.value = uuid::from_name(name);
    REQUIRE(events.deliver(clock.now(), ada, told.lesson_id.value, told));
    jobs.run_due();
  }
  void review() {
    REQUIRE(events.deliver(clock.now(), ada, uuid::make_v7(), review_posted{}));
    jobs.run_due();
  }
  std::vector<std::string> names(const char* query = "") {
    std::vector<std::string> out;
    const auto answer =
        routes.call(dialect("learnflow"), verb::get, std::string("/badges/") + query, {.who = signed_in(ada)});
    for (const auto& b : answer.body.find("results")->items()) out.push_back(b.find("name")->text());
    return out;
  }
};

}  // namespace

TEST_CASE("without the plugin its route is unknown, with it each dialect lists in its own style", "[server]") {
  {
    const running_server without({});
    CHECK(without.get("/learnflow/api/v1/badges/", without.register_somebody().token).status == 404);
  }
  const running_server with({STOA_TEST_PLUGIN});
  const auto ada = with.register_somebody();
  CHECK(with.get("/learnflow/api/v1/badges/").status == 401);
  CHECK(with.get("/unpuzzle/api/v1/badges/").status == 401);
  const auto in_learnflow = with.get("/learnflow/api/v1/badges/", ada.token);
  const auto in_unpuzzle = with.get("/unpuzzle/api/v1/badges/", ada.token);
  CHECK(in_learnflow.status == 200);
  CHECK(in_unpuzzle.status == 200);
  CHECK(in_learnflow.parsed.find("current_page"));
  CHECK_FALSE(in_learnflow.parsed.find("page"));
  CHECK(in_unpuzzle.parsed.find("page"));
  CHECK_FALSE(in_unpuzzle.parsed.find("current_page"));
  for (const auto* a : {&in_learnflow, &in_unpuzzle}) CHECK(a->parsed.find("count")->as_integer() == 0);
  const auto bad = with.get("/learnflow/api/v1/badges/?page=none", ada.token);
  CHECK(bad.status >= 400);
  CHECK(bad.status < 500);
}

TEST_CASE("lessons and reviews earn badges, each once", "[badges]") {
  world w(written{{"keen_lessons", "2"}});
  CHECK(w.names().empty());
  w.finish("one");
  w.finish("one");
  CHECK(w.names() == std::vector<std::string>{"first-lesson"});
  const auto notices = w.events.told<notice_given>();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].user == w.ada);
  CHECK(notices[0].fact.title == "New badge: first-lesson");
  w.review();
  w.review();
  w.finish("two");
  CHECK(w.names() == std::vector<std::string>{"first-lesson", "reviewer", "keen"});
  CHECK(w.names("?page=2&page_size=2") == std::vector<std::string>{"keen"});
}

TEST_CASE("a badge of one learner is not another's", "[badges]") {
  world w;
  w.finish("one");
  w.ada = user_id::make();
  CHECK(w.names().empty());
}

TEST_CASE("a shelf decides without a database", "[badges]") {
  entity_harness<shelf_kind> shelf;
  CHECK(shelf.tell(note_review{}).changed);
  CHECK_FALSE(shelf.tell(note_review{}).changed);
  CHECK(shelf.tell(note_lesson{lesson_id::make(), 1}).after.has.badges.size() == 3);
}

TEST_CASE("a keen learner has at least one lesson", "[badges]") {
  CHECK_THROWS_AS(world(written{{"keen_lessons", "0"}}), settings_error);
}

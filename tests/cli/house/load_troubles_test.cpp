// What goes wrong with a plugin that is being loaded, started or ended is the plugin's own.
#include <chrono>
#include <fstream>

#include "runtime/store/plain.hpp"
#include "tests/cli/house/trouble_house.hpp"

using namespace stoa;
using namespace stoa::testing;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

const std::string wrong = "plugins.trouble.fault=";

/// A copy of the plugin that has trouble, among the server's own.
struct copied_folder {
  copied_folder() {
    for (const auto& plugin : fs::directory_iterator(build_folder() / "plugins"))
      fs::create_directory_symlink(plugin.path(), data.path() / plugin.path().filename());
    fs::copy(build_folder() / "troubles" / "trouble", own(), fs::copy_options::recursive);
  }
  fs::path own() const { return data.path() / "trouble"; }
  void migration(const std::string& sql) const { std::ofstream(own() / "migrations" / "0002_more.sql") << sql; }
  std::string setting() const { return "plugins.dir=" + data.path().string(); }
  temp_dir data;
};

std::string why(test_house& h) {
  for (const auto& p : h->plugins().list())
    if (p.id == "trouble") return p.trouble ? p.trouble->reason : "";
  return "there is no such plugin";
}

/// The server lives, says that it is degraded at that step, and serves others.
void check_degraded(test_house& h, const std::string& step) {
  const auto ready = h.client().get("/ready");
  CHECK_STATUS(ready, 200);
  CHECK(ready.body == R"({"status":"degraded","set_aside":[{"plugin":"trouble","step":")" + step + R"("}]})");
  CHECK_STATUS(h.client().get("/learnflow/api/v1/courses/"), 200);
}

}  // namespace

TEST_CASE("a plugin that throws at a step of its start is set aside", "[house][load_trouble]") {
  const std::string how = GENERATE("throw_in_", "throw_number_in_");
  const std::string step = GENERATE("configure", "wire", "start");
  trouble_house h({wrong + how + step});
  check_degraded(*h, step);
  CHECK_THAT(why(*h), Contains("plugin trouble 1.0.0 (") && Contains(": " + step + ": "));
  CHECK_STATUS(h.at().get("/well/"), step == "start" ? 503 : 404);
}

TEST_CASE("a plugin that the settings demand stops the server", "[house][load_trouble]") {
  CHECK_THROWS_WITH(trouble_house({wrong + "throw_in_start", "plugins.trouble.required=true"}),
                    Contains("plugin trouble 1.0.0") && Contains("trouble in start"));
}

TEST_CASE("a step that blocks is waited for no longer than its deadline", "[house][load_trouble]") {
  const auto began = std::chrono::steady_clock::now();
  const auto took = [&] { return std::chrono::steady_clock::now() - began; };
  SECTION("at the start") {
    const std::string step = GENERATE("configure", "wire", "start");
    trouble_house h({wrong + "block_in_" + step, "plugins.start_deadline=200ms"});
    check_degraded(*h, step);
    CHECK_THAT(why(*h), Contains("expected it to end within 200ms, found it still running"));
    CHECK((*h)->stuck());
    CHECK(took() < seconds{20});
  }
  SECTION("at the end") {
    const std::string step = GENERATE("drain", "stop");
    {
      trouble_house h({wrong + "block_in_" + step, "plugins.stop_deadline=200ms"});
      CHECK_STATUS(h.at().get("/well/"), 200);
    }
    CHECK(took() < seconds{20});
  }
}

TEST_CASE("a plugin's migrations have nothing of the core's tables", "[house][load_trouble]") {
  const std::string sql =
      GENERATE("create table plugin_trouble.stolen as select password_hash from public.account",
               "update public.account set password_hash = 'x'", "create table public.mine (id int)",
               "drop table public.account cascade", "select nonsense", "reset role; drop table public.session");
  copied_folder plugins;
  plugins.migration(sql);
  const auto database = test_postgres::shared().fresh_database();
  // The shared server's own role may not make roles: an administrator has.
  runtime::plain_connection admin{test_postgres::shared().server().superuser_connection_string("postgres")};
  admin.run(
      "do $$ begin if not exists (select 1 from pg_roles where rolname = 'plugin_trouble') then "
      "create role plugin_trouble nologin; end if; grant plugin_trouble to stoa; end $$");
  test_house h({plugins.setting()}, database);
  check_degraded(h, "migrate");
  CHECK_THAT(why(h), Contains("0002_more.sql"));
  CHECK_STATUS(h.client().get(trouble_base + "/well/"), 503);
  CHECK_STATUS(h.client().get("/learnflow/api/v1/cart/"), 401);
  runtime::plain_connection db{database};
  CHECK(db.run("select to_regclass('public.mine') is null and to_regclass('public.account') is not null and "
               "to_regclass('plugin_trouble.stolen') is null and to_regclass('public.session') is not null")
            .at(0)
            .at(0) == "t");
}

TEST_CASE("a statement that the database cannot read is found when the plugin is loaded", "[house][load_trouble]") {
  copied_folder plugins;
  plugins.migration("alter table heard rename column n to m");
  test_house h({plugins.setting()});
  check_degraded(h, "statements");
  CHECK_THAT(why(h), Contains("plugin trouble 1.0.0") && Contains("statement ") && Contains("column \"n\""));
}

TEST_CASE("a plugin's metric of a core metric's name is its own", "[house][load_trouble]") {
  const std::string which = GENERATE("take_metric", "split_metric");
  trouble_house h({wrong + which});
  CHECK_STATUS(h.at().get("/well/"), 200);
  const auto text = h->operators().get("/metrics").body;
  CHECK_THAT(text, Contains("\nstoa_http_requests_total{"));
  if (which == "take_metric")
    CHECK_THAT(text, Contains("\nplugin_trouble_stoa_http_requests_total 1000") &&
                         !Contains("\nstoa_http_requests_total 1000"));
  else
    CHECK_THAT(text, Contains("\nplugin_trouble_stoa_plugin_failures_total{own=\"label\"} -1"));
}

TEST_CASE("a plugin's route takes no place and no paths of another's, unless it says so", "[house][load_trouble]") {
  const auto categories = [](test_house& h) { return h.client().get("/learnflow/api/v1/courses/categories/").status; };
  SECTION("a place") {
    trouble_house h({wrong + "take_route"});
    check_degraded(*h, "wire");
    CHECK_THAT(why(*h), Contains("GET /api/v1/courses/ of the plugin trouble and /api/v1/courses/ of the core"));
    CHECK_STATUS(h.at().get("/well/"), 404);
  }
  SECTION("paths") {
    trouble_house h({wrong + "shadow_route"});
    check_degraded(*h, "wire");
    CHECK_THAT(why(*h), Contains("/api/v1/courses/categories/ of the plugin trouble and /api/v1/courses/{") &&
                            Contains("of the core"));
    CHECK(categories(*h) == 404);
  }
  SECTION("openly") {
    trouble_house h({wrong + "shadow_route_openly"});
    CHECK_STATUS(h.at().get("/well/"), 200);
    CHECK(categories(*h) == 204);
  }
}

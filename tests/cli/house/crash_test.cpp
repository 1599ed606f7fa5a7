// A plugin that crashes the server does so twice, and then the server starts without it.
#include <catch2/catch.hpp>

#include "tests/cli/house/trouble_house.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;
using Catch::Matchers::Contains;

namespace {

/// A real server, in a process of its own, with the plugin that has trouble.
struct crashing {
  explicit crashing(std::string fault) : chosen(std::move(fault)) {}
  server_options options() const {
    return {.environment = {{"STOA_DATABASE_MODE", "external"},
                            {"STOA_DATABASE_URL", database},
                            {"STOA_PLUGINS_DIR", folder.setting().substr(std::string("plugins.dir=").size())},
                            {"STOA_PLUGINS_TROUBLE_FAULT", chosen}},
            .data = data.path()};
  }
  command_result command(std::vector<std::string> arguments) const {
    for (const auto& more :
         {"--data=" + data.path().string(), "--set=" + folder.setting(), std::string("--set=database.mode=external"),
          "--set=database.url=" + database, "--set=plugins.trouble.fault=" + chosen})
      arguments.push_back(more);
    return run_stoa(arguments);
  }
  const std::string chosen;
  const std::string database = test_postgres::shared().fresh_database();
  temp_dir data;
  trouble_folder folder;
};

void check_without(const crashing& c, server& third) {
  const auto ready = third.client().get("/ready");
  CHECK_STATUS(ready, 200);
  CHECK(ready.body == R"({"status":"degraded","set_aside":[{"plugin":"trouble","step":"skipped"}]})");
  CHECK_THAT(third.log(), Contains("the server crashed in it 2 times") && Contains("stoa plugin reset trouble"));
  const auto list = c.command({"plugin", "list"});
  CHECK(list.status == 0);
  CHECK_THAT(list.output, Contains("set_aside") && Contains("stoa plugin reset trouble"));
}

}  // namespace

TEST_CASE("after two crashes in a step of a plugin the server starts without it", "[house][crash]") {
  const std::string step = GENERATE("configure", "start");
  const crashing c("crash_in_" + step);
  for (int i = 0; i < 2; ++i)
    CHECK_THROWS_WITH(server(c.options()), Contains("stoa: signal 11 in the plugin trouble (" + step + ")"));
  server third(c.options());
  check_without(c, third);
  CHECK(third.stop() == 0);
  // It stays out until somebody says otherwise.
  server fourth(c.options());
  CHECK_THAT(fourth.client().get("/ready").body, Contains("degraded"));
  CHECK(fourth.stop() == 0);
  CHECK(c.command({"plugin", "reset", "trouble"}).status == 0);
  CHECK_THROWS_WITH(server(c.options()), Contains("signal 11 in the plugin trouble"));
}

TEST_CASE("a subscription that crashes the server keeps its plugin out after the second time", "[house][crash]") {
  const crashing c("crash_in_subscription");
  {
    server first(c.options());
    first.client().below(trouble_base).post("/tell/", object({{"n", 7}}));
    CHECK(eventually([&] { return !first.running(); }));
    CHECK_THAT(first.log(), Contains("signal 11 in the plugin trouble (subscription"));
  }
  try {
    server second(c.options());  // the event is still there
    CHECK(eventually([&] { return !second.running(); }));
  } catch (const std::exception& e) {
    CHECK_THAT(e.what(), Contains("signal 11 in the plugin trouble (subscription"));
  }
  server third(c.options());
  check_without(c, third);
}

TEST_CASE("the check of settings and the commands that list routes outlive a plugin that crashes", "[house][crash]") {
  const std::string step = GENERATE("configure", "wire");
  const crashing c("crash_in_" + step);
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"config", "check"}, {"routes"}, {"openapi", "learnflow"}}) {
    const auto done = c.command(command);
    CHECK(done.status == 1);
    CHECK_THAT(done.errors, Contains("the plugin trouble ended this command with signal 11 in " + step));
  }
}

TEST_CASE("the check of settings tells what would be set aside", "[house][crash]") {
  const crashing c("throw_in_wire");
  const auto done = c.command({"config", "check"});
  CHECK(done.status == 1);
  CHECK_THAT(done.errors, Contains("trouble in wire"));
}

TEST_CASE("a server that is asked to end while a plugin still starts does not wait for it", "[house][crash]") {
  const crashing c("block_in_start");
  auto options = c.options();
  options.environment.emplace_back("STOA_PLUGINS_START_DEADLINE", "1s");
  server late(options);
  CHECK_THAT(late.client().get("/ready").body, Contains("degraded"));
  const auto began = std::chrono::steady_clock::now();
  CHECK(late.stop() == 0);
  CHECK(std::chrono::steady_clock::now() - began < seconds{12});
}

TEST_CASE("a plugin whose drain blocks does not keep the server, and PostgreSQL ends with it", "[house][crash]") {
  const crashing c("block_in_drain");
  auto options = c.options();
  // With a PostgreSQL of its own.
  std::erase_if(options.environment, [](const auto& e) { return e.first.starts_with("STOA_DATABASE"); });
  options.environment.emplace_back("STOA_PLUGINS_STOP_DEADLINE", "1s");
  server s(options);
  CHECK_STATUS(s.client().below(trouble_base).get("/well/"), 200);
  const auto began = std::chrono::steady_clock::now();
  CHECK(s.stop() == 0);
  CHECK(std::chrono::steady_clock::now() - began < seconds{15});
  CHECK_FALSE(std::filesystem::exists(s.data() / "postgres" / "postmaster.pid"));
}

TEST_CASE("a server that is asked to end waits for its plugins to drain and to stop", "[house][crash]") {
  const crashing c("");
  server s(c.options());
  CHECK_STATUS(s.client().below(trouble_base).get("/well/"), 200);
  CHECK(s.stop() == 0);
  CHECK_THAT(s.log(), !Contains("plugin does not"));
}

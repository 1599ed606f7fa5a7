// `stoa plugin ...` and `stoa config show`, as an operator gives them.
#include <fstream>

#include "runtime/store/plain.hpp"
#include "tests/cli/house/trouble_house.hpp"

using namespace stoa;
using namespace stoa::testing;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

struct copied {
  copied() { fs::copy(build_folder() / "troubles" / "trouble", folder(), fs::copy_options::recursive); }
  fs::path folder() const { return dir.path() / "trouble"; }
  temp_dir dir;
};

}  // namespace

TEST_CASE("a plugin is checked without a server, by its folder or its library", "[house][plugin_commands]") {
  const copied c;
  const auto library = c.folder() / "libstoa_trouble.so";
  for (const auto& what : {c.folder(), library}) {
    const auto done = run_stoa({"plugin", "check", what.string()});
    INFO(done.errors);
    CHECK(done.status == 0);
    CHECK_THAT(done.output, Contains("plugin: trouble 1.0.0") && Contains("signature: not signed") &&
                                Contains("trouble can be loaded by this server"));
  }
  fs::copy_file(library, c.dir.path() / "alone.so");
  CHECK_THAT(run_stoa({"plugin", "check", (c.dir.path() / "alone.so").string()}).output,
             Contains("built as this server is: yes"));
  fs::resize_file(c.dir.path() / "alone.so", 5000);
  const auto cut = run_stoa({"plugin", "check", (c.dir.path() / "alone.so").string()});
  CHECK(cut.status == 1);
  CHECK_THAT(cut.errors, Contains("expected a file of at least"));
  std::ofstream(c.folder() / "plugin.toml", std::ios::app) << "\n";
  std::ofstream(library, std::ios::app) << "x";
  const auto changed = run_stoa({"plugin", "check", c.folder().string()});
  CHECK(changed.status == 1);
  CHECK_THAT(changed.errors, Contains("expected a library with sha256"));
}

TEST_CASE("a plugin is signed with a key of one's own, and held to it", "[house][plugin_commands]") {
  const copied c;
  const auto key = (c.dir.path() / "key.pem").string();
  const auto made = run_stoa({"plugin", "keygen", key});
  REQUIRE(made.status == 0);
  const auto who = made.output.substr(0, made.output.find('\n'));
  CHECK(who.starts_with("ed25519:"));
  const auto check = [&](std::vector<std::string> more) {
    std::vector<std::string> all{"plugin", "check", c.folder().string(), "--set", "plugins.allow_unsigned=false"};
    for (auto& m : more) all.push_back(std::move(m));
    return run_stoa(all);
  };
  CHECK_THAT(check({}).errors, Contains("expected a signature in plugin.sig, found none"));
  REQUIRE(run_stoa({"plugin", "sign", c.folder().string(), "--key", key}).status == 0);
  CHECK_THAT(check({"--set", "plugins.trusted_keys=" + who}).output, Contains("signature: signed by " + who));
  CHECK_THAT(check({}).errors, Contains("expected a signature by a key of [plugins] trusted_keys"));
  std::ofstream(c.folder() / "migrations" / "0001_trouble.sql", std::ios::app) << "-- more\n";
  CHECK_THAT(check({"--set", "plugins.trusted_keys=" + who}).errors, Contains("found others"));
  CHECK_THAT(run_stoa({"config", "check", "--set", "plugins.trusted_keys=abc"}).errors, Contains("trusted_keys"));
}

TEST_CASE("the settings of plugins are shown, their secrets are not", "[house][plugin_commands]") {
  const auto shown =
      run_stoa({"config", "show", "--set", "plugins.payments.stripe_url=https://stripe.example.org", "--set",
                "plugins.payments.stripe_api_key=sk_test_hidden", "--set", "plugins.payments.required=false"});
  REQUIRE(shown.status == 0);
  CHECK_THAT(shown.output, Contains("stripe_url = \"https://stripe.example.org\"") &&
                               Contains("stripe_api_key = \"***\"") && Contains("provider = \"sandbox\"") &&
                               Contains("required = false"));
  CHECK_THAT(shown.output, !Contains("sk_test_hidden") && !Contains("whsec_sandbox"));
}

TEST_CASE("offsets are dropped and a plugin is purged, once it is out of service", "[house][plugin_commands]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  const auto give = [&](std::vector<std::string> command) {
    for (const auto& more : {std::string("--data=" + h.data().string()), std::string("--set=database.mode=external"),
                             "--set=database.url=" + database})
      command.push_back(more);
    return run_stoa(command);
  };
  runtime::plain_connection db{database};
  const auto offsets = [&] {
    return db.run("select count(*) from subscription_offset where name like 'notifications.%'").at(0).at(0).value();
  };
  CHECK_THAT(give({"plugin", "drop-offset", "notifications"}).errors, Contains("in service"));
  CHECK(eventually([&] { return offsets() != "0"; }));
  CHECK_THAT(give({"plugin", "purge", "notifications"}).errors, Contains("--yes"));
  const auto status = give({"plugin", "status", "notifications"});
  CHECK(status.status == 0);
  CHECK_THAT(status.output,
             Contains("notifications 1.0.0: started since 20") && Contains(" events behind") && Contains("configure"));
  const auto purged = give({"plugin", "purge", "notifications", "--yes"});
  INFO(purged.errors);
  CHECK(purged.status == 0);
  CHECK(offsets() == "0");
  CHECK(db.run("select to_regnamespace('plugin_notifications') is null").at(0).at(0) == "t");
  CHECK_THAT(give({"plugin", "list"}).output, Contains("disabled"));
  CHECK_THAT(give({"plugin", "drop-offset", "nobody"}).errors, Contains("there is no offset of nobody"));
}

TEST_CASE("events that a plugin could not take are listed, and given again", "[house][plugin_commands]") {
  const auto database = test_postgres::shared().fresh_database();
  trouble_house h({"plugins.trouble.fault=fail_subscription", "plugins.event_tries=1"}, database);
  const auto give = [&](std::vector<std::string> command) {
    for (const auto& more : {std::string("--data=" + h->data().string()), std::string("--set=database.mode=external"),
                             "--set=database.url=" + database})
      command.push_back(more);
    return run_stoa(command);
  };
  CHECK(give({"plugin", "dead-events", "trouble"}).output.empty());
  CHECK(give({"plugin", "replay", "trouble"}).status == 1);
  h.at().post("/tell/", object({{"n", 7}}));
  CHECK(eventually([&] { return !give({"plugin", "dead-events", "trouble"}).output.empty(); }));
  CHECK_THAT(give({"plugin", "dead-events", "trouble"}).output, Contains("trouble.told"));
  h.control()->choose("");
  const auto replayed = give({"plugin", "replay", "trouble"});
  CHECK(replayed.status == 0);
  CHECK(replayed.output == "1 events are given again\n");
  CHECK(eventually([&] { return h.at().get("/heard/").text("says") == "7"; }));
}

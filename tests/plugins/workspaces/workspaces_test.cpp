#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <catch2/catch.hpp>

#include <memory>

#include "plugins/workspaces/docker_provider.hpp"
#include "tests/plugins/support/plugin_bench.hpp"
#include "tests/support/engine.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;

extern "C" const stoa::plugin_entry* stoa_workspaces_entry();

namespace {

using written = plugin_bench::written;

/// Ports of this program's own, so that suites do not meet.
int first_port() {
  static int next = 10000 + static_cast<int>(::getpid() % 1000) * 20;  // below those that the kernel gives away
  next += 10;
  return next;
}

struct workspaces_bench {
  explicit workspaces_bench(const engine& e, written more = {}) : workspaces_bench(e.address(), std::move(more)) {}
  explicit workspaces_bench(const std::string& address, written more = {})
      : first(first_port()), http({}), bench(*stoa_workspaces_entry(), http, with(address, std::move(more))) {
    who.signed_in = true;
    who.user = bench.host.people.add(user_id::make(), "Ada", "Lovelace")->id;
  }

  written with(const std::string& address, written more) const {
    written all{{"provider", "docker"},
                {"engine", address},
                {"image", "localhost/ws:1"},
                {"command", "/bin/httpd,-f,-p,8080,-h,/www"},
                {"first_port", std::to_string(first)},
                {"last_port", std::to_string(first + 9)},
                {"subnets", "10.217." + std::to_string(first / 10 % 16) + ".0/24"},
                {"memory", "32"},
                {"timeout", "10s"},
                {"make_timeout", "20s"}};
    for (auto& m : more) {
      std::erase_if(all, [&](const auto& a) { return a.first == m.first; });
      all.push_back(std::move(m));
    }
    return all;
  }

  result<reply> call(verb v, const std::string& pattern, plugin_bench::parameters query = {}) {
    return bench.call(dialect("apranova"), v, pattern, who, "", {}, std::move(query));
  }
  result<reply> create() { return call(verb::post, "/users/workspace/create/"); }
  std::string state() {
    return plugin_bench::text(plugin_bench::body_of(call(verb::get, "/users/workspace/")), "state");
  }
  void sweep() { REQUIRE(wait_for<done>(bench.host.periodic.at("sweep")())); }
  std::string installation() { return bench.one("select id from plugin_workspaces.installation"); }
  std::string row(const std::string& what) { return bench.one("select " + what + " from plugin_workspaces.workspace"); }
  /// Leaves nothing on the engine.
  void clear() { REQUIRE(call(verb::del, "/users/workspace/", {{"volume", "true"}})); }

  const int first;
  runtime::curl_http_client http;
  plugin_bench bench;
  caller who;
};

std::string page(const std::string& url) {
  runtime::curl_http_client http{{}};
  std::string body;
  eventually([&] {
    http_request r;
    r.url = url;
    r.allow_private = true;
    const auto got = wait_for<http_response>(http.send(std::move(r)));
    if (got) body = got->body;
    return got && got->status == 200;
  });
  return body;
}

/// Listens at a port of loopback for as long as it lives.
struct squatter {
  explicit squatter(int port) : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(static_cast<std::uint16_t>(port));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int again = 1;
    REQUIRE(::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again) == 0);
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0);
    REQUIRE(::listen(socket, 1) == 0);
  }
  ~squatter() { ::close(socket); }
  int socket;
};

void check_unavailable(const result<reply>& r, const std::string& code) {
  REQUIRE_FALSE(r);
  const auto& f = r.refusal();
  CHECK(f.kind == fault_kind::unavailable);
  CHECK(f.code == code);
  CHECK(f.retry_after);
  REQUIRE(f.extra.size() == 2);
  CHECK(f.extra[0] == std::pair<std::string, std::string>{"error", "Workspace feature not available"});
  CHECK(f.extra[1].first == "details");
}

void whole_life(const engine& e) {
  workspaces_bench b(e);
  CHECK(b.state() == "none");
  const auto made = b.create();
  const auto body = plugin_bench::body_of(made);
  CHECK(made->status == 201);
  CHECK(body.find("port")->as_integer() == b.first);
  CHECK(plugin_bench::text(body, "msg") == "Workspace created successfully.");
  const auto url = plugin_bench::text(body, "url");
  CHECK(url == "http://localhost:" + std::to_string(b.first));
  CHECK(page("http://127.0.0.1:" + std::to_string(b.first)) == "a workspace\n");

  const auto again = b.create();
  CHECK(again->status == 200);
  CHECK(again->body_text() == R"({"url":")" + url + R"("})");
  const auto all = e.containers(b.installation());
  REQUIRE(all.size() == 1);
  const auto inside = e.read("/containers/" + all[0].find("Id")->text() + "/json");
  const auto& host = *inside.find("HostConfig");
  CHECK(host.find("Memory")->as_integer() == 32 << 20);
  CHECK(host.find("PidsLimit")->as_integer() == 256);
  CHECK(host.find("NanoCpus")->as_integer() == 1'000'000'000);

  CHECK(b.call(verb::post, "/users/workspace/stop/")->status == 200);
  CHECK(b.state() == "stopped");
  CHECK(e.containers(b.installation())[0].find("State")->text() == "exited");
  const auto started = b.create();
  CHECK(started->status == 200);
  CHECK(b.state() == "running");
  CHECK(e.containers(b.installation())[0].find("Id")->text() == all[0].find("Id")->text());

  CHECK(b.call(verb::del, "/users/workspace/")->status == 204);
  CHECK(b.state() == "none");
  CHECK(e.containers(b.installation()).empty());
  CHECK(e.others("networks", b.installation()) == 0);
  CHECK(e.others("volumes", b.installation()) == 1);
  CHECK(plugin_bench::refusal(b.call(verb::del, "/users/workspace/")) == "WORKSPACE_NOT_FOUND");
  CHECK(b.call(verb::del, "/users/workspace/", {{"volume", "true"}})->status == 204);
  CHECK(e.others("volumes", b.installation()) == 0);
}

}  // namespace

TEST_CASE("a workspace lives its life on Docker", "[workspaces][docker]") {
  if (engine::docker().missing()) return;
  whole_life(engine::docker());
}

TEST_CASE("a workspace lives its life on Podman", "[workspaces][podman]") {
  if (engine::podman().missing()) return;
  whole_life(engine::podman());
}

TEST_CASE("a port at which something else listens is passed over", "[workspaces][docker]") {
  for (auto* e : {&engine::docker(), &engine::podman()}) {
    if (e->missing()) continue;
    workspaces_bench b(*e);
    const squatter other(b.first);
    CHECK(plugin_bench::body_of(b.create()).find("port")->as_integer() == b.first + 1);
    CHECK(b.bench.one("select port from plugin_workspaces.taken_port") == std::to_string(b.first));
    CHECK(e->containers(b.installation()).size() == 1);
    b.clear();
  }
}

TEST_CASE("there are no more workspaces than ports", "[workspaces][docker]") {
  if (engine::docker().missing()) return;
  workspaces_bench b(engine::docker());
  // All but the last one are somebody's, and that is taken by another program.
  b.bench.one(
      "insert into plugin_workspaces.workspace (user_id, stage, generation, port, changed_at, version) select "
      "gen_random_uuid(), 'stopped', 1, p, now(), 1 from generate_series(" +
      std::to_string(b.first) + ", " + std::to_string(b.first + 8) + ") p returning 1");
  const squatter other(b.first + 9);
  check_unavailable(b.create(), "WORKSPACES_FULL");
  CHECK(b.state() == "none");
  CHECK(engine::docker().containers(b.installation()).empty());
}

TEST_CASE("the idle rest, after a use that the network shows, too", "[workspaces][docker]") {
  if (engine::docker().missing()) return;
  workspaces_bench b(engine::docker());
  REQUIRE(b.create());
  const auto base = "http://127.0.0.1:" + std::to_string(b.first);
  // Looked at once, so that there is something to compare with.
  b.bench.time.advance(minutes{10});
  b.sweep();
  for (int i = 0; i < 30; ++i) page(base);
  b.bench.time.advance(minutes{10});
  b.sweep();
  b.bench.time.advance(minutes{15});
  b.sweep();
  CHECK(b.row("stage") == "running");  // 35 minutes after it was made, 15 after it was used
  b.bench.time.advance(minutes{16});
  b.sweep();
  b.sweep();
  CHECK(b.row("stage") == "stopped");
  CHECK(engine::docker().containers(b.installation())[0].find("State")->text() == "exited");
  b.clear();
}

TEST_CASE("an image that is not there, and what is known of it", "[workspaces][docker]") {
  for (auto* e : {&engine::docker(), &engine::podman()}) {
    if (e->missing()) continue;
    workspaces_bench b(*e, {{"image", "localhost/nothing:1"}});
    check_unavailable(b.create(), "WORKSPACE_IMAGE_MISSING");
    CHECK(b.state() == "none");
    CHECK(e->containers(b.installation()).empty());
    CHECK(e->others("networks", b.installation()) == 0);
    CHECK(e->others("volumes", b.installation()) == 0);
    CHECK(b.row("makings") == "[]");
  }
}

TEST_CASE("an engine that is away, and one that is too slow", "[workspaces]") {
  {
    workspaces_bench b("unix:///tmp/stoa-no-engine.sock");
    const auto r = b.create();
    check_unavailable(r, "WORKSPACES_UNAVAILABLE");
    CHECK(r.refusal().message == "Docker is not accessible from the backend container.");
    CHECK(b.state() == "none");
    b.sweep();
  }
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&a), size) == 0);
  REQUIRE(::listen(listener, 16) == 0);  // takes calls and never answers
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&a), &size) == 0);
  workspaces_bench b("http://127.0.0.1:" + std::to_string(ntohs(a.sin_port)), {{"timeout", "200ms"}});
  const auto r = b.create();
  check_unavailable(r, "WORKSPACES_UNAVAILABLE");
  CHECK(r.refusal().message == "Docker did not answer in time.");
  CHECK(b.state() == "none");
  ::close(listener);
}

TEST_CASE("the sweep adopts what a killed server made, and removes what has no owner", "[workspaces][docker]") {
  if (engine::docker().missing()) return;
  const auto& e = engine::docker();
  workspaces_bench b(e);
  REQUIRE(b.create());
  const auto id = e.containers(b.installation())[0].find("Id")->text();
  // As if the server had been killed between making and noting it.
  b.bench.one(
      "update plugin_workspaces.workspace set stage = 'creating', handle = '', holder = gen_random_uuid(), "
      "busy_until = '2026-01-27T16:06:00Z', version = version + 1 returning 1");
  for (const auto& [name, home] : b.bench.host.entities) home->refresh(packed::pack(b.who.user));
  b.bench.time.advance(minutes{5});
  b.sweep();
  CHECK(b.row("stage") == "running");
  CHECK(b.row("handle") == id);
  CHECK(b.row("generation") == "1");

  // And somebody's whose row is gone.
  b.bench.one("delete from plugin_workspaces.workspace returning 1");
  for (const auto& [name, home] : b.bench.host.entities) home->refresh(packed::pack(b.who.user));
  b.sweep();
  CHECK(e.containers(b.installation()).empty());
  CHECK(e.others("networks", b.installation()) == 0);
  e.ask("DELETE", "/volumes/stoa-" + b.installation().substr(0, 8) + "-" + b.who.user.str() + "-home");
}

TEST_CASE("a container that somebody removed or stopped is seen", "[workspaces][docker]") {
  if (engine::docker().missing()) return;
  const auto& e = engine::docker();
  workspaces_bench b(e);
  REQUIRE(b.create());
  const auto id = e.containers(b.installation())[0].find("Id")->text();
  b.bench.time.advance(seconds{1});
  e.ask("POST", "/containers/" + id + "/kill");
  REQUIRE(eventually([&] { return e.containers(b.installation())[0].find("State")->text() == "exited"; }));
  b.sweep();
  CHECK(b.row("stage") == "stopped");
  CHECK(b.create()->status == 200);
  b.bench.time.advance(seconds{1});
  e.ask("DELETE", "/containers/" + id + "?force=1");
  b.sweep();
  CHECK(b.row("stage") == "none");
  CHECK(b.create()->status == 201);
  b.clear();
}

TEST_CASE("a workspace goes with its account, and rests with a closed one", "[workspaces][docker]") {
  if (engine::docker().missing()) return;
  const auto& e = engine::docker();
  workspaces_bench b(e);
  REQUIRE(b.create());
  const auto check = [&] { REQUIRE(wait_for<done>(b.bench.host.periodic.at("owners")())); };
  check();
  CHECK(b.row("stage") == "running");
  account closed;
  closed.id = b.who.user;
  closed.active = false;
  b.bench.host.people.add(closed);
  check();
  CHECK(b.row("stage") == "stopped");
  // Nobody of that id.
  const auto stranger = b.who;
  b.who.user = user_id::make();
  REQUIRE(b.create());
  CHECK(e.containers(b.installation()).size() == 2);
  check();
  CHECK(e.containers(b.installation()).size() == 1);
  CHECK(b.bench.one("select count(*) from plugin_workspaces.workspace") == "1");
  CHECK(e.others("volumes", b.installation()) == 1);
  b.who = stranger;
  b.clear();
}

TEST_CASE("without a provider creating is answered as the contract says", "[workspaces]") {
  no_http http;
  plugin_bench b(*stoa_workspaces_entry(), http);
  const auto who = plugin_bench::signed_in(user_id::make());
  const auto r = b.call(dialect("apranova"), verb::post, "/users/workspace/create/", who);
  check_unavailable(r, "WORKSPACES_OFF");
  CHECK(r.refusal().message == "Docker is not accessible from the backend container.");
  CHECK(r.refusal().extra[1].second == "Please contact your administrator to enable workspace provisioning.");
  REQUIRE(wait_for<done>(b.host.periodic.at("sweep")()));
  CHECK(b.host.lines.all().empty());
}

TEST_CASE("settings of workspaces are checked when the plugin is configured", "[workspaces]") {
  const auto configured = [](const written& settings) -> std::string {
    no_http http;
    no_database database;
    manual_clock time(system_clock().now());
    fake_host host(database, http, time);
    host.set(plugin_settings(*stoa_workspaces_entry(), settings));
    const std::unique_ptr<plugin, void (*)(plugin*)> made(stoa_workspaces_entry()->create(),
                                                          stoa_workspaces_entry()->destroy);
    try {
      made->configure(host);
      return "good";
    } catch (const settings_error& e) {
      const std::string why = e.what();
      return why.substr(0, why.find(':'));
    }
  };
  CHECK(configured({}) == "good");
  CHECK(configured({{"provider", "docker"}}) == "image");
  CHECK(configured({{"provider", "docker"}, {"image", "a"}}) == "good");
  CHECK(configured({{"provider", "docker"}, {"image", "a"}, {"engine", "/var/run/docker.sock"}}) == "engine");
  CHECK(configured({{"provider", "docker"}, {"image", "a"}, {"home", "here"}}) == "home");
  CHECK(configured({{"provider", "docker"}, {"image", "a"}, {"subnets", "10.1.2.3"}}) == "subnets");
  CHECK(configured({{"provider", "docker"}, {"image", "a"}, {"environment", "x"}}) == "environment");
  CHECK(configured({{"last_port", "80"}}) == "last_port");
  CHECK(configured({{"url", "http://localhost"}}) == "url");
  CHECK(configured({{"idle_stop", "0s"}}) == "idle_stop");
}

// A plugin's trouble is the plugin's own.
#include "tests/cli/house/trouble_house.hpp"

#include <chrono>
#include <future>
#include <thread>

#include "runtime/events/dead_events.hpp"
#include "tests/cli/house/house_shop.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

using steady = std::chrono::steady_clock;

std::future<response> soon(client c, std::string path) {
  return std::async(std::launch::async, [c = std::move(c), path = std::move(path)] { return c.get(path); });
}

/// How long an answer takes that is to be 200.
milliseconds time_of(const client& c, const std::string& path) {
  const auto before = steady::now();
  REQUIRE_STATUS(c.get(path), 200);
  return std::chrono::duration_cast<milliseconds>(steady::now() - before);
}

/// The core answers at once, and so does what the plugin has besides.
void check_quick(trouble_house& h, const person& who) {
  const milliseconds quick{1000};
  CHECK(time_of((*h).client(), "/health") < quick);
  CHECK(time_of((*h).client().below(learnflow_base).as(who.access), "/cart/") < quick);
  CHECK(time_of(h.at(), "/well/") < quick);
}

std::string stalls(const std::string& kind, const std::string& name) {
  return "stoa_plugin_stalls_total{kind=\"" + kind + "\",name=\"" + name + "\",plugin=\"trouble\"}";
}

std::string breaker_of(const std::string& kind, const std::string& name) {
  return "stoa_plugin_breaker{kind=\"" + kind + "\",name=\"" + name + "\",plugin=\"trouble\"}";
}

const std::string act = "learnflow GET /trouble/act/";

}  // namespace

TEST_CASE("the plugin that has trouble has none before it is asked to", "[house][trouble]") {
  trouble_house h;
  CHECK_STATUS(h.at().get("/well/"), 200);
  CHECK_STATUS(h.at().get("/act/"), 200);
  CHECK_STATUS(h.at().post("/tell/", object({{"n", 7}})), 200);
  CHECK(eventually([&] { return h.at().get("/heard/").integer("n") == 1; }));
  CHECK(h.at().get("/heard/").text("says") == "7");
  CHECK(eventually([&] { return h.control()->begun("job") == 1 && h.control()->begun("observer") == 1; }));
  CHECK(h.at().post("/visit/").integer("n") == 1);
  CHECK(h.at().post("/visit/").integer("n") == 2);
  const auto stream = h.at().get("/stream/");
  CHECK(stream.body.find("one") != std::string::npos);
  CHECK(stream.body.find("two") != std::string::npos);
}

TEST_CASE("a handler that blocks holds up nobody else, is named, and its caller gets a timeout", "[house][trouble]") {
  trouble_house h({"http.request_timeout=2s", "plugins.stall_after=200ms"});
  const auto who = account_at((*h).client());
  auto control = h.control();
  control->choose("block_route");
  std::vector<std::future<response>> stuck;
  for (int i = 0; i < 4; ++i) stuck.push_back(soon(h.at(), "/act/"));
  REQUIRE(eventually([&] { return control->begun("blocked") == 4; }));
  check_quick(h, who);
  CHECK(eventually([&] { return h.metric(stalls("route", act)) == 4; }));
  CHECK(h.metric("stoa_plugin_stalled{kind=\"route\",name=\"" + act + "\",plugin=\"trouble\"}") == 4);
  for (auto& s : stuck) {
    const auto late = s.get();
    CHECK_STATUS(late, 503);
    CHECK(late.body.find("TIMEOUT") != std::string::npos);
  }
  control->let_go();
  CHECK(eventually(
      [&] { return h.metric("stoa_plugin_stalled{kind=\"route\",name=\"" + act + "\",plugin=\"trouble\"}") == 0; }));
  CHECK(h.metric("stoa_plugin_failures_total{plugin=\"trouble\"}") == 4);
  CHECK_STATUS(h.at().get("/act/"), 200);
}

TEST_CASE("a job, an observer, periodic work, a stream or a decision that blocks holds up nobody else",
          "[house][trouble]") {
  trouble_house h({"plugins.stall_after=200ms"});
  const auto who = account_at((*h).client());
  auto control = h.control();
  std::future<response> stuck;
  std::string stalled;
  SECTION("a job") {
    control->choose("block_job");
    CHECK_STATUS(h.at().post("/tell/", object({{"n", 1}})), 200);
    stalled = stalls("job", "trouble.work");
  }
  SECTION("an observer") {
    control->choose("block_observer");
    CHECK_STATUS(h.at().post("/tell/", object({{"n", 1}})), 200);
    stalled = stalls("observer", "trouble.eye");
  }
  SECTION("periodic work") {
    control->choose("block_every");
    stalled = stalls("work", "rounds");
  }
  SECTION("a stream") {
    control->choose("block_stream");
    stuck = soon(h.at(), "/stream/");
    stalled = stalls("route", "learnflow GET /trouble/stream/");
  }
  SECTION("a decision") {
    control->choose("block_entity");
    stuck = std::async(std::launch::async, [c = h.at()] { return c.post("/visit/"); });
    stalled = stalls("entity", "ward.visit");
  }
  REQUIRE(eventually([&] { return control->begun("blocked") == 1; }));
  check_quick(h, who);
  // Entities of the core decide meanwhile, and events are had.
  const auto cart = (*h).client().below(learnflow_base).as(who.access);
  const auto course = course_at(*h, teacher_at(*h), "10.00");
  CHECK_STATUS(cart.post("/cart/items/", object({{"course_id", course}})), 201);
  CHECK(eventually([&] { return h.metric(stalled) == 1; }));
  control->let_go();
  if (stuck.valid()) CHECK_STATUS(stuck.get(), 200);
  CHECK_STATUS(h.at().post("/visit/"), 200);
}

TEST_CASE("a subscription that blocks is late alone, and its lag shows it", "[house][trouble]") {
  trouble_house h({"plugins.stall_after=200ms"});
  const auto learner = account_at((*h).client());
  const auto course = course_at(*h, teacher_at(*h), "0.00");
  auto control = h.control();
  control->choose("block_subscription");
  for (int n = 1; n <= 3; ++n) CHECK_STATUS(h.at().post("/tell/", object({{"n", n}})), 200);
  REQUIRE(eventually([&] { return control->begun("blocked") == 1; }));
  const auto as_learner = (*h).client().as(learner.access);
  const auto told = [&] { return as_learner.get("/unpuzzle/api/v1/notifications/").integer("count"); };
  const auto before = told();
  CHECK_STATUS(as_learner.post(learnflow_base + "/courses/" + course + "/enroll/"), 201);
  CHECK(eventually([&] { return told() > before; }, seconds{3}));
  const std::string lag = "stoa_outbox_lag_events{subscription=\"trouble.ear\"}";
  CHECK(eventually([&] { return h.metric(lag) >= 3; }));
  CHECK(eventually([&] { return h.metric("stoa_outbox_lag_events{subscription=\"notifications.inbox\"}") == 0; }));
  CHECK(eventually([&] { return h.metric(stalls("subscription", "trouble.ear")) == 1; }));
  check_quick(h, learner);
  control->let_go();
  CHECK(eventually([&] { return h.at().get("/heard/").integer("n") == 3; }));
  CHECK(eventually([&] { return h.metric(lag) == 0; }));
}

TEST_CASE("slow statements of a plugin keep nobody from a session", "[house][trouble]") {
  trouble_house h({"database.statement_timeout=1s"});
  const auto who = account_at((*h).client());
  h.control()->choose("slow");
  std::vector<std::future<response>> slow;
  for (int i = 0; i < 8; ++i) slow.push_back(soon(h.at(), "/act/"));
  REQUIRE(eventually([&] { return h.control()->begun("route") == 8; }));
  const auto before = steady::now();
  signed_in_at(*h, who);
  CHECK(steady::now() - before < milliseconds{1500});
  check_quick(h, who);
  for (auto& s : slow) CHECK_STATUS(s.get(), 503);
}

TEST_CASE("what a plugin sets in its sessions is nobody else's, and gone with its call", "[house][trouble]") {
  trouble_house h;
  const auto who = account_at((*h).client());
  h.control()->choose("settings");
  for (int i = 0; i < 8; ++i) CHECK_STATUS(h.at().get("/act/"), 200);
  for (int i = 0; i < 8; ++i) {
    signed_in_at(*h, who);
    CHECK_STATUS((*h).client().below(learnflow_base).as(who.access).get("/cart/"), 200);
    CHECK(h.at().get("/session/").text("says") == "|\"$user\", public");
  }
  h.control()->choose("");
  CHECK_STATUS(h.at().post("/tell/", object({{"n", 1}})), 200);
  CHECK(eventually([&] { return h.at().get("/heard/").integer("n") == 1; }));
}

TEST_CASE("a route that fails again and again is left alone for a while; bad input counts nothing",
          "[house][trouble]") {
  trouble_house h({"plugins.breaker_failures=3", "plugins.breaker_pause=30s"});
  h.control()->choose("bad_input");
  for (int i = 0; i < 6; ++i) CHECK(h.at().get("/act/").status < 500);
  CHECK(h.metric(breaker_of("route", act)) == 0);
  h.control()->choose("fail_route");
  for (int i = 0; i < 3; ++i) CHECK_STATUS(h.at().get("/act/"), 500);
  const auto refused = h.at().get("/act/");
  CHECK_STATUS(refused, 503);
  CHECK(refused.header("retry-after") == "30");
  CHECK(h.metric(breaker_of("route", act)) == 2);
  CHECK(h.metric("stoa_plugin_refused_total{plugin=\"trouble\",why=\"breaker\"}") == 1);
  CHECK_STATUS(h.at().get("/well/"), 200);
  CHECK_STATUS((*h).client().get("/ready"), 200);

  h->clock.advance(seconds{31});
  CHECK_STATUS(h.at().get("/act/"), 500);
  CHECK_STATUS(h.at().get("/act/"), 503);
  h.control()->choose("");
  h->clock.advance(seconds{31});
  CHECK_STATUS(h.at().get("/act/"), 200);
  CHECK(h.metric(breaker_of("route", act)) == 0);
}

TEST_CASE("jobs of a kind that fails wait for a while without losing attempts", "[house][trouble]") {
  trouble_house h({"plugins.breaker_failures=3", "plugins.breaker_pause=30s"});
  h.control()->choose("fail_job");
  CHECK_STATUS(h.at().post("/tell/", object({{"n", 1}})), 200);
  // Their pauses are the moved clock's.
  CHECK(eventually([&] {
    h->clock.advance(milliseconds{60});
    return h.metric(breaker_of("job", "trouble.work")) == 2;
  }));
  CHECK(h.control()->begun("job") == 3);
  CHECK(h.metric(breaker_of("subscription", "trouble.ear")) == 0);
  h.control()->choose("");
  h->clock.advance(seconds{31});
  CHECK(eventually([&] { return h.control()->begun("job") == 4; }));
  CHECK(eventually([&] { return h.metric(breaker_of("job", "trouble.work")) == 0; }));
}

TEST_CASE("an event that a plugin cannot take is set aside, and taken when it is given again", "[house][trouble]") {
  const auto database = test_postgres::shared().fresh_database();
  trouble_house h({"plugins.event_tries=2", "jobs.poll=20ms"}, database);
  h.control()->choose("poison");
  for (const int n : {1, -2, 3}) CHECK_STATUS(h.at().post("/tell/", object({{"n", n}})), 200);
  CHECK(eventually([&] { return h.at().get("/heard/").integer("n") == 2; }));
  const std::string dead = "stoa_outbox_dead_events{subscription=\"trouble.ear\"}";
  CHECK(eventually([&] { return h.metric(dead) == 1; }));
  h.control()->choose("");
  runtime::plain_connection db{database};
  CHECK(runtime::replay_dead_events(db, "trouble") == 1);
  CHECK(eventually([&] { return h.at().get("/heard/").integer("n") == 3; }));
  CHECK(h.at().get("/heard/").text("says") == "2");
  CHECK(eventually([&] { return h.metric(dead) == 0; }));
}

TEST_CASE("an answer that is too large is none", "[house][trouble]") {
  trouble_house h;
  h.control()->choose("large");
  const auto refused = h.at().get("/act/");
  CHECK_STATUS(refused, 500);
  CHECK(refused.body.size() < 1000);
  h.control()->choose("");
  CHECK_STATUS(h.at().get("/act/"), 200);
  trouble_house wide({"plugins.max_answer=16MiB"});
  wide.control()->choose("large");
  CHECK(wide.at().get("/act/").body.size() > 10'000'000);
}

TEST_CASE("more requests than a plugin may have at once are refused, and others are not", "[house][trouble]") {
  trouble_house h({"plugins.concurrency=3", "http.request_timeout=4s"});
  h.control()->choose("block_route");
  std::vector<std::future<response>> stuck;
  for (int i = 0; i < 3; ++i) stuck.push_back(soon(h.at(), "/act/"));
  REQUIRE(eventually([&] { return h.control()->begun("route") >= 2; }));
  CHECK(eventually([&] { return h.at().get("/well/").status == 503; }));
  CHECK(h.metric("stoa_plugin_refused_total{plugin=\"trouble\",why=\"concurrency\"}") >= 1);
  CHECK_STATUS((*h).client().get("/unpuzzle/api/v1/notifications/"), 401);
  h.control()->let_go();
  for (auto& s : stuck) CHECK_STATUS(s.get(), 200);
  CHECK_STATUS(h.at().get("/well/"), 200);
}

TEST_CASE("a plugin asks no host that nobody allowed", "[house][trouble]") {
  trouble_house h;
  const auto own = (*h).client().base();
  const auto ask = [](trouble_house& at, const std::string& url) {
    return at.at().get("/fetch/?inside=true&url=" + url);
  };
  const auto refused = ask(h, "https://example.org/");
  CHECK_STATUS(refused, 400);
  CHECK(refused.body.find("OUTBOUND_REFUSED") != std::string::npos);
  CHECK(refused.body.find("example.org") != std::string::npos);
  CHECK_STATUS(ask(h, "http://127.0.0.1:1/"), 400);
  CHECK_STATUS(ask(h, "http://169.254.169.254/latest"), 400);
  CHECK(ask(h, own + "/health").integer("n") == 200);
  CHECK(h.metric("stoa_plugin_outbound_refused_total{plugin=\"trouble\"}") == 3);

  trouble_house other({"plugins.trouble.outbound=[\"127.0.0.1\"]"});
  CHECK(ask(other, own + "/health").integer("n") == 200);
  CHECK_STATUS(ask(other, "https://example.org/"), 400);
}

TEST_CASE("a plugin asks the hosts of its manifest, and inside of the network only those that a setting names",
          "[house][trouble]") {
  const auto at = [](trouble_house& h) {
    const auto base = (*h).client().base();
    return "/fetch/?inside=true&url=http://127.0.0.2" + base.substr(base.rfind(':')) + "/health";
  };
  trouble_house h({"http.listen=0.0.0.0:0", "plugins.trouble.friend=http://127.0.0.1:1/"});
  CHECK_STATUS(h.at().get(at(h)), 503);
  CHECK_STATUS(h.at().get("/fetch/?inside=true&url=http://127.0.0.1:1/"), 503);
  CHECK_STATUS(h.at().get("/fetch/?inside=true&url=http://127.0.0.1:2/"), 400);
  trouble_house inside({"http.listen=0.0.0.0:0", "plugins.trouble.inside=true"});
  CHECK(inside.at().get(at(inside)).integer("n") == 200);
}

TEST_CASE("a plugin goes out of service and comes back under load: no connection, request or event is lost",
          "[house][trouble]") {
  const auto database = test_postgres::shared().fresh_database();
  trouble_house h({}, database);
  std::atomic<bool> over{false};
  std::atomic<int> sent{0}, served{0}, refused{0}, other{0}, lost{0};
  std::atomic<std::int64_t> told{0};
  std::vector<std::thread> askers;
  const auto asks = [&](int which) {
    const auto c = h.at();
    while (!over) {
      try {
        const auto r = which == 0 ? c.post("/tell/", object({{"n", 1}})) : c.get("/act/");
        if (r.status == 200) {
          ++served;
          if (which == 0) ++told;
        } else if (r.status == 503 && r.body.find("PLUGIN_UNAVAILABLE") != std::string::npos &&
                   r.header("retry-after")) {
          ++refused;
        } else {
          ++other;
        }
      } catch (const std::exception&) {
        ++lost;
      }
      ++sent;
    }
  };
  const auto began = steady::now();
  for (int i = 0; i < 4; ++i) askers.emplace_back(asks, i % 2);
  auto settings = runtime::plain_connection{database};
  for (int round = 0; round < 3; ++round) {
    const auto before = served.load();
    CHECK(eventually([&] { return served > before + 100; }));
    settings.run("insert into plugin_off (id) values ('trouble') on conflict do nothing");
    const auto refusals = refused.load();
    CHECK(eventually([&] { return refused > refusals + 50; }));
    settings.run("delete from plugin_off where id = 'trouble'");
    const auto again = served.load();
    CHECK(eventually([&] { return served > again + 50; }));
  }
  over = true;
  for (auto& a : askers) a.join();
  const auto took = std::chrono::duration<double>(steady::now() - began).count();
  INFO(sent << " in " << took << " s");
  CHECK(sent / took > 200);
  CHECK(lost == 0);
  CHECK(other == 0);
  // Each event is in the plugin's own table once: a second time would have been refused there.
  CHECK(eventually([&] { return h.at().get("/heard/").integer("n") == told; }, seconds{30}));
  CHECK(h.metric("stoa_outbox_dead_events{subscription=\"trouble.ear\"}") == 0);
}

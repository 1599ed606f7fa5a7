#include <mutex>

#include "tests/api/learnflow/learnflow.hpp"
#include "tests/runtime/outbound/tiny_server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client hooks(const person& who) { return shared_server().client().below("/classic/api").as(who.access); }

std::string subscribing(const std::string& url, std::vector<std::string> events = {"enrollment.created"}) {
  return object({{"url", url}, {"events", std::move(events)}});
}

const shape webhook_shape{{"id", "integer"},      {"url", "url"},         {"description", "string"},
                          {"events", "array"},    {"enabled", "boolean"}, {"disabled_reason", "text|null"},
                          {"created_at", "time"}, {"updated_at", "time"}, {"old_secret_until", "time|null"}};
const shape delivery_shape{{"id", "integer"},        {"webhook_id", "text"},
                           {"event", "text"},        {"status", "text"},
                           {"attempts", "integer"},  {"response_status", "integer|null"},
                           {"error", "text|null"},   {"event_at", "time"},
                           {"created_at", "time"},   {"next_attempt_at", "time|null"},
                           {"ended_at", "time|null"}};

}  // namespace

TEST_CASE("webhooks: made, listed, changed, turned to a new secret and taken away", "[classic][webhooks]") {
  const auto who = fresh_account();
  const auto url = "https://example.com/" + who.id;
  const auto made = hooks(who).post("/webhooks/", subscribing(url, {"enrollment.created", "payment.completed"}));
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, webhook_shape + shape{{"secret", "text"}});
  CHECK(made.header("cache-control") == "no-store");
  const auto path = "/webhooks/" + std::to_string(made.integer("id")) + "/";

  const auto list = hooks(who).get("/webhooks/");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list,
              shape{{"count", "integer"}, {"next", "null"}, {"previous", "null"}} + below("results.*", webhook_shape));
  CHECK(list.integer("count") == 1);
  const auto one = hooks(who).get(path);
  REQUIRE_STATUS(one, 200);
  CHECK(one.text("url") == url);
  CHECK(one.body.find("whsec_") == one.body.npos);

  const auto changed = hooks(who).put(path, object({{"events", std::vector<std::string>{"course.completed"}}}));
  REQUIRE_STATUS(changed, 200);
  CHECK(changed.text("events.0") == "course.completed");
  const auto rotated = hooks(who).post(path + "rotate-secret/");
  REQUIRE_STATUS(rotated, 200);
  CHECK(rotated.text("secret") != made.text("secret"));
  CHECK_SHAPE(rotated, {{"old_secret_until", "time"}});

  REQUIRE_STATUS(hooks(who).del(path), 204);
  CHECK_STATUS(hooks(who).get(path), 404);
  CHECK(hooks(who).get("/webhooks/").integer("count") == 0);
}

TEST_CASE("webhooks: what can be subscribed to", "[classic][webhooks]") {
  const auto kinds = hooks(fresh_account()).get("/webhook-events/");
  REQUIRE_STATUS(kinds, 200);
  CHECK_SHAPE(kinds, {{"count", "integer"}, {"results.*.event", "text"}, {"results.*.description", "text"}});
  for (const char* kind : {"user.created", "enrollment.created", "payment.completed"})
    CHECK(kinds.body.find("\"" + std::string(kind) + "\"") != kinds.body.npos);
  CHECK(kinds.body.find("course.published") == kinds.body.npos);
  const auto of_teachers = hooks(fresh_instructor(shared_server())).get("/webhook-events/");
  CHECK(of_teachers.body.find("course.published") != of_teachers.body.npos);
}

TEST_CASE("webhooks: a test and an enrolment are sent, and replayed", "[classic][webhooks]") {
  std::mutex mutex;
  std::vector<std::string> bodies;
  tiny_server receiver{[&](const std::string& asked) {
    const std::lock_guard lock{mutex};
    bodies.push_back(asked.substr(asked.find("\r\n\r\n") + 4));
    return tiny_server::ok("thanks");
  }};
  const auto arrived = [&](const std::string& type) {
    const std::lock_guard lock{mutex};
    return std::count_if(bodies.begin(), bodies.end(),
                         [&](const auto& b) { return b.find("\"type\":\"" + type + "\"") != b.npos; });
  };
  const auto open = start_server({{"STOA_PLUGINS_WEBHOOKS_ALLOW_PRIVATE", "true"}});
  const at_server there(*open);
  const auto author = fresh_instructor(*open);
  course_plan plan;
  plan.price = "0";
  plan.original_price = "";
  const auto course = build_course(author, plan);
  const auto who = fresh_account(*open);
  const auto api = open->client().below("/classic/api");
  const auto teacher_made = api.as(author.access).post("/webhooks/", subscribing(receiver.url("/teacher")));
  REQUIRE_STATUS(teacher_made, 201);
  const auto made = api.as(who.access).post("/webhooks/", subscribing(receiver.url("/learner")));
  REQUIRE_STATUS(made, 201);
  const auto path = "/webhooks/" + std::to_string(made.integer("id")) + "/";

  const auto test = api.as(who.access).post(path + "test/");
  REQUIRE_STATUS(test, 201);
  CHECK_SHAPE(test, delivery_shape);
  CHECK(eventually([&] { return arrived("webhook.test") == 1; }));

  enroll(who, course);
  CHECK(eventually([&] { return arrived("enrollment.created") == 2; }));
  const auto delivered = [&] { return api.as(who.access).get(path + "deliveries/?status=delivered"); };
  CHECK(eventually([&] { return delivered().integer("count") == 2; }));
  const auto log = delivered();
  REQUIRE_STATUS(log, 200);
  CHECK_SHAPE(log, shape{{"count", "integer"}} + below("results.*", delivery_shape));
  CHECK(log.text("results.0.event") == "enrollment.created");
  CHECK(log.integer("results.0.response_status") == 200);

  const auto again = api.as(who.access).post(path + "replay/", object({{"since", "2020-01-01T00:00:00Z"}}));
  REQUIRE_STATUS(again, 200);
  CHECK_SHAPE(again, {{"queued", "integer"}, {"until", "time"}, {"more", "boolean"}});
  CHECK(again.integer("queued") == 1);
  CHECK(eventually([&] { return arrived("enrollment.created") == 3; }));

  REQUIRE_STATUS(api.as(who.access).put(path, object({{"enabled", false}})), 200);
  CHECK_STATUS(api.as(who.access).post(path + "test/"), 409);
  CHECK_STATUS(api.as(who.access).post(path + "replay/", object({{"since", "2020-01-01T00:00:00Z"}})), 409);
}

TEST_CASE("webhooks: refusals in classic's envelope", "[classic][webhooks]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto url = "https://example.com/" + who.id;
  const auto made = hooks(who).post("/webhooks/", subscribing(url));
  REQUIRE_STATUS(made, 201);
  const auto path = "/webhooks/" + std::to_string(made.integer("id")) + "/";
  const auto refused = [](const response& r, int status, const std::string& code) {
    INFO(r.asked << " -> " << r.status << " " << r.body);
    CHECK(r.status == status);
    CHECK_FALSE(r.truth("success"));
    CHECK(r.text("error_code") == code);
  };
  const auto nobody = shared_server().client().below("/classic/api");
  for (const auto& r :
       {nobody.get("/webhooks/"), nobody.post("/webhooks/", subscribing(url)), nobody.get(path), nobody.put(path, "{}"),
        nobody.del(path), nobody.post(path + "test/"), nobody.post(path + "rotate-secret/"),
        nobody.get(path + "deliveries/"), nobody.post(path + "replay/", "{}"), nobody.get("/webhook-events/")})
    CHECK_STATUS(r, 401);
  const std::string since = object({{"since", "2026-01-01T00:00:00Z"}});
  for (const auto& at : {path, std::string("/webhooks/999999999/"), std::string("/webhooks/one/")}) {
    refused(hooks(other).get(at), 404, "WEBHOOK_NOT_FOUND");
    refused(hooks(other).put(at, "{}"), 404, "WEBHOOK_NOT_FOUND");
    refused(hooks(other).del(at), 404, "WEBHOOK_NOT_FOUND");
    refused(hooks(other).post(at + "test/"), 404, "WEBHOOK_NOT_FOUND");
    refused(hooks(other).post(at + "rotate-secret/"), 404, "WEBHOOK_NOT_FOUND");
    refused(hooks(other).get(at + "deliveries/"), 404, "WEBHOOK_NOT_FOUND");
    refused(hooks(other).post(at + "replay/", since), 404, "WEBHOOK_NOT_FOUND");
  }
  refused(hooks(who).post("/webhooks/", subscribing(url)), 409, "WEBHOOK_EXISTS");
  refused(hooks(who).post("/webhooks/", subscribing(url + "/2", {"sign_in.locked"})), 403, "PERMISSION_DENIED");
  const auto bad = hooks(who).post("/webhooks/", object({{"url", "gopher://example.com"}, {"events", 3}}));
  CHECK_STATUS(bad, 400);
  CHECK(bad.has("details.url"));
  CHECK(bad.has("details.events"));
  CHECK_STATUS(hooks(who).put(path, object({{"enabled", nullptr}})), 400);
  CHECK_STATUS(hooks(who).post(path + "replay/", object({{"since", "yesterday"}})), 400);
  CHECK_STATUS(hooks(who).get(path + "deliveries/?status=lost"), 400);
  CHECK_STATUS(hooks(who).get(path + "deliveries/?page=0"), 400);
  // By default nothing private is called.
  REQUIRE_STATUS(hooks(who).put(path, object({{"url", "http://127.0.0.1:9/"}})), 200);
  REQUIRE_STATUS(hooks(who).post(path + "test/"), 201);
  CHECK(eventually([&] {
    const auto log = hooks(who).get(path + "deliveries/");
    return log.integer("results.0.attempts") == 1 && log.text("results.0.status") == "waiting" &&
           log.at("results.0.response_status").is_null();
  }));
}

#include <catch2/catch.hpp>

#include "tests/plugins/webhooks/webhooks_bench.hpp"

using namespace stoa;
using namespace stoa::testing;
using bench = plugin_bench;

TEST_CASE("the secret is shown when it is made, and never again", "[webhooks]") {
  webhooks_bench b;
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, "https://example.com/hook", {"user.created"});
  CHECK(hook.secret.starts_with("whsec_"));
  const auto secrets = [&](const std::string& in) { return in.find("whsec_") != in.npos; };
  CHECK_FALSE(secrets(b.shown(ada, hook.id).dump()));
  CHECK_FALSE(secrets(bench::body_of(b.ask(verb::get, "/webhooks/", ada)).dump()));
  CHECK_FALSE(
      secrets(bench::body_of(b.ask(verb::put, "/webhooks/{id}/", ada, R"({"description":"Mine"})", b.numbered(hook.id)))
                  .dump()));
  const auto rotated = bench::body_of(b.ask(verb::post, "/webhooks/{id}/rotate-secret/", ada, "", b.numbered(hook.id)));
  CHECK(bench::text(rotated, "secret") != hook.secret);
  CHECK_FALSE(secrets(b.on.host.lines.all()));
}

TEST_CASE("a webhook is changed by what is given", "[webhooks]") {
  webhooks_bench b;
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, "https://example.com/hook", {"user.created"});
  b.subscribe(ada, "https://example.com/other", {"user.created"});
  const auto put = [&](const std::string& body) {
    return b.ask(verb::put, "/webhooks/{id}/", ada, body, b.numbered(hook.id));
  };
  const auto changed = bench::body_of(
      put(R"({"url":"https://example.com/new","events":["order.created","cart.cleared"],"description":"x"})"));
  CHECK(bench::text(changed, "url") == "https://example.com/new");
  CHECK(changed.find("events")->dump() == R"(["cart.cleared","order.created"])");
  CHECK(bench::text(changed, "description") == "x");
  CHECK(bench::body_of(put("{}")).dump() == changed.dump());
  CHECK(bench::text(bench::body_of(put(R"({"description":null})")), "description").empty());
  CHECK(bench::refusal(put(R"({"url":"https://example.com/other"})")) == "WEBHOOK_EXISTS");
  CHECK(bench::bad_fields(put(R"({"url":null,"events":null,"enabled":"maybe"})")) == "url events enabled");
  CHECK(bench::refusal(put(R"({"events":["course.published"]})")) == "PERMISSION_DENIED");
  const auto off = bench::body_of(put(R"({"enabled":false})"));
  CHECK(bench::text(off, "disabled_reason") == "by its owner");
}

TEST_CASE("webhooks are refused with the field that is wrong", "[webhooks]") {
  webhooks_bench b(plugin_bench::written{{"per_user", "2"}});
  const auto ada = bench::signed_in(user_id::make());
  const auto post = [&](const std::string& body) { return b.ask(verb::post, "/webhooks/", ada, body); };
  CHECK(bench::bad_fields(post("{}")) == "url events");
  CHECK(bench::bad_fields(post(R"({"url":"ftp://example.com/","events":["user.created"]})")) == "url");
  CHECK(bench::bad_fields(post(R"({"url":"https://me:pw@example.com/","events":["user.created"]})")) == "url");
  CHECK(bench::bad_fields(post(b.subscribing("https://example.com/", {}))) == "events");
  CHECK(bench::bad_fields(post(b.subscribing("https://example.com/", {"user.created", "user.gone"}))) == "events.1");
  CHECK(bench::refusal(post(b.subscribing("https://example.com/", {"sign_in.locked"}))) == "PERMISSION_DENIED");
  const auto good = b.subscribing("https://example.com/", {"user.created"});
  CHECK(post(good).value().status == 201);
  CHECK(bench::refusal(post(good)) == "WEBHOOK_EXISTS");
  CHECK(post(b.subscribing("https://example.com/2", {"user.created"})));
  CHECK(bench::refusal(post(b.subscribing("https://example.com/3", {"user.created"}))) == "WEBHOOK_LIMIT_REACHED");
  // Another person has room, and may have the same address.
  CHECK(b.ask(verb::post, "/webhooks/", bench::signed_in(user_id::make()), good));
}

TEST_CASE("another person's webhook is as good as none, at every route", "[webhooks]") {
  webhooks_bench b;
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, "https://example.com/hook", {"user.created"});
  const auto before = b.shown(ada, hook.id).dump();
  for (const auto& who : {bench::signed_in(user_id::make()), bench::signed_in(user_id::make(), {role::admin})})
    for (const auto& id : {std::to_string(hook.id), std::string("999999"), std::string("one")}) {
      const webhooks_bench::parameters path{{"id", id}};
      INFO(id);
      CHECK(bench::refusal(b.ask(verb::get, "/webhooks/{id}/", who, "", path)) == "WEBHOOK_NOT_FOUND");
      CHECK(bench::refusal(b.ask(verb::put, "/webhooks/{id}/", who, R"({"enabled":false})", path)) ==
            "WEBHOOK_NOT_FOUND");
      CHECK(bench::refusal(b.ask(verb::del, "/webhooks/{id}/", who, "", path)) == "WEBHOOK_NOT_FOUND");
      CHECK(bench::refusal(b.ask(verb::post, "/webhooks/{id}/test/", who, "", path)) == "WEBHOOK_NOT_FOUND");
      CHECK(bench::refusal(b.ask(verb::post, "/webhooks/{id}/rotate-secret/", who, "", path)) == "WEBHOOK_NOT_FOUND");
      CHECK(bench::refusal(b.ask(verb::get, "/webhooks/{id}/deliveries/", who, "", path)) == "WEBHOOK_NOT_FOUND");
      CHECK(bench::refusal(b.ask(verb::post, "/webhooks/{id}/replay/", who, R"({"since":"2026-01-01T00:00:00Z"})",
                                 path)) == "WEBHOOK_NOT_FOUND");
      CHECK(bench::body_of(b.ask(verb::get, "/webhooks/", who)).find("results")->items().empty());
    }
  CHECK(b.shown(ada, hook.id).dump() == before);
  CHECK(b.on.one("select count(*)::text from plugin_webhooks.delivery") == "0");
}

TEST_CASE("what one may subscribe to is listed", "[webhooks]") {
  webhooks_bench b;
  const auto kinds = [&](const caller& who) {
    return bench::body_of(b.ask(verb::get, "/webhook-events/", who)).dump();
  };
  const auto learner = kinds(bench::signed_in(user_id::make()));
  const auto admin = kinds(bench::signed_in(user_id::make(), {role::admin}));
  CHECK(learner.find("payment.completed") != learner.npos);
  CHECK(learner.find("sign_in.locked") == learner.npos);
  CHECK(admin.find("sign_in.locked") != admin.npos);
}

TEST_CASE("settings that make no sense are refused by their name", "[webhooks]") {
  for (const char* key : {"timeout", "first_pause", "longest_pause", "log_kept"}) {
    INFO(key);
    CHECK_THROWS_WITH(webhooks_bench(plugin_bench::written{{key, "0s"}}), Catch::Contains(key));
  }
  for (const char* key : {"at_once", "attempts", "per_user", "log_most"}) {
    INFO(key);
    CHECK_THROWS_WITH(webhooks_bench(plugin_bench::written{{key, "0"}}), Catch::Contains(key));
  }
}

TEST_CASE("the rows of webhooks answer to their owner alone", "[webhooks]") {
  webhooks_bench b;
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, "https://example.com/hook", {"user.created"});
  bench::body_of(b.ask(verb::post, "/webhooks/{id}/test/", ada, "", b.numbered(hook.id)));
  for (const char* table : {"subscription", "delivery"}) {
    const auto count = std::string("select count(*)::text from plugin_webhooks.") + table;
    CHECK(b.on.one(count, acts_as(ada.user)) == "1");
    CHECK(b.on.one(count, acts_as(user_id::make())) == "0");
    CHECK(b.on.one(count, acting{}) == "0");
  }
}

#include <catch2/catch.hpp>
#include <set>

#include "plugins/webhooks/webhook_rules.hpp"
#include "stoa/areas/carts.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/areas/people.hpp"
#include "tests/plugins/payments/npm_parts.hpp"
#include "tests/plugins/webhooks/webhooks_bench.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using bench = plugin_bench;

namespace {

std::int64_t number(const json& j, const char* name) { return j.find(name)->as_integer().value(); }

payment_completed payment() {
  payment_completed p;
  p.order_id = order_id::make();
  p.order_number = "ORD-2026-00001";
  p.total_minor = 8999;
  p.currency = "usd";
  return p;
}

enrollment_created entrance_to(course_id into) {
  enrollment_created e;
  e.course_id = into;
  e.course_title = "C++";
  e.enrollment_id = enrollment_id::make();
  return e;
}

const npm_parts& parts() {
  static const npm_parts installed{STOA_SOURCE_DIR "/tests/plugins/webhooks/npm"};
  return installed;
}

program_result verified(const std::string& secret, const receiver::webhook& w) {
  return parts().run({"node", "verify.mjs", secret, w.id, w.timestamp, w.signature}, w.body);
}

}  // namespace

TEST_CASE("an event reaches whom it concerns, each subscription once", "[webhooks]") {
  receiver ada_hears, bob_hears, admin_hears;
  webhooks_bench b;
  const auto ada = bench::signed_in(user_id::make()), bob = bench::signed_in(user_id::make()),
             admin = bench::signed_in(user_id::make(), {role::admin});
  const auto hers = b.subscribe(ada, ada_hears.url(), {"payment.completed"});
  b.subscribe(bob, bob_hears.url(), {"payment.completed", "user.created"});
  const auto all = b.subscribe(admin, admin_hears.url(), {"payment.completed", "sign_in.locked"});

  const auto paid = b.on.event_of(ada.user, uuid::make_v7(), payment());
  const auto locked = b.on.event_of(std::nullopt, uuid{}, sign_in_locked{"hash"});
  b.on.tell({paid, locked});
  b.on.tell({paid});
  CHECK(b.on.one("select count(*)::text from plugin_webhooks.delivery") == "3");
  CHECK(b.on.one("select count(*)::text from job where kind = 'webhooks.deliver'") == "3");
  REQUIRE(b.on.work_off());
  REQUIRE(ada_hears.count() == 1);
  CHECK(ada_hears.got()[0].id == "msg_" + paid.id.str());
  CHECK(json::parse(ada_hears.got()[0].body).value().find("data")->find("total_minor")->as_integer() == 8999);
  CHECK(bob_hears.count() == 0);
  CHECK(admin_hears.count() == 2);
  CHECK(b.on.one("select count(*)::text from job") == "0");

  const auto log = b.log(ada, hers.id);
  REQUIRE(log.size() == 1);
  CHECK(b.status(log[0]) == "delivered");
  CHECK(number(log[0], "attempts") == 1);
  CHECK(number(log[0], "response_status") == 200);
  CHECK(bench::text(log[0], "event") == "payment.completed");
  CHECK(bench::text(log[0], "webhook_id") == "msg_" + paid.id.str());
  CHECK(log[0].find("error")->is_null());
  CHECK(log[0].find("next_attempt_at")->is_null());
  CHECK(b.log(admin, all.id).size() == 2);
  CHECK(b.log(admin, all.id, {{"event", "sign_in.locked"}}).size() == 1);
  CHECK(b.log(admin, all.id, {{"status", "failed"}}).empty());
  CHECK(b.log(admin, all.id, {{"page_size", "1"}, {"page", "2"}}).size() == 1);
}

TEST_CASE("an instructor hears who enters their courses, and nobody else's", "[webhooks]") {
  receiver teacher_hears, other_hears;
  webhooks_bench b;
  const auto teacher = bench::signed_in(user_id::make(), {role::instructor}),
             other = bench::signed_in(user_id::make(), {role::instructor});
  const auto course = b.on.courses.add(teacher.user, "C++");
  b.subscribe(teacher, teacher_hears.url(), {"enrollment.created", "course.published"});
  b.subscribe(other, other_hears.url(), {"enrollment.created", "course.published"});
  const auto entered = b.on.event_of(user_id::make(), uuid::make_v7(), entrance_to(course->id));
  course_published published;
  published.course_id = course->id;
  published.instructor_id = teacher.user;
  const auto out = b.on.event_of(std::nullopt, course->id.value, published);
  b.on.tell({entered, out});
  b.on.tell({entered});
  // Of a course that is no more.
  b.on.tell({b.on.event_of(user_id::make(), uuid::make_v7(), entrance_to(course_id::make()))});
  REQUIRE(b.on.work_off());
  CHECK(b.on.one("select count(*)::text from job") == "0");
  std::multiset<std::string> types;
  for (const auto& w : teacher_hears.got()) types.insert(w.type());
  CHECK(types == std::multiset<std::string>{"course.published", "enrollment.created"});
  CHECK(other_hears.count() == 0);
}

TEST_CASE("who is no administrator any more hears only what concerns them", "[webhooks]") {
  receiver hears;
  webhooks_bench b;
  const auto was = bench::signed_in(user_id::make(), {role::admin});
  b.subscribe(was, hears.url(), {"user.created", "user.roles_changed"});
  const auto before = b.on.event_of(user_id::make(), uuid::make_v7(), user_created{1});
  const auto demoted = b.on.event_of(was.user, was.user.value, user_roles_changed{1});
  const auto after = b.on.event_of(user_id::make(), uuid::make_v7(), user_created{1});
  b.on.tell({before, demoted, after});
  REQUIRE(b.on.work_off());
  std::set<std::string> ids;
  for (const auto& w : hears.got()) ids.insert(w.id);
  CHECK(ids == std::set<std::string>{"msg_" + before.id.str(), "msg_" + demoted.id.str()});
}

TEST_CASE("what is not taken comes again with growing pauses, until it has failed", "[webhooks]") {
  receiver hears;
  webhooks_bench b({{"allow_private", "true"}, {"attempts", "3"}, {"first_pause", "10s"}});
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, hears.url(), {"payment.completed"});
  const auto tell = [&] { b.on.tell({b.on.event_of(ada.user, uuid::make_v7(), payment())}); };
  const auto newest = [&] { return b.log(ada, hook.id).at(0); };

  SECTION("an error, then a success") {
    hears.answer_with(503);
    tell();
    REQUIRE(b.on.work_off());
    CHECK(hears.count() == 1);
    CHECK(b.status(newest()) == "waiting");
    CHECK(number(newest(), "response_status") == 503);
    CHECK(number(newest(), "attempts") == 1);
    const auto next = parse_rfc3339(bench::text(newest(), "next_attempt_at")).value() - b.on.time.now();
    CHECK(next >= milliseconds{7'500});
    CHECK(next <= milliseconds{12'500});
    b.on.time.advance(seconds{7});
    REQUIRE(b.on.work_off());
    CHECK(hears.count() == 1);
    b.on.time.advance(seconds{6});
    hears.answer_with(204, "", "");
    REQUIRE(b.on.work_off());
    REQUIRE(hears.count() == 2);
    CHECK(b.status(newest()) == "delivered");
    CHECK(number(newest(), "attempts") == 2);
    CHECK(hears.got()[0].id == hears.got()[1].id);
    CHECK(hears.got()[0].body == hears.got()[1].body);
    CHECK(hears.got()[0].timestamp != hears.got()[1].timestamp);
  }
  SECTION("redirects, and nobody who answers") {
    hears.answer_with(302, "Location: " + hears.url("/elsewhere") + "\r\n");
    tell();
    REQUIRE(b.on.work_off());
    CHECK(hears.count() == 1);
    CHECK(number(newest(), "response_status") == 302);
    CHECK(b.status(newest()) == "waiting");
    b.on.time.advance(seconds{13});
    hears.hang_up();
    REQUIRE(b.on.work_off());
    CHECK(newest().find("response_status")->is_null());
    CHECK(bench::text(newest(), "error").find("no answer") != std::string::npos);
    b.on.time.advance(minutes{10});
    REQUIRE(b.on.work_off());
    CHECK(hears.count() == 3);
    CHECK(b.status(newest()) == "failed");
    CHECK(newest().find("next_attempt_at")->is_null());
    b.on.time.advance(hours{24});
    REQUIRE(b.on.work_off());
    CHECK(hears.count() == 3);
    CHECK(b.shown(ada, hook.id).find("enabled")->as_boolean());
  }
  SECTION("a receiver that says when to come back") {
    hears.answer_with(429, "Retry-After: 60\r\n");
    tell();
    REQUIRE(b.on.work_off());
    b.on.time.advance(seconds{59});
    REQUIRE(b.on.work_off());
    CHECK(hears.count() == 1);
    b.on.time.advance(seconds{1});
    REQUIRE(b.on.work_off());
    CHECK(hears.count() == 2);
  }
  SECTION("an answer that is too long") {
    hears.answer_with(200, "", std::string(100'000, 'x'));
    tell();
    REQUIRE(b.on.work_off());
    CHECK(b.status(newest()) == "waiting");
  }
}

TEST_CASE("no webhook goes to a private address unless settings allow it", "[webhooks]") {
  receiver hears;
  webhooks_bench b(plugin_bench::written{});
  const auto ada = bench::signed_in(user_id::make());
  for (const auto& url : {hears.url(), std::string("http://169.254.169.254/latest/meta-data/"),
                          "http://localhost" + hears.url().substr(std::string("http://127.0.0.1").size())})
    b.subscribe(ada, url, {"payment.completed"});
  b.on.tell({b.on.event_of(ada.user, uuid::make_v7(), payment())});
  REQUIRE(b.on.work_off());
  CHECK(hears.count() == 0);
  CHECK(b.on.one("select count(*)::text from plugin_webhooks.delivery where status = 'waiting' and attempts = 1 and "
                 "response_status is null") == "3");
}

TEST_CASE("a receiver that is gone switches its subscription off, and what it misses can be replayed", "[webhooks]") {
  receiver hears;
  webhooks_bench b;
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, hears.url(), {"payment.completed"});
  const auto paid = [&] { return b.on.event_of(ada.user, uuid::make_v7(), payment()); };
  hears.answer_with(410);
  b.on.tell({paid()});
  REQUIRE(b.on.work_off());
  CHECK(hears.count() == 1);
  CHECK_FALSE(b.shown(ada, hook.id).find("enabled")->as_boolean());
  CHECK(bench::text(b.shown(ada, hook.id), "disabled_reason").find("410") != std::string::npos);

  hears.answer_with(200);
  b.on.time.advance(minutes{1});
  const auto from = b.on.time.now();
  const auto first = paid();
  b.on.time.advance(minutes{1});
  const auto second = paid();
  b.on.tell({first, second});
  REQUIRE(b.on.work_off());
  CHECK(hears.count() == 1);
  CHECK(b.log(ada, hook.id, {{"status", "missed"}}).size() == 2);
  const auto replay = [&](timestamp since) {
    return b.ask(verb::post, "/webhooks/{id}/replay/", ada, R"({"since":")" + rfc3339(since) + "\"}",
                 b.numbered(hook.id));
  };
  CHECK(bench::refusal(replay(from)) == "WEBHOOK_DISABLED");
  CHECK(bench::refusal(b.ask(verb::post, "/webhooks/{id}/test/", ada, "", b.numbered(hook.id))) == "WEBHOOK_DISABLED");
  const auto on = bench::body_of(b.ask(verb::put, "/webhooks/{id}/", ada, R"({"enabled":true})", b.numbered(hook.id)));
  CHECK(on.find("enabled")->as_boolean());
  CHECK(on.find("disabled_reason")->is_null());

  const auto later = bench::body_of(replay(from + seconds{1}));
  CHECK(number(later, "queued") == 1);
  CHECK(bench::text(later, "until") == rfc3339(second.at));
  CHECK_FALSE(later.find("more")->as_boolean());
  REQUIRE(b.on.work_off());
  REQUIRE(hears.count() == 2);
  CHECK(hears.got()[1].id == "msg_" + second.id.str());
  // What was delivered comes once more, under the id that it had.
  CHECK(number(bench::body_of(replay(from)), "queued") == 2);
  REQUIRE(b.on.work_off());
  REQUIRE(hears.count() == 4);
  CHECK(number(bench::body_of(replay(b.on.time.now() + seconds{1})), "queued") == 0);
  CHECK(b.on.one("select count(*)::text from plugin_webhooks.delivery") == "3");
}

TEST_CASE("what waits when its subscription is switched off is missed, and goes with it", "[webhooks]") {
  receiver hears;
  webhooks_bench b;
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, hears.url(), {"payment.completed"});
  b.on.tell({b.on.event_of(ada.user, uuid::make_v7(), payment())});
  SECTION("off") {
    bench::body_of(b.ask(verb::put, "/webhooks/{id}/", ada, R"({"enabled":false})", b.numbered(hook.id)));
    REQUIRE(b.on.work_off());
    CHECK(b.status(b.log(ada, hook.id).at(0)) == "missed");
    CHECK(number(b.log(ada, hook.id).at(0), "attempts") == 0);
  }
  SECTION("gone") {
    REQUIRE(b.ask(verb::del, "/webhooks/{id}/", ada, "", b.numbered(hook.id)));
    REQUIRE(b.on.work_off());
    CHECK(b.on.one("select count(*)::text from plugin_webhooks.delivery") == "0");
  }
  CHECK(hears.count() == 0);
  CHECK(b.on.one("select count(*)::text from job") == "0");
}

TEST_CASE("a job that comes twice sends nothing twice", "[webhooks]") {
  receiver hears;
  webhooks_bench b;
  const auto ada = bench::signed_in(user_id::make());
  b.subscribe(ada, hears.url(), {"payment.completed"});
  b.on.tell({b.on.event_of(ada.user, uuid::make_v7(), payment())});
  const std::string again =
      "insert into job (id, kind, payload, due_at) select gen_random_uuid(), kind, payload, due_at from job "
      "where kind = 'webhooks.deliver' returning id::text";
  const auto twin = b.on.one(again);
  REQUIRE(b.on.work_off());
  CHECK_FALSE(twin.empty());
  // Both may have been under way at once; what is kept is one outcome.
  CHECK(b.on.one("select attempts::text from plugin_webhooks.delivery") == "1");
  const auto sent = hears.count();
  const auto id = b.on.one("select id::text from plugin_webhooks.delivery");
  b.on.one(
      "insert into job (id, kind, payload, due_at) values (gen_random_uuid(), 'webhooks.deliver', '{\"delivery\":\"" +
      id + "\",\"turn\":0}', '2020-01-01') returning id::text");
  REQUIRE(b.on.work_off());
  CHECK(hears.count() == sent);
}

TEST_CASE("somebody else's Standard Webhooks verifies our signatures", "[webhooks][npm]") {
  receiver hears;
  webhooks_bench b;
  // Their implementation has no clock that can be moved.
  b.on.time.set(system_clock().now());
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, hears.url(), {"payment.completed"});
  const auto test = [&] {
    bench::body_of(b.ask(verb::post, "/webhooks/{id}/test/", ada, "", b.numbered(hook.id)));
    REQUIRE(b.on.work_off());
    return hears.got().back();
  };
  const auto first = test();
  CHECK(verified(hook.secret, first).out == "webhook.test");
  auto forged = first;
  forged.body += " ";
  CHECK(verified(hook.secret, forged).status == 1);
  auto old = first;
  old.timestamp = std::to_string(std::stoll(old.timestamp) - 3600);
  CHECK(verified(hook.secret, old).status == 1);

  const auto rotated = bench::body_of(b.ask(verb::post, "/webhooks/{id}/rotate-secret/", ada, "", b.numbered(hook.id)));
  const auto fresh = bench::text(rotated, "secret");
  CHECK(fresh != hook.secret);
  CHECK(bench::text(rotated, "old_secret_until") == rfc3339(b.on.time.now() + hours{24}));
  const auto both = test();
  CHECK(verified(hook.secret, both).out == "webhook.test");
  CHECK(verified(fresh, both).out == "webhook.test");
  CHECK(verified(stoa_plugin::webhooks::make_secret(), both).status == 1);
  b.on.one("update plugin_webhooks.subscription set old_until = '2020-01-01' returning id::text");
  const auto later = test();
  CHECK(verified(fresh, later).out == "webhook.test");
  CHECK(verified(hook.secret, later).status == 1);
}

TEST_CASE("the log is purged when it is old", "[webhooks]") {
  receiver hears;
  webhooks_bench b({{"allow_private", "true"}, {"log_kept", "2d"}});
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, hears.url(), {"payment.completed"});
  b.on.tell({b.on.event_of(ada.user, uuid::make_v7(), payment())});
  b.on.time.advance(hours{47});
  b.on.tell({b.on.event_of(ada.user, uuid::make_v7(), payment())});
  const auto sweep = [&] { REQUIRE(wait_for<done>(b.on.host.periodic.at("old deliveries")())); };
  sweep();
  CHECK(b.log(ada, hook.id).size() == 2);
  b.on.time.advance(hours{2});
  sweep();
  CHECK(b.log(ada, hook.id).size() == 1);
}

TEST_CASE("a log holds so many deliveries and no more", "[webhooks]") {
  receiver hears;
  webhooks_bench b({{"allow_private", "true"}, {"log_most", "2"}});
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, hears.url(), {"payment.completed"});
  const auto other = b.subscribe(ada, hears.url("/other"), {"cart.cleared"});
  b.on.tell({b.on.event_of(ada.user, ada.user.value, cart_cleared{})});
  std::string newest;
  for (int i = 0; i < 4; ++i) {
    const auto e = b.on.event_of(ada.user, uuid::make_v7(), payment());
    b.on.tell({e});
    newest = "msg_" + e.id.str();
  }
  const auto sweep = [&] { REQUIRE(wait_for<done>(b.on.host.periodic.at("old deliveries")())); };
  sweep();
  CHECK(b.log(ada, hook.id).size() == 4);  // they wait
  REQUIRE(b.on.work_off());
  sweep();
  REQUIRE(b.log(ada, hook.id).size() == 2);
  CHECK(bench::text(b.log(ada, hook.id)[0], "webhook_id") == newest);
  CHECK(b.log(ada, other.id).size() == 1);
}

TEST_CASE("whoever has slow receivers holds up nobody else", "[webhooks]") {
  gate answer;
  std::atomic<int> asked{0};
  tiny_server slow{[&](const std::string&) {
    ++asked;
    answer.wait();
    return tiny_server::ok("late");
  }};
  receiver quick;
  webhooks_bench b({{"allow_private", "true"}, {"at_once", "4"}});
  const auto ada = bench::signed_in(user_id::make()), bob = bench::signed_in(user_id::make());
  const auto hers = b.subscribe(ada, slow.url(), {"payment.completed"});
  b.subscribe(bob, quick.url(), {"payment.completed"});
  std::vector<event> events;
  for (int i = 0; i < 8; ++i) events.push_back(b.on.event_of(ada.user, uuid::make_v7(), payment()));
  events.push_back(b.on.event_of(bob.user, uuid::make_v7(), payment()));
  b.on.tell(events);
  b.on.begin();
  CHECK(eventually([&] { return quick.count() == 1 && asked == 1; }));
  CHECK(eventually(
      [&] { return b.on.one("select count(*)::text from plugin_webhooks.delivery where turn > 0") == "7"; }));
  CHECK(b.on.one("select sum(attempts)::text from plugin_webhooks.delivery where turn > 0") == "0");
  answer.open();
  const auto all_there = [&] { return b.log(ada, hers.id, {{"status", "delivered"}}).size() == 8; };
  for (int i = 0; i < 20 && !all_there(); ++i) {
    REQUIRE(b.on.work_off());
    b.on.time.advance(seconds{11});
  }
  CHECK(all_there());
}

TEST_CASE("a receiver that is silent is not waited for", "[webhooks]") {
  gate never;
  tiny_server silent{[&](const std::string&) {
    never.wait();
    return std::string();
  }};
  webhooks_bench b({{"allow_private", "true"}, {"timeout", "200ms"}});
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, silent.url(), {"payment.completed"});
  b.on.tell({b.on.event_of(ada.user, uuid::make_v7(), payment())});
  REQUIRE(b.on.work_off());
  const auto log = b.log(ada, hook.id);
  CHECK(b.status(log.at(0)) == "waiting");
  CHECK(number(log.at(0), "attempts") == 1);
  CHECK(log.at(0).find("response_status")->is_null());
  never.open();
}

TEST_CASE("a long replay comes in parts", "[webhooks]") {
  webhooks_bench b;
  const auto ada = bench::signed_in(user_id::make());
  const auto hook = b.subscribe(ada, "https://example.com/hook", {"payment.completed"});
  const auto since = b.on.time.now();
  b.on.one(
      "insert into plugin_webhooks.delivery (id, subscription_id, user_id, event_id, kind, body, event_at, status, "
      "created_at) select gen_random_uuid(), s.id, s.user_id, gen_random_uuid(), 'payment.completed', '{}', "
      "'" +
      rfc3339(since) + "'::timestamptz + n * interval '1 second', 'failed', now() " +
      "from plugin_webhooks.subscription s, generate_series(1, 1003) n returning id::text");
  const auto replay = [&](timestamp from) {
    return bench::body_of(
        b.ask(verb::post, "/webhooks/{id}/replay/", ada, R"({"since":")" + rfc3339(from) + "\"}", b.numbered(hook.id)));
  };
  const auto first = replay(since);
  CHECK(number(first, "queued") == 1000);
  CHECK(first.find("more")->as_boolean());
  CHECK(bench::text(first, "until") == rfc3339(since + seconds{1000}));
  // What waits already is not queued again.
  const auto rest = replay(*parse_rfc3339(bench::text(first, "until")));
  CHECK(number(rest, "queued") == 3);
  CHECK_FALSE(rest.find("more")->as_boolean());
  CHECK(b.on.one("select count(*)::text from job where kind = 'webhooks.deliver'") == "1003");
}

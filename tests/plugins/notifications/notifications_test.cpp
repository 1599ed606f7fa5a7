#include <catch2/catch.hpp>

#include "plugins/notifications/notification_rules.hpp"
#include "runtime/events/pump.hpp"
#include "runtime/store/migrate.hpp"
#include "stoa/json.hpp"
#include "testing/fake_host.hpp"
#include "tests/plugins/support/plugin_settings.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa_plugin::notifications::notification_of;

extern "C" const stoa::plugin_entry* stoa_notifications_entry();

namespace {

const timestamp now = *parse_rfc3339("2026-01-27T16:05:00Z");

event event_with(const std::string& kind, std::optional<user_id> user, const std::string& payload) {
  event e;
  e.id = event_id::make();
  e.kind = kind;
  e.user = user;
  e.payload = json::parse(payload).value();
  e.at = now;
  return e;
}

class bench {
 public:
  bench() : bench(options()) {}
  explicit bench(runtime::store_options o) : plain_(o.connection), store_(std::move(o)), host(store_, http_, time) {
    host.set(plugin_settings(*stoa_notifications_entry(), {}));
    plugin_ = stoa_notifications_entry()->create();
    plugin_->configure(host);
    plugin_->wire(host);
  }
  ~bench() { stoa_notifications_entry()->destroy(plugin_); }

  void deliver(const std::vector<event>& events) {
    REQUIRE(transact_now(
        store_, [&](connection& c) { return host.subscriptions.at(0).handle(c, events); }, acts_as_system()));
  }
  /// The payloads of what was told of written notifications.
  std::vector<std::string> told() {
    plain_.run("set stoa.acting = 'system'");
    std::vector<std::string> all;
    for (const auto& row :
         plain_.run("select payload::text from outbox where kind = 'notifications.written' order by position"))
      all.push_back(*row[0]);
    return all;
  }
  json list(user_id who, std::vector<std::pair<std::string, std::string>> query = {}) {
    request q;
    q.who.user = who;
    q.query_params = std::move(query);
    const auto r = wait_for<reply>(host.find(dialect("unpuzzle"), verb::get, "/notifications/").run(q));
    if (!r) FAIL("refused: " << r.refusal().code << " " << r.refusal().message);
    return json::parse(r.value().body_text()).value();
  }
  result<reply> mark(user_id who, const std::string& id) {
    request q;
    q.who.user = who;
    q.now = time.now();
    q.path_params.emplace_back("notification_id", id);
    return wait_for<reply>(host.find(dialect("unpuzzle"), verb::put, "/notifications/{notification_id}/read/").run(q));
  }
  static std::int64_t number(const json& j, const char* name) { return j.find(name)->as_integer().value(); }

 private:
  static runtime::store_options options() {
    runtime::store_options o;
    o.connection = test_postgres::shared().fresh_database();
    runtime::migrate_options m;
    m.connection = o.connection;
    m.folder = STOA_SOURCE_DIR "/migrations";
    runtime::migrate(m);
    m.folder = STOA_SOURCE_DIR "/plugins/notifications/migrations";
    m.scope = "notifications";
    runtime::migrate(m);
    return o;
  }

  no_http http_;
  runtime::plain_connection plain_;
  runtime::store store_;
  plugin* plugin_ = nullptr;

 public:
  manual_clock time{now};
  fake_host host;
};

}  // namespace

TEST_CASE("what events tell whom", "[notifications]") {
  const auto who = user_id::make();
  const auto enrolled = notification_of(
      event_with("enrollment.created", who, R"({"course_id":"c1","course_title":"C++","enrollment_id":"e"})"));
  REQUIRE(enrolled);
  CHECK(enrolled->kind == "course");
  CHECK(enrolled->user == who);
  CHECK(enrolled->message == "You are enrolled in 'C++'.");
  CHECK(enrolled->action_url == "/courses/c1/learn");
  const auto paid =
      event_with("payment.completed", who, R"({"order_id":"o","order_number":"ORD-2026-00001","total_minor":16998,
    "currency":"usd","items":[{"course_id":"a","title":"A"},{"course_id":"b","title":"B"}]})");
  CHECK(notification_of(paid)->kind == "payment");
  CHECK(notification_of(paid)->message == "We received 169.98 USD for 'A' and 1 more course (ORD-2026-00001).");
  CHECK(notification_of(paid)->id == notification_of(paid)->id);
  const auto refund =
      event_with("payment.refund_due", who, R"({"order_id":"o","order_number":"ORD-2026-00001","amount_minor":8999,
    "currency":"usd","payment_reference":"pi_1","reason":"already_owned"})");
  CHECK(notification_of(refund)->kind == "payment");
  CHECK(notification_of(refund)->message ==
        "You have what 89.99 USD of your payment for ORD-2026-00001 was to buy already: it will be paid back.");
  CHECK(notification_of(refund)->action_url == "/orders/o");
  const auto teacher = user_id::make();
  const auto published =
      notification_of(event_with("course.published", std::nullopt,
                                 R"({"course_id":"c1","title":"C++","instructor_id":")" + teacher.str() + "\"}"));
  REQUIRE(published);
  CHECK(published->user == teacher);
  CHECK(published->kind == "course");
  CHECK(notification_of(event_with("course.completed", who, R"({"course_id":"c1","course_title":"C++"})"))->kind ==
        "achievement");
  CHECK_FALSE(notification_of(event_with("course.published", who, "{}")));
  CHECK_FALSE(notification_of(event_with("user.created", who, "{}")));
  CHECK_FALSE(notification_of(event_with("enrollment.created", std::nullopt, "{}")));
}

TEST_CASE("the inbox shows one's own, filtered, with an exact unread count", "[notifications]") {
  bench b;
  const auto ada = user_id::make();
  const auto bob = user_id::make();
  std::vector<event> events;
  for (int i = 0; i < 25; ++i) {
    auto e = event_with("enrollment.created", ada,
                        R"({"course_id":"c","course_title":"Course ')" + std::to_string(i) + "\"}");
    e.at = now + minutes{i};
    events.push_back(std::move(e));
  }
  events.push_back(event_with("course.completed", ada, R"({"course_id":"c","course_title":"X"})"));
  events.push_back(event_with("enrollment.created", bob, R"({"course_id":"c","course_title":"{\"Y\\\\\"}"})"));
  b.deliver(events);
  b.deliver(events);
  b.deliver({event_with("user.created", ada, "{}")});

  const auto all = b.list(ada);
  CHECK(bench::number(all, "count") == 26);
  CHECK(bench::number(all, "unread_count") == 26);
  CHECK(bench::number(all, "total_pages") == 2);
  REQUIRE(all.find("results")->items().size() == 20);
  const auto& newest = all.find("results")->items()[0];
  CHECK(newest.find("message")->text() == "You are enrolled in 'Course '24'.");
  CHECK(newest.find("created_at")->text() == "2026-01-27T16:29:00Z");
  for (const char* key : {"id", "type", "title", "message", "is_read", "action_url", "icon"}) CHECK(newest.find(key));
  CHECK(b.list(ada, {{"page", "2"}}).find("results")->items().size() == 6);
  CHECK(b.list(ada, {{"page", "9"}}).find("results")->items().empty());
  CHECK(bench::number(b.list(ada, {{"page", "9"}}), "count") == 26);
  CHECK(bench::number(b.list(ada, {{"page_size", "1000"}}), "page_size") == 100);
  CHECK(bench::number(b.list(ada, {{"type", "achievement"}}), "count") == 1);
  CHECK(bench::number(b.list(ada, {{"type", "achievement"}}), "unread_count") == 26);
  CHECK(bench::number(b.list(ada, {{"type", "system"}}), "count") == 0);

  const auto id = newest.find("id")->text();
  b.time.advance(hours{1});
  const auto marked = b.mark(ada, id);
  REQUIRE(marked);
  CHECK(json::parse(marked.value().body_text()).value().find("notification_id")->text() == id);
  CHECK(b.mark(ada, id));
  CHECK(bench::number(b.list(ada), "unread_count") == 25);
  CHECK(bench::number(b.list(ada, {{"unread_only", "true"}}), "count") == 25);
  CHECK(bench::number(b.list(ada, {{"unread_only", "false"}}), "count") == 26);
  CHECK(b.list(ada).find("results")->items()[0].find("is_read")->as_boolean());

  // Another's is as good as none.
  CHECK(bench::number(b.list(bob), "count") == 1);
  for (const auto& unknown : {id, uuid::make_v7().str(), std::string("notification_uuid")}) {
    const auto r = b.mark(bob, unknown);
    REQUIRE(!r);
    CHECK(r.refusal().code == "NOTIFICATION_NOT_FOUND");
  }
  CHECK(bench::number(b.list(user_id::make()), "count") == 0);
}

TEST_CASE("what is written is told with it, to every process", "[notifications][live]") {
  bench b;
  const auto ada = user_id::make();
  b.deliver({event_with("enrollment.created", ada, R"({"course_id":"c","course_title":"X"})"),
             event_with("enrollment.created", ada, R"({"course_id":"d","course_title":"Y"})")});
  b.deliver({event_with("user.created", ada, "{}")});
  CHECK(b.told() == std::vector<std::string>{R"({"count": 2})"});
  REQUIRE(b.host.observers.size() == 1);
  CHECK(b.host.observers[0].kinds == std::vector<std::string>{"notifications.written"});
  CHECK(b.host.subscriptions.at(0).committed);
}

TEST_CASE("filters that make no sense are refused", "[notifications]") {
  bench b;
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"type", "gossip"}, {"page", "0"}, {"page", "x"}, {"page_size", "-1"}, {"unread_only", "maybe"}}) {
    request q;
    q.query_params.emplace_back(name, value);
    const auto r = wait_for<reply>(b.host.find(dialect("unpuzzle"), verb::get, "/notifications/").run(q));
    REQUIRE(!r);
    CHECK(r.refusal().kind == fault_kind::invalid);
  }
}

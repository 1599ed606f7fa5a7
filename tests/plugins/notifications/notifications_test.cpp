#include <catch2/catch.hpp>

#include <algorithm>

#include "plugins/notifications/notification_rules.hpp"
#include "runtime/events/pump.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/json.hpp"
#include "testing/fake_host.hpp"
#include "testing/fake_mailer.hpp"
#include "tests/plugins/support/plugin_settings.hpp"
#include "tests/plugins/support/plugin_store.hpp"
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
  bench() : bench(plugin_store("notifications")) {}
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
  /// The mails that were promised: whose, and their titles.
  std::vector<std::string> mails() {
    plain_.run("set stoa.acting = 'system'");
    std::vector<std::string> all;
    for (const auto& row : plain_.run("select payload->>'user', payload->>'title' from job "
                                      "where kind = 'notifications.mail' order by payload->>'title' desc"))
      all.push_back(*row[0] + " " + *row[1]);
    return all;
  }
  /// Does every job of a kind, which stay where they are; how many there were.
  int work(const std::string& kind) {
    plain_.run("set stoa.acting = 'system'");
    int done = 0;
    for (const auto& row : plain_.run("select payload::text from job where kind = $1", {kind})) {
      job j;
      j.id = uuid::make_v7();
      j.kind = kind;
      j.payload = json::parse(*row[0]).value();
      for (const auto& w : host.workers)
        if (w.kind == kind) {
          REQUIRE(wait_for(w.work(j)));
          ++done;
        }
    }
    return done;
  }
  std::shared_ptr<fake_mailer> post = std::make_shared<fake_mailer>();
  static std::int64_t number(const json& j, const char* name) { return j.find(name)->as_integer().value(); }

 private:
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

namespace {

event paid_for(user_id who) {
  return event_with("payment.completed", who,
                    R"({"order_id":"o","order_number":"ORD-1","total_minor":100,"currency":"usd","items":[]})");
}

event entered(user_id who) { return event_with("enrollment.created", who, R"({"course_id":"c","course_title":"X"})"); }

reply asked(bench& b, user_id who, const char* at, verb v, const std::string& pattern, const std::string& body = "",
            const std::string& id = "") {
  request q;
  q.who.user = who;
  q.now = b.time.now();
  q.body = body;
  if (!body.empty()) q.headers.emplace_back("content-type", "application/json");
  if (!id.empty()) q.path_params.emplace_back("notification_id", id);
  auto r = wait_for<reply>(b.host.find(dialect(at), v, pattern).run(q));
  if (!r) FAIL("refused: " << r.refusal().code << " " << r.refusal().message);
  return std::move(r).value();
}

json document(const reply& r) { return json::parse(r.body_text()).value(); }

}  // namespace

TEST_CASE("all are marked as read at once, one's own alone, and counted exactly", "[notifications]") {
  bench b;
  const auto ada = user_id::make(), bob = user_id::make();
  b.deliver({entered(ada), entered(ada), paid_for(ada), entered(bob)});
  const auto unread = [&](user_id who) {
    return document(asked(b, who, "unpuzzle", verb::get, "/notifications/unread-count/"))
        .find("unread_count")
        ->as_integer();
  };
  CHECK(unread(ada) == 3);
  const auto first = document(asked(b, ada, "unpuzzle", verb::put, "/notifications/read-all/"));
  CHECK(first.find("updated_count")->as_integer() == 3);
  CHECK(first.find("message")->text() == "All notifications marked as read");
  CHECK(unread(ada) == 0);
  CHECK(unread(bob) == 1);
  CHECK(
      document(asked(b, ada, "unpuzzle", verb::put, "/notifications/read-all/")).find("updated_count")->as_integer() ==
      0);
}

TEST_CASE("the inbox at the other dialects' doors, with whole numbers where they have such ids", "[notifications]") {
  bench b;
  const auto ada = user_id::make(), bob = user_id::make();
  b.deliver({entered(ada), entered(bob)});
  for (const auto* d : {"learnflow", "lms"}) {
    INFO(d);
    const std::string slash = std::string(d) == "lms" ? "" : "/";
    const auto list = document(asked(b, ada, d, verb::get, "/notifications" + slash));
    REQUIRE(list.find("results")->items().size() == 1);
    const auto id = list.find("results")->items()[0].find("id")->text();
    CHECK(notification_id::parse(id));
    asked(b, ada, d, verb::put, "/notifications/{notification_id}/read" + slash, "", id);
  }
  for (const auto* d : {"classic", "apranova"}) {
    INFO(d);
    const auto list = document(asked(b, ada, d, verb::get, "/notifications/"));
    REQUIRE(list.find("results")->items().size() == 1);
    const auto& item = list.find("results")->items()[0];
    for (const char* key : {"id", "type", "title", "message", "is_read", "action_url", "icon", "created_at"})
      CHECK(item.find(key));
    const auto number = item.find("id")->as_integer();
    REQUIRE(number);
    const auto read =
        document(asked(b, ada, d, verb::put, "/notifications/{notification_id}/read/", "", std::to_string(*number)));
    CHECK(read.find("notification_id")->as_integer() == number);
    for (const auto& foreign : {std::to_string(*number), std::string("0"), std::string("-1"), std::string("x"),
                                std::string("99999999999999999999")}) {
      request q;
      q.who.user = bob;
      q.path_params.emplace_back("notification_id", foreign);
      const auto r =
          wait_for<reply>(b.host.find(dialect(d), verb::put, "/notifications/{notification_id}/read/").run(q));
      REQUIRE(!r);
      CHECK(r.refusal().code == "NOTIFICATION_NOT_FOUND");
    }
  }
  CHECK(bench::number(b.list(ada), "unread_count") == 0);
  CHECK(bench::number(b.list(bob), "unread_count") == 1);
}

TEST_CASE("preferences: shown whole, changed in part, and each person's own", "[notifications][preferences]") {
  bench b;
  b.host.areas.offer<mailer>(b.post);
  const auto ada = user_id::make(), bob = user_id::make();
  const auto shown = [&](user_id who) {
    std::string all;
    const auto answer = document(asked(b, who, "unpuzzle", verb::get, "/notifications/preferences/"));
    for (const auto& p : answer.find("preferences")->items())
      all += p.find("type")->text() + (p.find("in_app")->as_boolean() ? " inbox" : "") +
             (p.find("email")->as_boolean() ? " mail" : "") + ";";
    return all;
  };
  CHECK(shown(ada) == "course inbox;payment inbox mail;achievement inbox;system inbox mail;");
  for (int i = 0; i < 2; ++i)
    asked(b, ada, "lms", verb::put, "/notifications/preferences",
          R"({"preferences": [{"type": "course", "in_app": false, "email": true},
                              {"type": "payment", "in_app": true, "email": false}]})");
  CHECK(shown(ada) == "course mail;payment inbox;achievement inbox;system inbox mail;");
  CHECK(shown(bob) == "course inbox;payment inbox mail;achievement inbox;system inbox mail;");

  b.deliver({entered(ada), paid_for(ada), entered(bob), paid_for(bob)});
  CHECK(bench::number(b.list(ada), "count") == 1);
  CHECK(bench::number(b.list(ada, {{"type", "payment"}}), "count") == 1);
  CHECK(bench::number(b.list(bob), "count") == 2);
  // One mail each: what Ada hears by mail alone, and what everybody hears by mail, too.
  CHECK(b.mails() ==
        std::vector<std::string>{ada.str() + " Welcome to your new course", bob.str() + " Payment received"});

  for (const auto* bad :
       {R"({"preferences": []})", R"({"preferences": [{"type": "gossip", "in_app": true, "email": true}]})",
        R"({"preferences": [{"type": "course", "in_app": "yes", "email": true}]})", R"({})",
        R"({"preferences": [{"type": "course"}]})"}) {
    request q;
    q.who.user = ada;
    q.body = bad;
    q.headers.emplace_back("content-type", "application/json");
    const auto r = wait_for<reply>(b.host.find(dialect("unpuzzle"), verb::put, "/notifications/preferences/").run(q));
    INFO(bad);
    REQUIRE(!r);
    CHECK(r.refusal().kind == fault_kind::invalid);
  }
}

TEST_CASE("what is told again is written and mailed once", "[notifications][preferences]") {
  bench b;
  b.host.areas.offer<mailer>(b.post);
  const auto ada = user_id::make();
  const auto paid = paid_for(ada);
  for (int i = 0; i < 3; ++i) b.deliver({paid});
  CHECK(bench::number(b.list(ada), "count") == 1);
  CHECK(b.mails().size() == 1);
}

TEST_CASE("without anybody who carries mail nothing waits for it", "[notifications][preferences]") {
  bench b;
  b.deliver({paid_for(user_id::make())});
  CHECK(b.mails().empty());
}

TEST_CASE("a notification is mailed to its person, unless the account is off", "[notifications][preferences]") {
  bench b;
  b.host.areas.offer<mailer>(b.post);
  b.host.url = "https://a.example";
  account ada;
  ada.email = "ada@example.com";
  account gone;
  gone.email = "gone@example.com";
  gone.active = false;
  const auto her = b.host.people.add(ada)->id, his = b.host.people.add(gone)->id;
  b.deliver({paid_for(her), paid_for(his)});
  for (int i = 0; i < 2; ++i) CHECK(b.work("notifications.mail") == 2);
  REQUIRE(b.post->sent().size() == 1);
  CHECK(b.post->sent()[0].to == "ada@example.com");
  CHECK(fake_mailer::variable(b.post->sent()[0], "link") == "https://a.example/orders/o");
}

TEST_CASE("learners of a course get its news into their inboxes, by a job", "[notifications][news]") {
  struct three final : roster {
    std::vector<place> all{{1, user_id::make(), now}, {2, user_id::make(), now}, {3, user_id::make(), now}};
    task<std::vector<place>> learners_of(course_id, std::int64_t after, std::int64_t) override {
      std::vector<place> out;
      for (const auto& p : all)
        if (p.number > after) out.push_back(p);
      co_return out;
    }
  } learners;
  bench b;
  b.host.areas.offer<roster>(learners);
  b.deliver({event_with("lesson.added", std::nullopt,
                        R"({"course_id":")" + course_id::make().str() +
                            R"(","title":"C++","status":"published","lesson_title":"Coroutines"})")});
  CHECK(b.told().empty());
  for (int i = 0; i < 2; ++i) CHECK(b.work("notifications.tell_learners") == 1);
  for (const auto& p : learners.all) {
    const auto list = b.list(p.user);
    CHECK(bench::number(list, "count") == 1);
    CHECK(list.find("results")->items()[0].find("title")->text() == "New lesson available");
  }
  CHECK(b.told() == std::vector<std::string>{R"({"count": 3})"});
}

TEST_CASE("an instructor's reply is told to who wrote the reflection", "[notifications]") {
  const auto who = user_id::make();
  const auto n = notification_of(
      event_with("reflection.replied", who, R"({"course_id":"c1","course_title":"C++","lesson_title":"Coroutines"})"));
  REQUIRE(n);
  CHECK(n->kind == "course");
  CHECK(n->user == who);
  CHECK(n->message == "There is a reply to what you wrote about 'Coroutines' in 'C++'.");
  CHECK(n->action_url == "/courses/c1/learn");
  const auto& kinds = stoa_plugin::notifications::told_kinds();
  CHECK(std::find(kinds.begin(), kinds.end(), "reflection.replied") != kinds.end());
}

TEST_CASE("the answer to a review is told to its author, taking it back is not", "[notifications]") {
  const auto who = user_id::make();
  const auto n = notification_of(event_with("review.replied", who, R"({"course_id":"c1","title":"C++"})"));
  REQUIRE(n);
  CHECK(n->kind == "course");
  CHECK(n->message == "The instructor of 'C++' answered your review.");
  CHECK_FALSE(notification_of(event_with("review.replied", who, R"({"course_id":"c1","taken_back":true})")));
}

TEST_CASE("what anybody tells somebody is shown in its own words, and leads nowhere else", "[notifications]") {
  const auto who = user_id::make();
  const auto told = [&](const std::string& facts) { return notification_of(event_with("notice.given", who, facts)); };
  const auto n =
      told(R"({"type":"achievement","title":"New badge","message":"Keen","action_url":"/badges/","icon":"b"})");
  REQUIRE(n);
  CHECK(n->kind == "achievement");
  CHECK(n->title == "New badge");
  CHECK(n->message == "Keen");
  CHECK(n->action_url == "/badges/");
  CHECK(told(R"({"type":"gossip","title":"x"})")->kind == "system");
  for (const char* url : {"https://example.com/", "//example.com/", "javascript:alert(1)", R"(/\\example.com)"})
    CHECK(told(R"({"title":"x","action_url":")" + std::string(url) + "\"}")->action_url.empty());
  CHECK_FALSE(told(R"({"title":" "})"));
  std::string long_title;
  for (int i = 0; i < 300; ++i) long_title += "\u00fc";
  CHECK(stoa::code_points(told("{\"title\":\"" + long_title + "\"}")->title) == 200);
}

TEST_CASE("a new password is told", "[notifications]") {
  const auto who = user_id::make();
  const auto n = notification_of(event_with("user.password_changed", who, R"({"by_mail":true})"));
  REQUIRE(n);
  CHECK(n->kind == "system");
  CHECK(n->user == who);
}

TEST_CASE("a second factor that comes or goes is told", "[notifications]") {
  const auto who = user_id::make();
  const auto on = notification_of(event_with("user.mfa_changed", who, R"({"enabled":true})"));
  const auto off = notification_of(event_with("user.mfa_changed", who, R"({"enabled":false})"));
  REQUIRE(on);
  REQUIRE(off);
  CHECK(on->kind == "system");
  CHECK(off->user == who);
  CHECK(on->title != off->title);
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

#include "plugins/webhooks/webhook_rules.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "actors/all_events.hpp"
#include "plugins/webhooks/audience.hpp"
#include "stoa/crypto.hpp"

using namespace stoa;
using namespace stoa_plugin::webhooks;

namespace {

template <class... E>
std::vector<std::string> kinds_in(event_list<E...>) {
  return kinds_of<E...>();
}

event told(const std::string& kind, std::optional<user_id> who, const std::string& payload) {
  event e;
  e.id = event_id::make();
  e.kind = kind;
  e.user = who;
  e.entity = uuid::make_v7();
  e.payload = json::parse(payload).value();
  e.at = *parse_rfc3339("2026-01-27T16:05:00Z");
  return e;
}

role_set roles(std::initializer_list<role> all) {
  role_set out;
  for (const auto r : all) out.add(r);
  return out;
}

std::string refused_field(const result<std::vector<std::string>>& r) {
  return r || r.refusal().fields.empty() ? "none" : r.refusal().fields[0].field;
}

}  // namespace

TEST_CASE("every event of the core has its line in the table of webhooks", "[webhooks]") {
  for (const auto& kind : kinds_in(all_events{})) {
    INFO(kind);
    CHECK(rule_of(kind));
  }
  std::set<std::string_view> seen;
  for (const auto& r : event_rules()) {
    INFO(r.kind);
    CHECK(seen.insert(r.kind).second);
    CHECK_FALSE(r.about.empty());
  }
}

TEST_CASE("who may subscribe to which events", "[webhooks]") {
  const auto learner = roles({role::student}), teacher = roles({role::student, role::instructor}),
             admin = roles({role::admin});
  for (const char* kind : {"user.created", "enrollment.created", "payment.completed", "reflection.replied"})
    for (const auto& who : {learner, teacher, admin}) CHECK(may_subscribe(*rule_of(kind), who));
  for (const char* kind : {"course.published", "course.created"}) {
    CHECK_FALSE(may_subscribe(*rule_of(kind), learner));
    CHECK(may_subscribe(*rule_of(kind), teacher));
    CHECK(may_subscribe(*rule_of(kind), admin));
  }
  for (const char* kind : {"sign_in.locked", "category.created", "course.numbers_counted"}) {
    CHECK_FALSE(may_subscribe(*rule_of(kind), learner));
    CHECK_FALSE(may_subscribe(*rule_of(kind), teacher));
    CHECK(may_subscribe(*rule_of(kind), admin));
  }

  const auto chosen = allowed_kinds({"payment.completed", "user.created", "payment.completed"}, learner);
  REQUIRE(chosen);
  CHECK(*chosen == std::vector<std::string>{"user.created", "payment.completed"});
  CHECK(refused_field(allowed_kinds({"user.created", "user.vanished"}, admin)) == "events.1");
  CHECK(refused_field(allowed_kinds({""}, admin)) == "events.0");
  CHECK(allowed_kinds({"user.created", "sign_in.locked"}, teacher).refusal().code == "PERMISSION_DENIED");
  CHECK(allowed_kinds({"sign_in.locked"}, admin));
}

TEST_CASE("whom an event concerns", "[webhooks]") {
  const auto ada = user_id::make(), teacher = user_id::make();
  const auto course = course_id::make();
  const auto named = R"({"course_id":")" + course.str() + R"(","instructor_id":")" + teacher.str() + "\"}";
  using people = std::vector<user_id>;
  CHECK(audience_of(told("payment.completed", ada, "{}")) == people{ada});
  CHECK(audience_of(told("payment.completed", ada, named)) == people{ada});
  CHECK(audience_of(told("course.published", ada, named)) == people{teacher});
  CHECK(audience_of(told("course.published", ada, "{}")).empty());
  CHECK(audience_of(told("review.posted", ada, named)) == people{ada, teacher});
  CHECK(audience_of(told("review.posted", teacher, named)) == people{teacher});
  CHECK(audience_of(told("sign_in.locked", ada, named)).empty());
  CHECK(audience_of(told("user.created", std::nullopt, "{}")).empty());
  CHECK(audience_of(told("unheard.of", ada, named)).empty());

  const auto entered = told("enrollment.created", ada, R"({"course_id":")" + course.str() + "\"}");
  CHECK(audience_of(entered) == people{ada});
  CHECK(course_to_ask(entered) == course);
  CHECK_FALSE(course_to_ask(told("enrollment.created", ada, R"({"course_id":"one"})")));
  CHECK_FALSE(course_to_ask(told("payment.completed", ada, named)));
}

TEST_CASE("what a webhook says", "[webhooks]") {
  const auto ada = user_id::make();
  auto e = told("enrollment.created", ada, R"({"course_title":"C++ \"now\"","n":1.50})");
  const auto said = json::parse(body_of(e)).value();
  CHECK(said.find("id")->text() == e.id.str());
  CHECK(said.find("type")->text() == "enrollment.created");
  CHECK(said.find("timestamp")->text() == "2026-01-27T16:05:00Z");
  CHECK(said.find("user_id")->text() == ada.str());
  CHECK(said.find("entity_id")->text() == uuid(e.entity).str());
  CHECK(said.find("data")->dump() == R"({"course_title":"C++ \"now\"","n":1.50})");
  e.user.reset();
  e.entity = {};
  e.payload = {};
  const auto bare = json::parse(body_of(e)).value();
  CHECK(bare.find("user_id")->is_null());
  CHECK(bare.find("entity_id")->is_null());
  CHECK(bare.find("data")->members().empty());
}

TEST_CASE("base64 as RFC 4648 has it", "[webhooks]") {
  const std::vector<std::pair<std::string, std::string>> known{
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"\xfb\xff\xfe", "+//+"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : known) {
    CHECK(base64(plain) == text);
    CHECK(from_base64(text) == plain);
  }
  for (const char* bad : {"Zg", "Zg=", "Z===", "Zm=v", "-__-", "Zm9v\n", "Zh=="}) {
    INFO(bad);
    CHECK_FALSE(from_base64(bad));
  }
}

TEST_CASE("webhooks are signed as Standard Webhooks says", "[webhooks]") {
  // The specification's own example.
  const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                    body = R"({"test": 2432232314})";
  const timestamp at{seconds{1614265330}};
  const std::string known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  CHECK(signature(secret, id, at, body) == known);
  CHECK(signature(secret, id, at + milliseconds{999}, body) == known);
  CHECK(signature(secret, id, at + seconds{1}, body) != known);
  CHECK(signature(secret, id, at, body + " ") != known);

  const auto made = make_secret();
  CHECK(made.starts_with("whsec_"));
  CHECK(from_base64(made.substr(6))->size() == 32);
  CHECK(make_secret() != made);

  signing_secrets both{made, secret, at + hours{1}};
  CHECK(signatures(both, id, at, body) == signature(made, id, at, body) + " " + known);
  CHECK(signatures(both, id, at + hours{1}, body) == signature(made, id, at + hours{1}, body));
  CHECK(signatures({secret, "", std::nullopt}, id, at, body) == known);
}

TEST_CASE("what a receiver's answer means", "[webhooks]") {
  for (const int status : {200, 201, 202, 204, 299}) CHECK(verdict_on(status) == verdict::delivered);
  for (const int status : {100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 503})
    CHECK(verdict_on(status) == verdict::again);
  CHECK(verdict_on(410) == verdict::gone);
}

TEST_CASE("pauses grow, spread and end", "[webhooks]") {
  const retry_schedule s{6, seconds{8}, minutes{10}};
  CHECK(pause_after(s, 1, 0.5) == seconds{8});
  CHECK(pause_after(s, 2, 0.5) == seconds{32});
  CHECK(pause_after(s, 3, 0.5) == seconds{128});
  CHECK(pause_after(s, 4, 0.5) == seconds{512});
  CHECK(pause_after(s, 5, 0.5) == minutes{10});
  CHECK_FALSE(pause_after(s, 6, 0.5));
  CHECK_FALSE(pause_after(s, 7, 0.5));
  CHECK(pause_after(s, 1, 0) == seconds{6});
  CHECK(pause_after(s, 1, 1) == seconds{10});
  CHECK(pause_after({1000, seconds{8}, minutes{10}}, 999, 0.5) == minutes{10});

  CHECK(pause_after(s, 1, 0.5, seconds{60}) == seconds{60});
  CHECK(pause_after(s, 1, 0.5, seconds{1}) == seconds{8});
  CHECK(pause_after(s, 1, 0.5, seconds{86400}) == minutes{10});
  CHECK(retry_after("120") == seconds{120});
  for (const char* none : {"", "-1", "soon", "1.5", "Wed, 21 Oct 2015 07:28:00 GMT", "99999999999999"})
    CHECK_FALSE(retry_after(none));
}

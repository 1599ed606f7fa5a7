#include <catch2/catch.hpp>
#include <set>

#include "plugins/payments/payment_rules.hpp"
#include "tests/plugins/payments/payments_bench.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa_plugin::payments::sign;
using bench = payments_bench;

namespace {

/// Keeps what is sent and answers as told.
struct recording_http final : http_client {
  task<http_response> send(http_request r) override {
    http_response a;
    {
      const std::lock_guard lock{mutex};
      sent.push_back(std::move(r));
      a.status = status;
    }
    co_return a;
  }
  std::mutex mutex;
  std::vector<http_request> sent;
  int status = 200;
};

std::string event_of(const std::string& kind, const std::string& intent, std::int64_t amount, const std::string& order,
                     const std::string& id = "evt_1") {
  const bool paid = kind == "payment_intent.succeeded";
  return R"({"id":")" + id + R"(","type":")" + kind + R"(","data":{"object":{"id":")" + intent + R"(","amount":)" +
         std::to_string(amount) + R"(,"currency":"usd","status":")" + (paid ? "succeeded" : "requires_payment_method") +
         R"(","metadata":{"order_id":")" + order + R"("}}}})";
}

std::string intent_in(const result<reply>& created) {
  const auto secret = bench::text(bench::body_of(created), "client_secret");
  return secret.substr(0, secret.find("_secret_"));
}

}  // namespace

TEST_CASE("an order gets one usable intent, and its confirmation completes the order", "[payments]") {
  recording_http http;
  bench b{http};
  const auto who = user_id::make();
  const auto id = b.orders().add(who, 8999).id.str();
  const auto created = b.create(who, id);
  const auto first = bench::body_of(created);
  CHECK(created.value().status == 201);
  CHECK(first.find("amount")->as_integer() == 8999);
  CHECK(bench::text(first, "currency") == "usd");
  CHECK(bench::text(first, "order_id") == id);
  CHECK(bench::text(first, "publishable_key") == "pk_test_sandbox");
  const auto secret = bench::text(first, "client_secret");
  CHECK(secret.starts_with("pi_"));
  CHECK(secret.find("_secret_") != secret.npos);
  CHECK(bench::text(bench::body_of(b.create(who, id)), "client_secret") == secret);
  CHECK(bench::body_of(b.create(who, id, R"(,"amount":8999)")).is_object());
  CHECK(b.create(who, id, R"(,"amount":1)").refusal().kind == fault_kind::invalid);

  SECTION("by the whole secret") {
    const auto done = bench::body_of(b.confirm(who, id, secret));
    CHECK(bench::text(done, "order_id") == id);
    CHECK(bench::text(done, "status") == "completed");
    CHECK(bench::text(done, "receipt_url") == "http://stoa.test/api/v1/receipts/" + id + ".pdf");
    const auto& course = done.find("courses_now_available")->items().at(0);
    CHECK(bench::text(course, "access_url") == "/dashboard/courses/" + bench::text(course, "id"));
    // Again, by the id alone this time: the same answer.
    CHECK(bench::body_of(b.confirm(who, id, secret.substr(0, secret.find("_secret_")))).dump() == done.dump());
    CHECK(b.orders().completed == 1);
    CHECK(bench::refusal(b.create(who, id)) == "ORDER_NOT_PAYABLE");
  }
  SECTION("nobody else's") {
    const auto other = user_id::make();
    CHECK(bench::refusal(b.confirm(other, id, secret)) == "ORDER_NOT_FOUND");
    CHECK(bench::refusal(b.create(other, id)) == "ORDER_NOT_FOUND");
    CHECK(bench::refusal(b.create(who, order_id::make().str())) == "ORDER_NOT_FOUND");
    CHECK(bench::refusal(b.create(who, "order-001")) == "ORDER_NOT_FOUND");
    const auto own = b.orders().add(other, 8999).id.str();
    CHECK(bench::refusal(b.confirm(other, own, secret)) == "PAYMENT_INTENT_MISMATCH");
    CHECK(b.orders().completed == 0);
  }
  SECTION("another order's intent, a wrong secret, nonsense") {
    const auto second = b.orders().add(who, 8999).id.str();
    CHECK(bench::refusal(b.confirm(who, second, secret)) == "PAYMENT_INTENT_MISMATCH");
    CHECK(bench::refusal(b.confirm(who, id, secret + "x")) == "PAYMENT_INTENT_MISMATCH");
    CHECK(bench::refusal(b.confirm(who, id, "pi_nobody")) == "PAYMENT_INTENT_MISMATCH");
    CHECK(b.confirm(who, id, "").refusal().kind == fault_kind::invalid);
    CHECK(b.confirm(who, id, secret, "pm_card_nobody").refusal().kind == fault_kind::invalid);
    CHECK(b.orders().completed == 0);
  }
  SECTION("declined cards leave the intent usable") {
    const auto declined = b.confirm(who, id, secret, "pm_card_chargeDeclined");
    REQUIRE(!declined);
    CHECK(declined.refusal().kind == fault_kind::payment_required);
    CHECK(declined.refusal().code == "PAYMENT_FAILED");
    CHECK(bench::refusal(b.confirm(who, id, secret, "pm_card_chargeDeclinedInsufficientFunds")) ==
          "PAYMENT_INSUFFICIENT_FUNDS");
    CHECK(bench::refusal(b.confirm(who, id, secret, "pm_card_authenticationRequired")) == "PAYMENT_ACTION_REQUIRED");
    CHECK(bench::text(bench::body_of(b.create(who, id)), "client_secret") == secret);
    CHECK(b.orders().completed == 0);
    CHECK(b.confirm(who, id, secret, "pm_card_mastercard"));
    CHECK(b.orders().completed == 1);
    // What is paid is not paid again, nor undone by a card that would have been declined.
    CHECK(b.confirm(who, id, secret, "pm_card_chargeDeclined"));
  }
  SECTION("an order that changed needs a new intent") {
    b.orders().change(*order_id::parse(id), [](order& o) { o.total_minor = 5000; });
    CHECK(bench::refusal(b.confirm(who, id, secret)) == "AMOUNT_MISMATCH");
    const auto next = bench::body_of(b.create(who, id));
    CHECK(next.find("amount")->as_integer() == 5000);
    CHECK(bench::text(next, "client_secret") != secret);
    CHECK(b.confirm(who, id, bench::text(next, "client_secret")));
  }
  SECTION("a cancelled order") {
    b.orders().change(*order_id::parse(id), [](order& o) { o.status = order_status::cancelled; });
    CHECK(bench::refusal(b.create(who, id)) == "ORDER_NOT_PAYABLE");
    CHECK(bench::refusal(b.confirm(who, id, secret)) == "ORDER_NOT_PAYABLE");
  }
}

TEST_CASE("what closes an order cancels its intents at the provider", "[payments]") {
  recording_http http;
  bench b{http};
  const auto who = user_id::make();
  const auto made = b.orders().add(who, 8999);
  const auto id = made.id.str();
  const auto intent = intent_in(b.create(who, id));
  const auto at_provider = [&](const std::string& of) {
    return b.one("select status from plugin_payments.sandbox_intent where id = '" + of + "'");
  };
  const auto known = [&](const std::string& of) {
    return b.one("select status from plugin_payments.intent where id = '" + of + "'");
  };
  const auto close = [&](auto told) {
    b.orders().change(made.id, [](order& o) { o.status = order_status::cancelled; });
    b.tell("closed_orders", who, made.id, told);
    REQUIRE(b.work_off());
  };

  SECTION("that expired") { close(order_expired{made.id, "ORD-1"}); }
  SECTION("that was cancelled") { close(order_cancelled{made.id, "ORD-1", "replaced"}); }
  SECTION("that was paid by another intent") {
    payment_completed paid;
    paid.order_id = made.id;
    paid.payment_reference = "pi_another";
    close(paid);
  }
  CHECK(at_provider(intent) == "canceled");
  CHECK(known(intent) == "canceled");
  const auto late = b.confirm(who, id, intent);
  REQUIRE_FALSE(late);
  CHECK(late.refusal().code == "ORDER_NOT_PAYABLE");
  CHECK(at_provider(intent) == "canceled");
  CHECK(b.orders().completed == 0);
}

TEST_CASE("an order's closing leaves alone what was paid, and other orders", "[payments]") {
  recording_http http;
  bench b{http, {{"sandbox_webhooks", "off"}}};
  const auto who = user_id::make();
  const auto mine = b.orders().add(who, 8999), other = b.orders().add(who, 100);
  const auto intent = intent_in(b.create(who, mine.id.str()));
  const auto untouched = intent_in(b.create(who, other.id.str()));
  REQUIRE(b.confirm(who, mine.id.str(), intent));
  payment_completed paid;
  paid.order_id = mine.id;
  paid.payment_reference = intent;
  b.tell("closed_orders", who, mine.id, paid);
  CHECK(b.one("select count(*)::text from job") == "0");
  CHECK(b.one("select status from plugin_payments.sandbox_intent where id = '" + untouched + "'") ==
        "requires_payment_method");
}

TEST_CASE("what was paid in the last moment pays, or is due for refund", "[payments]") {
  recording_http http;
  bench b{http, {{"sandbox_webhooks", "off"}}};
  const auto who = user_id::make();
  const auto made = b.orders().add(who, 8999);
  const auto intent = intent_in(b.create(who, made.id.str()));
  // The provider took the money, and nobody has told us.
  b.one("update plugin_payments.sandbox_intent set status = 'succeeded' where id = '" + intent + "' returning id");
  b.orders().change(made.id, [](order& o) { o.status = order_status::cancelled; });
  const auto close = [&] {
    b.tell("closed_orders", who, made.id, order_expired{made.id, "ORD-1"});
    REQUIRE(b.work_off());
  };

  SECTION("it is honoured when its intent shall be cancelled") {
    close();
    CHECK(b.orders().at(made.id).status == order_status::completed);
    CHECK(b.orders().at(made.id).payment_reference == intent);
  }
  SECTION("it is honoured when the buyer tells of it") {
    CHECK(bench::text(bench::body_of(b.confirm(who, made.id.str(), intent)), "status") == "completed");
  }
  SECTION("it is due for refund where the buyer has the course by now") {
    b.orders().own(who, made.items[0].course);
    close();
    CHECK(b.orders().completed == 0);
    REQUIRE(b.orders().at(made.id).refunds.size() == 1);
    CHECK(b.orders().at(made.id).refunds[0].amount_minor == 8999);
    CHECK(b.orders().at(made.id).refunds[0].reference == intent);
    CHECK(bench::refusal(b.confirm(who, made.id.str(), intent)) == "PAYMENT_REFUND_DUE");
  }
}

TEST_CASE("no money is taken for what is owned or too old", "[payments]") {
  recording_http http;
  bench b{http};
  const auto who = user_id::make();
  const auto made = b.orders().add(who, 8999);
  const auto id = made.id.str();
  const auto intent = intent_in(b.create(who, id));
  std::string why;
  SECTION("owned") {
    b.orders().own(who, made.items[0].course);
    why = "ALREADY_ENROLLED";
  }
  SECTION("too old, though nobody has cancelled it yet") {
    b.time.advance(hours{24});
    why = "ORDER_NOT_PAYABLE";
  }
  CHECK(bench::refusal(b.create(who, id)) == why);
  CHECK(bench::refusal(b.confirm(who, id, intent)) == why);
  CHECK(b.one("select status from plugin_payments.sandbox_intent where id = '" + intent + "'") ==
        "requires_payment_method");
  CHECK(b.orders().completed == 0);
  CHECK(b.orders().at(made.id).refunds.empty());
}

TEST_CASE("a second payment of an order is due for refund, and told to the provider as taken", "[payments]") {
  recording_http http;
  bench b{http};
  const auto who = user_id::make();
  const auto made = b.orders().add(who, 8999);
  const auto intent = intent_in(b.create(who, made.id.str()));
  REQUIRE(b.confirm(who, made.id.str(), intent));
  const auto twice = event_of("payment_intent.succeeded", "pi_second", 8999, made.id.str(), "evt_second");
  CHECK(bench::text(bench::body_of(b.webhook(twice, sign(twice, "whsec_sandbox", b.time.now()))), "outcome") ==
        "refund due");
  const auto now = b.orders().at(made.id);
  CHECK(now.payment_reference == intent);
  REQUIRE(now.refunds.size() == 1);
  CHECK(now.refunds[0].reference == "pi_second");

  // The operator pays it back at the provider.
  const auto refunded = [&](const std::string& intent_id, int amount, const std::string& event) {
    const auto told = R"({"id":")" + event +
                      R"(","type":"charge.refunded","data":{"object":{"id":"ch_1","payment_intent":")" + intent_id +
                      R"(","currency":"usd","amount_refunded":)" + std::to_string(amount) + "}}}";
    return bench::text(bench::body_of(b.webhook(told, sign(told, "whsec_sandbox", b.time.now()))), "outcome");
  };
  CHECK(refunded(intent, 8999, "evt_r1") == "ignored");
  CHECK(refunded("pi_second", 100, "evt_r2") == "ignored");
  CHECK(refunded("pi_second", 8999, "evt_r3") == "paid back");
  CHECK(b.orders().at(made.id).refunds[0].paid_back_at);
}

TEST_CASE("twenty requests at once share one intent and one completion", "[payments]") {
  recording_http http;
  bench b{http};
  const auto who = user_id::make();
  const auto id = b.orders().add(who, 8999).id.str();
  std::mutex mutex;
  std::set<std::string> secrets;
  const auto at_once = [](const std::function<void()>& f) {
    std::vector<std::thread> all;
    for (int i = 0; i < 20; ++i) all.emplace_back(f);
    for (auto& t : all) t.join();
  };
  at_once([&] {
    const auto r = b.create(who, id);
    const auto secret = r ? bench::text(json::parse(r.value().body_text()).value(), "client_secret") : r.refusal().code;
    const std::lock_guard lock{mutex};
    secrets.insert(secret);
  });
  REQUIRE(secrets.size() == 1);
  const auto secret = *secrets.begin();
  const auto intent = secret.substr(0, secret.find("_secret_"));
  std::atomic<int> well{0};
  std::atomic<int> n{0};
  at_once([&] {
    const auto body = event_of("payment_intent.succeeded", intent, 8999, id);
    const bool hook = ++n % 2 == 0;
    const auto r = hook ? b.webhook(body, sign(body, "whsec_sandbox", b.time.now())) : b.confirm(who, id, secret);
    if (r) ++well;
  });
  CHECK(well == 20);
  CHECK(b.orders().completed == 1);
}

TEST_CASE("webhooks are checked, work once, and converge in any order", "[payments]") {
  recording_http http;
  bench b{http};
  const auto who = user_id::make();
  const auto id = b.orders().add(who, 8999).id.str();
  const auto created = b.create(who, id);
  const auto intent = intent_in(created);
  const auto send = [&](const std::string& body, dialect d = dialect("unpuzzle")) {
    return b.webhook(body, sign(body, "whsec_sandbox", b.time.now()), d);
  };
  const auto outcome = [&](const std::string& body) { return bench::text(bench::body_of(send(body)), "outcome"); };
  const auto paid = event_of("payment_intent.succeeded", intent, 8999, id);

  SECTION("signatures") {
    for (const auto& r :
         {b.webhook(paid, ""), b.webhook(paid, "t=1,v1=00"), b.webhook(paid, sign(paid, "whsec_other", b.time.now())),
          b.webhook(paid, sign(paid, "whsec_sandbox", b.time.now() - minutes{6})),
          b.webhook(paid + " ", sign(paid, "whsec_sandbox", b.time.now()))}) {
      REQUIRE(!r);
      CHECK(r.refusal().kind == fault_kind::rejected);
      CHECK(r.refusal().code == "INVALID_SIGNATURE");
    }
    CHECK(send("{").refusal().kind == fault_kind::malformed);
    CHECK(b.orders().completed == 0);
  }
  SECTION("success, then the buyer's word") {
    const auto r = send(paid, dialect("learnflow"));
    CHECK(bench::body_of(r).find("received")->as_boolean());
    CHECK(b.orders().completed == 1);
    CHECK(outcome(paid) == "duplicate");
    CHECK(outcome(event_of("payment_intent.succeeded", intent, 8999, id, "evt_2")) == "completed");
    CHECK(bench::text(bench::body_of(b.confirm(who, id, intent)), "status") == "completed");
    CHECK(b.orders().completed == 1);
  }
  SECTION("an event is remembered for longer than anybody sends it") {
    CHECK(outcome(paid) == "completed");
    const auto forget = [&] { REQUIRE(wait_for<done>(b.host.periodic.at("old events")())); };
    b.time.advance(days{59});
    forget();
    CHECK(outcome(paid) == "duplicate");
    b.time.advance(days{2});
    forget();
    CHECK(outcome(paid) == "completed");
    CHECK(b.orders().completed == 1);
  }
  SECTION("a failure after the success undoes nothing") {
    CHECK(outcome(paid) == "completed");
    CHECK(outcome(event_of("payment_intent.payment_failed", intent, 8999, id, "evt_0")) == "noted");
    CHECK(b.confirm(who, id, intent));
  }
  SECTION("a failure before it prevents nothing") {
    CHECK(outcome(event_of("payment_intent.failed", intent, 8999, id, "evt_0")) == "noted");
    CHECK(outcome(paid) == "completed");
    CHECK(b.orders().completed == 1);
  }
  SECTION("what does not concern us") {
    CHECK(outcome(R"({"id":"evt_9","type":"charge.refunded"})") == "ignored");
    CHECK(outcome(event_of("payment_intent.succeeded", "pi_stranger", 1, "no order")) == "ignored");
    CHECK(outcome(event_of("payment_intent.failed", "pi_stranger", 1, id, "evt_3")) == "ignored");
    CHECK(b.orders().completed == 0);
  }
  SECTION("a wrong amount completes nothing and is told to the operator") {
    CHECK(outcome(event_of("payment_intent.succeeded", intent, 1, id)) == "refused");
    CHECK(outcome(event_of("payment_intent.succeeded", "pi_stranger", 1, id, "evt_2")) == "refused");
    CHECK(b.orders().completed == 0);
    CHECK(b.host.lines.all().find("AMOUNT_MISMATCH") != std::string::npos);
  }
  SECTION("while the storage is away the event is not taken, and works later") {
    b.orders().away = true;
    const auto r = send(paid);
    REQUIRE(!r);
    CHECK(r.refusal().kind == fault_kind::unavailable);
    b.orders().away = false;
    CHECK(outcome(paid) == "completed");
  }
}

TEST_CASE("the sandbox sends its webhooks to our own endpoint until they are taken", "[payments]") {
  recording_http http;
  const std::string mode = GENERATE("send", "duplicate", "reorder", "off");
  bench b{http, {{"sandbox_webhooks", mode}}};
  const auto who = user_id::make();
  const auto id = b.orders().add(who, 8999).id.str();
  const auto intent = intent_in(b.create(who, id));
  CHECK(!b.confirm(who, id, intent, "pm_card_chargeDeclined"));
  CHECK(b.confirm(who, id, intent));
  if (mode == "off") {
    for (const auto& w : b.host.workers) CHECK(w.kind != "payments.sandbox_webhook");
    CHECK(b.one("select count(*)::text from job") == "0");
    return;
  }
  const auto tick = [&] { REQUIRE(b.work_off()); };
  const auto kinds = [&] {
    std::string all;
    for (const auto& r : http.sent) all += r.body.find("payment_intent.succeeded") != std::string::npos ? "s" : "f";
    return all;
  };
  http.status = 503;
  if (mode == "reorder") {
    tick();
    CHECK(http.sent.empty());
    b.time.advance(seconds{1});
  }
  tick();
  const std::string once = mode == "send" ? "fs" : mode == "duplicate" ? "ffss" : "sf";
  CHECK(kinds() == once);
  tick();
  CHECK(kinds() == once);
  http.sent.clear();
  http.status = 200;
  b.time.advance(seconds{3});
  tick();
  CHECK(kinds() == once);
  for (const auto& r : http.sent) {
    CHECK(r.url == "http://stoa.test/unpuzzle/api/v1/payments/webhooks/stripe/");
    CHECK(r.allow_private);
    std::string signature;
    for (const auto& [name, value] : r.headers)
      if (name == "Stripe-Signature") signature = value;
    CHECK(b.webhook(r.body, signature));
  }
  b.time.advance(hours{5});
  http.sent.clear();
  tick();
  CHECK(http.sent.empty());
  CHECK(b.orders().completed == 1);
}

TEST_CASE("receipts are for the buyer of a paid order", "[payments]") {
  recording_http http;
  bench b{http};
  const auto who = user_id::make();
  const auto id = b.orders().add(who, 8999).id.str();
  const auto intent = intent_in(b.create(who, id));
  CHECK(bench::refusal(b.receipt(who, id + ".pdf")) == "RECEIPT_NOT_FOUND");
  REQUIRE(b.confirm(who, id, intent));
  const auto r = b.receipt(who, id + ".pdf");
  REQUIRE(r);
  CHECK(r.value().content_type == "application/pdf");
  CHECK(r.value().body_text().starts_with("%PDF-"));
  CHECK(b.receipt(who, id + ".pdf").value().body_text() == r.value().body_text());
  for (const auto& file : {id, id + ".txt", std::string(".pdf"), std::string("x.pdf"), order_id::make().str() + ".pdf"})
    CHECK(bench::refusal(b.receipt(who, file)) == "RECEIPT_NOT_FOUND");
  CHECK(bench::refusal(b.receipt(user_id::make(), id + ".pdf")) == "RECEIPT_NOT_FOUND");
}

TEST_CASE("receipts are drawn apart from the requests, and refused when too many are", "[payments]") {
  recording_http http;
  bench b{http};
  const auto who = user_id::make();
  const auto id = b.orders().add(who, 8999).id.str();
  REQUIRE(b.confirm(who, id, intent_in(b.create(who, id))));
  const auto before = b.host.computing.jobs;
  const auto r = b.receipt(who, id + ".pdf");
  REQUIRE(r);
  CHECK(b.host.computing.jobs == before + 1);
  REQUIRE(r.value().content);
  CHECK(r.value().content->etag == b.receipt(who, id + ".pdf").value().content->etag);
  b.host.computing.full = true;
  const auto busy = b.receipt(who, id + ".pdf");
  REQUIRE_FALSE(busy);
  CHECK(busy.refusal().kind == fault_kind::unavailable);
}

TEST_CASE("settings that cannot work are refused", "[payments]") {
  recording_http http;
  no_database db;
  const system_clock time;
  const auto refuses = [&](const bench::written& settings, bool production) {
    fake_host host{db, http, time};
    host.in_production = production;
    host.set(plugin_settings(*stoa_payments_entry(), settings));
    auto* p = stoa_payments_entry()->create();
    std::string why;
    try {
      p->configure(host);
    } catch (const settings_error& e) {
      why = e.what();
    }
    stoa_payments_entry()->destroy(p);
    return why;
  };
  CHECK(refuses({}, false).empty());
  CHECK(refuses({}, true).find("webhook_secret") != std::string::npos);
  CHECK(refuses({{"webhook_secret", "whsec_own"}}, true).empty());
  CHECK(refuses({{"webhook_secret", ""}}, false).find("webhook_secret") != std::string::npos);
  CHECK(refuses({{"provider", "stripe"}}, false).find("stripe_api_key") != std::string::npos);
  CHECK(refuses({{"provider", "stripe"}, {"stripe_api_key", "sk_test_x"}}, false).empty());
  CHECK(refuses({{"provider", "stripe"}, {"stripe_api_key", "sk"}, {"stripe_url", "ftp://x"}}, false)
            .find("stripe_url") != std::string::npos);
  CHECK_THROWS_AS(refuses({{"provider", "cash"}}, false), settings_error);
}

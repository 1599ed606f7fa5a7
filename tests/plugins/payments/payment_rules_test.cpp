#include "plugins/payments/payment_rules.hpp"

#include <catch2/catch.hpp>

#include "stoa/json.hpp"

using namespace stoa_plugin::payments;
using stoa::fault_kind;
using stoa::milliseconds;
using stoa::minutes;
using stoa::seconds;
using stoa::timestamp;

namespace {
const timestamp now = *stoa::parse_rfc3339("2026-01-27T16:05:00.75Z");
const milliseconds tolerance = seconds{300};
}  // namespace

TEST_CASE("an intent is named by its id or its whole client secret", "[payments]") {
  CHECK(intent_id_of("pi_1") == "pi_1");
  CHECK(intent_id_of("pi_1_secret_abc") == "pi_1");
  CHECK(is_intent_id("pi_3Nabc"));
  CHECK(is_intent_id("pi_a-b_C"));
  CHECK_FALSE(is_intent_id("pi_../x"));
  CHECK_FALSE(is_intent_id("ch_1"));
  CHECK_FALSE(is_intent_id("pi_" + std::string(200, 'a')));
}

TEST_CASE("test payment methods do what Stripe's do", "[payments]") {
  const auto status = [](const char* m) { return test_method_outcome(m).value().status; };
  const auto code = [](const char* m) { return test_method_outcome(m).value().decline_code; };
  for (const char* m : {"pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa_debit", "pm_card_us"})
    CHECK(status(m) == intent_status::succeeded);
  CHECK(status("pm_card_chargeDeclined") == intent_status::requires_payment_method);
  CHECK(code("pm_card_chargeDeclined") == "generic_decline");
  CHECK(code("pm_card_visa_chargeDeclined") == "generic_decline");
  CHECK(code("pm_card_chargeDeclinedInsufficientFunds") == "insufficient_funds");
  CHECK(code("pm_card_visa_chargeDeclinedInsufficientFunds") == "insufficient_funds");
  CHECK(code("pm_card_chargeDeclinedExpiredCard") == "expired_card");
  CHECK(status("pm_card_authenticationRequired") == intent_status::requires_action);
  for (const char* m :
       {"", "visa", "pm_card_", "pm_card_nobody", "pm_card_visa_", "tok_visa", "pm_card_nobody_chargeDeclined"})
    CHECK_FALSE(test_method_outcome(m));
}

TEST_CASE("what a client hears of a payment that did not succeed", "[payments]") {
  provider_intent i;
  i.decline_code = "generic_decline";
  CHECK(not_paid(i).kind == fault_kind::payment_required);
  CHECK(not_paid(i).code == "PAYMENT_FAILED");
  CHECK(not_paid(i).extra.at(0) == std::pair<std::string, std::string>{"decline_code", "generic_decline"});
  i.decline_code = "insufficient_funds";
  CHECK(not_paid(i).code == "PAYMENT_INSUFFICIENT_FUNDS");
  i.decline_code.clear();
  CHECK(not_paid(i).code == "PAYMENT_FAILED");
  i.status = intent_status::requires_action;
  CHECK(not_paid(i).code == "PAYMENT_ACTION_REQUIRED");
  i.status = intent_status::processing;
  CHECK(not_paid(i).kind == fault_kind::conflict);
  i.status = intent_status::canceled;
  CHECK(not_paid(i).code == "PAYMENT_CANCELED");
}

TEST_CASE("money of an intent pays an order of the same amount and currency only", "[payments]") {
  stoa::order o;
  o.total_minor = 8999;
  o.currency = "usd";
  provider_intent i;
  i.amount_minor = 8999;
  i.currency = "usd";
  CHECK(pays(i, o));
  i.amount_minor = 8998;
  CHECK_FALSE(pays(i, o));
  i.amount_minor = 8999;
  i.currency = "jpy";
  CHECK_FALSE(pays(i, o));
}

TEST_CASE("signatures hold for these bytes, this secret and this time", "[payments]") {
  const std::string payload = "{\"a\": 1}\n";
  const std::string header = sign(payload, "whsec_x", now);
  const auto check = [&](const std::string& h, const std::string& p, const char* secret, timestamp at) {
    return check_signature(h, p, secret, at, tolerance);
  };
  CHECK(check(header, payload, "whsec_x", now) == signature_check::good);
  CHECK(check(header, payload, "whsec_x", now + minutes{5}) == signature_check::good);
  CHECK(check(header, payload, "whsec_x", now + seconds{302}) == signature_check::expired);
  CHECK(check(header, payload, "whsec_x", now - seconds{302}) == signature_check::expired);
  CHECK(check(header, "{\"a\":1}\n", "whsec_x", now) == signature_check::wrong);
  CHECK(check(header, payload, "whsec_y", now) == signature_check::wrong);
  CHECK(check("", payload, "whsec_x", now) == signature_check::missing);
  for (const std::string h : {"t=1", "v1=00", "t=,v1=00", "t=x,v1=00", "t=99999999999999999999,v1=00", ",,,", "v0=1"})
    CHECK(check(h, payload, "whsec_x", now) == signature_check::malformed);
  // A secret being changed signs with both.
  const auto comma = header.find(',');
  CHECK(check(header.substr(0, comma) + ",v1=0000" + header.substr(comma) + ",v0=zz", payload, "whsec_x", now) ==
        signature_check::good);
  // The time is under the signature.
  CHECK(check("t=1769530000" + header.substr(comma), payload, "whsec_x", now) == signature_check::wrong);
}

TEST_CASE("events are read for what matters", "[payments]") {
  const auto paid = read_event(
      R"({"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent",
          "amount":8999,"currency":"USD","status":"succeeded","last_payment_error":null,
          "metadata":{"order_id":"018f0000-0000-7000-8000-000000000001"}}}})");
  REQUIRE(paid);
  CHECK(paid.value().meaning == event_meaning::paid);
  CHECK(paid.value().id == "evt_1");
  CHECK(paid.value().intent.amount_minor == 8999);
  CHECK(paid.value().intent.currency == "usd");
  CHECK(paid.value().order.value().str() == "018f0000-0000-7000-8000-000000000001");
  for (const std::string kind : {"payment_intent.payment_failed", "payment_intent.failed"}) {
    const auto failed =
        read_event(R"({"type":")" + kind + R"(","data":{"object":{"id":"pi_1","amount":1,"currency":"usd",
      "status":"requires_payment_method","last_payment_error":{"code":"card_declined","decline_code":"lost_card"}}}})");
    REQUIRE(failed);
    CHECK(failed.value().meaning == event_meaning::failed);
    CHECK(failed.value().intent.decline_code == "lost_card");
    CHECK(failed.value().id.starts_with("sha256:"));
    CHECK_FALSE(failed.value().order);
  }
  CHECK(read_event(R"({"id":"evt_2","type":"charge.refunded"})").value().meaning == event_meaning::other);
  for (const char* bad :
       {"", "{", "[]", "{}", R"({"type":1})", R"({"type":"payment_intent.succeeded"})",
        R"({"type":"payment_intent.succeeded","data":{"object":{"id":"x","amount":1,"status":"succeeded"}}})",
        R"({"type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","amount":1.5,"status":"succeeded"}}})",
        R"({"type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","amount":1,"status":"gone"}}})"}) {
    INFO(bad);
    CHECK(read_event(bad).ok() == false);
  }
}

#include <algorithm>

#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape intent_shape = {{"client_secret", "text"},
                            {"publishable_key", "text"},
                            {"amount", "integer"},
                            {"currency", "text"},
                            {"order_id", "uuid"}};

const shape confirmed_shape = {{"order_id", "uuid"},
                               {"status", "text"},
                               {"message", "text"},
                               {"receipt_url", "url"},
                               {"courses_now_available.*.id", "uuid"},
                               {"courses_now_available.*.title", "text"},
                               {"courses_now_available.*.access_url", "text"}};

std::string status_of(const person& who, const std::string& order) {
  return learnflow(who).get("/orders/" + order + "/").text("status");
}

std::int64_t enrolled_in(const person& who) { return learnflow(who).get("/enrollments/").integer("count"); }

bool one_of(int status, std::initializer_list<int> good) {
  return std::find(good.begin(), good.end(), status) != good.end();
}

/// An address of the answer, asked as it stands.
response follow(const person& who, const std::string& url) { return client("").as(who.access).get(url); }

}  // namespace

TEST_CASE("payments: the documented way to two courses", "[learnflow][payments]") {
  const auto who = fresh_account();
  const auto bootcamp = paid_course("89.99", "129.99");
  const auto design = paid_course("79.99", "119.99");
  const auto id = order(who, {bootcamp, design}).text("id");

  const auto intended = learnflow(who).post("/payments/create-payment-intent/", object({{"order_id", id}}));
  REQUIRE_STATUS(intended, 201);
  CHECK_SHAPE(intended, intent_shape);
  CHECK(intended.integer("amount") == 16998);
  CHECK(intended.text("currency") == "usd");
  CHECK(intended.text("order_id") == id);
  CHECK(intended.text("client_secret").starts_with("pi_"));
  CHECK(intended.text("client_secret").find("_secret_") != std::string::npos);
  CHECK(intended.text("publishable_key").starts_with("pk_"));
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 2);

  const auto paid = confirm(who, id, intended.text("client_secret"));
  REQUIRE_STATUS(paid, 200);
  CHECK_SHAPE(paid, confirmed_shape);
  CHECK(paid.text("order_id") == id);
  CHECK(paid.text("status") == "completed");
  CHECK(paid.text("message") == "Payment processed successfully");
  CHECK(paid.at("courses_now_available").items().size() == 2);
  CHECK(paid.text("courses_now_available.0.id") == bootcamp.id);
  CHECK(paid.text("courses_now_available.0.title") == bootcamp.title);
  CHECK(paid.text("courses_now_available.1.access_url") == "/dashboard/courses/" + design.id);

  // All of it is there with the answer, not later.
  CHECK(status_of(who, id) == "completed");
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 0);
  const auto learning = learnflow(who).get("/enrollments/");
  CHECK(learning.integer("count") == 2);
  for (const auto& course : {bootcamp, design}) {
    const auto detail = learnflow(who).get("/courses/" + course.id + "/");
    CHECK(detail.truth("user_status.enrolled"));
    CHECK_FALSE(detail.truth("user_status.in_cart"));
    CHECK(detail.at("curriculum.0.lessons.1.video_url").is_string());
  }
  CHECK(learnflow(who).get("/dashboard/stats/").integer("courses_enrolled") == 2);
}

TEST_CASE("payments: one intent an order, however often one asks", "[learnflow][payments]") {
  const auto who = fresh_account();
  const auto id = order(who, {paid_course()}).text("id");
  CHECK(intent_for(who, id).secret == intent_for(who, id).secret);
}

TEST_CASE("payments: the id does as well as the secret, and again", "[learnflow][payments]") {
  const auto who = fresh_account();
  const auto id = order(who, {paid_course()}).text("id");
  const auto i = intent_for(who, id);
  const auto first = confirm(who, id, i.id);
  REQUIRE_STATUS(first, 200);
  const auto second = confirm(who, id, i.secret);
  REQUIRE_STATUS(second, 200);
  CHECK(first.body == second.body);
  CHECK(enrolled_in(who) == 1);
  CHECK(learnflow(who).get("/orders/?status=completed").integer("count") == 1);
  // Paid is paid.
  CHECK_STATUS(learnflow(who).post("/payments/create-payment-intent/", object({{"order_id", id}})), 409);
}

TEST_CASE("payments: a declined card leaves the order payable", "[learnflow][payments]") {
  const auto who = fresh_account();
  const auto id = order(who, {paid_course()}).text("id");
  const auto i = intent_for(who, id);
  for (const char* card : {"pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds"}) {
    const auto declined = confirm(who, id, i.id, card);
    REQUIRE_STATUS(declined, 402);
    CHECK_SHAPE(declined, {{"error.code", "text"}, {"error.message", "text"}, {"error.status", "integer"}});
    CHECK(status_of(who, id) == "pending");
  }
  const auto poor = confirm(who, id, i.id, "pm_card_chargeDeclinedInsufficientFunds");
  const auto plain = confirm(who, id, i.id, "pm_card_chargeDeclined");
  CHECK(poor.text("error.message") != plain.text("error.message"));
  CHECK(enrolled_in(who) == 0);
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 1);

  CHECK(one_of(confirm(who, id, i.id, "pm_card_unheard_of").status, {400, 422}));
  REQUIRE_STATUS(confirm(who, id, intent_for(who, id).id, "pm_card_visa"), 200);
  CHECK(status_of(who, id) == "completed");
  CHECK(enrolled_in(who) == 1);
}

TEST_CASE("payments: a wrong intent pays nothing", "[learnflow][payments]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto id = order(who, {paid_course()}).text("id");
  const auto mine = intent_for(who, id);
  const auto theirs = intent_for(other, order(other, {paid_course()}).text("id"));
  for (const auto& wrong : {std::string("pi_1234567890_secret_abcdefghijklmnop"), theirs.id, theirs.secret,
                            mine.id + "_secret_guessed", std::string("x")})
    CHECK(one_of(confirm(who, id, wrong).status, {400, 404, 422}));
  CHECK(status_of(who, id) == "pending");
  CHECK_REFUSED(learnflow(who).post("/payments/confirm-payment/", object({{"order_id", id}})), 422, "VALIDATION_ERROR");
}

TEST_CASE("payments: an amount sent along is a claim", "[learnflow][payments]") {
  const auto who = fresh_account();
  const auto id = order(who, {paid_course("89.99", "")}).text("id");
  const auto ask = [&](int amount) {
    return learnflow(who).post("/payments/create-payment-intent/", object({{"order_id", id}, {"amount", amount}}));
  };
  CHECK(one_of(ask(1).status, {400, 422}));
  const auto honest = ask(8999);
  REQUIRE_STATUS(honest, 201);
  CHECK(honest.integer("amount") == 8999);
}

TEST_CASE("payments: another's order is like an unknown one", "[learnflow][payments]") {
  const auto owner = fresh_account(), other = fresh_account();
  const auto id = order(owner, {paid_course()}).text("id");
  const auto i = intent_for(owner, id);
  const auto intend = [&](const std::string& order_id) {
    return learnflow(other).post("/payments/create-payment-intent/", object({{"order_id", order_id}}));
  };
  CHECK_REFUSED(intend(id), 404, "ORDER_NOT_FOUND");
  CHECK(intend(id).body == intend("order-001").body);
  CHECK_REFUSED(confirm(other, id, i.id), 404, "ORDER_NOT_FOUND");
  CHECK_REFUSED(intend("3f0b7f7e-0000-7000-8000-000000000000"), 404, "ORDER_NOT_FOUND");
  CHECK_REFUSED(learnflow(owner).post("/payments/create-payment-intent/"), 422, "VALIDATION_ERROR");
  CHECK(status_of(owner, id) == "pending");
  CHECK_REFUSED(learnflow().post("/payments/create-payment-intent/"), 401, "AUTHENTICATION_REQUIRED");
  CHECK_REFUSED(learnflow().post("/payments/confirm-payment/"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("payments: an order whose cart changed cannot be paid any more", "[learnflow][payments]") {
  const auto who = fresh_account();
  const auto first = order(who, {paid_course()}).text("id");
  const auto i = intent_for(who, first);
  const auto second = order(who, {paid_course("10.00", "")}).text("id");
  CHECK(second != first);
  CHECK_STATUS(confirm(who, first, i.id), 409);
  CHECK(enrolled_in(who) == 0);
}

TEST_CASE("payments: money for an overtaken order is due for refund, and told", "[learnflow][payments]") {
  const auto who = fresh_account();
  const auto first = order(who, {paid_course()}).text("id");
  const auto i = intent_for(who, first);
  const auto second = order(who, {paid_course("10.00", "")}).text("id");
  REQUIRE_STATUS(confirm(who, second, intent_for(who, second).id), 200);
  CHECK(enrolled_in(who) == 2);
  CHECK(eventually([&] { return intent_status(i) == "canceled"; }));

  // The browser was faster than our cancellation: the provider has the money.
  for (const char* id : {"evt_overtaken_", "evt_overtaken_again_"}) {
    const auto event = stripe_event(id + first, "payment_intent.succeeded", i, first, 8999);
    REQUIRE_STATUS(send_event(event, stripe_signature(event)), 200);
  }
  const auto shown = learnflow(who).get("/orders/" + first + "/");
  CHECK(shown.text("status") == "cancelled");
  REQUIRE(shown.at("refunds").items().size() == 1);
  CHECK(shown.at("refunds.0.amount").text() == "89.99");
  CHECK(shown.text("refunds.0.currency") == "usd");
  CHECK(shown.text("refunds.0.reason") == "already_owned");
  CHECK(shown.text("refunds.0.payment_reference") == i.id);
  CHECK(enrolled_in(who) == 2);
  CHECK(sql(shared_server(),
            "select count(*) from outbox where kind = 'payment.refund_due' and payload->>'payment_reference' = '" +
                i.id + "'") == "1");
  CHECK(learnflow(who).get("/orders/" + second + "/").at("refunds").items().empty());
}

TEST_CASE("payments: a second payment of one order is due for refund", "[learnflow][payments]") {
  const auto who = fresh_account();
  const auto id = buy(who, {paid_course()});
  const intent stranger{"pi_" + unique("second").substr(7), ""};
  const auto event = stripe_event("evt_second_" + id, "payment_intent.succeeded", stranger, id, 8999);
  REQUIRE_STATUS(send_event(event, stripe_signature(event)), 200);
  const auto shown = learnflow(who).get("/orders/" + id + "/");
  CHECK(shown.text("status") == "completed");
  REQUIRE(shown.at("refunds").items().size() == 1);
  CHECK(shown.text("refunds.0.reason") == "order_paid_before");
  CHECK(shown.at("refunds.0.paid_back_at").is_null());
  CHECK(enrolled_in(who) == 1);
}

TEST_CASE("receipts: a PDF, and only one's own", "[learnflow][payments][receipts]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto id = order(who, {paid_course()}).text("id");
  CHECK_STATUS(learnflow(who).get("/receipts/" + id + ".pdf"), 404);
  const auto url = confirm(who, id, intent_for(who, id).id).text("receipt_url");

  const auto receipt = follow(who, url);
  REQUIRE(receipt.status == 200);
  CHECK(receipt.header("content-type") == "application/pdf");
  CHECK(receipt.body.starts_with("%PDF"));
  CHECK(receipt.body.find("%%EOF") != std::string::npos);
  const auto again = follow(who, url);
  CHECK(again.status == 200);
  CHECK(receipt.header("content-disposition"));
  CHECK(again.header("content-disposition") == receipt.header("content-disposition"));
  CHECK(receipt.header("accept-ranges") == "bytes");
  REQUIRE(receipt.header("etag"));
  CHECK(again.header("etag") == receipt.header("etag"));
  CHECK(again.body == receipt.body);

  CHECK(follow(other, url).status == 404);
  CHECK(follow(other, url).body == learnflow(other).get("/receipts/3f0b7f7e-0000-7000-8000-000000000000.pdf").body);
  CHECK_STATUS(learnflow().get("/receipts/" + id + ".pdf"), 401);
}

TEST_CASE("webhooks: the signed event completes the order", "[learnflow][payments][webhooks]") {
  for (const char* door : {"/unpuzzle/api/v1", "/learnflow/api/v1"}) {
    INFO(door);
    const auto who = fresh_account();
    const auto course = paid_course();
    const auto id = order(who, {course}).text("id");
    const auto i = intent_for(who, id);
    const auto event = stripe_event("evt_" + id, "payment_intent.succeeded", i, id, 8999);
    REQUIRE_STATUS(send_event(event, stripe_signature(event), door), 200);
    CHECK(status_of(who, id) == "completed");
    CHECK(enrolled_in(who) == 1);
    CHECK(learnflow(who).get("/cart/").integer("total_items") == 0);

    // The same event once more, and the same news as another event.
    REQUIRE_STATUS(send_event(event, stripe_signature(event), door), 200);
    const auto other = stripe_event("evt_2_" + id, "payment_intent.succeeded", i, id, 8999);
    REQUIRE_STATUS(send_event(other, stripe_signature(other), door), 200);
    CHECK(enrolled_in(who) == 1);

    // The browser comes late: the same answer as if it had been first.
    const auto late = confirm(who, id, i.secret);
    REQUIRE_STATUS(late, 200);
    CHECK_SHAPE(late, confirmed_shape);
    CHECK(late.text("status") == "completed");
    CHECK(late.text("courses_now_available.0.id") == course.id);
    CHECK(enrolled_in(who) == 1);
    CHECK(sql(shared_server(),
              "select count(*) from outbox where kind = 'payment.completed' and payload->>'order_id' = '" + id + "'") ==
          "1");
  }
}

TEST_CASE("webhooks: a failure notes, and undoes nothing", "[learnflow][payments][webhooks]") {
  const auto who = fresh_account();
  const auto id = order(who, {paid_course()}).text("id");
  const auto i = intent_for(who, id);
  for (const char* kind : {"payment_intent.payment_failed", "payment_intent.failed"}) {
    const auto failed = stripe_event("evt_" + std::string(kind) + id, kind, i, id, 8999);
    REQUIRE_STATUS(send_event(failed, stripe_signature(failed)), 200);
    CHECK(status_of(who, id) == "pending");
  }
  REQUIRE_STATUS(confirm(who, id, i.id), 200);
  const auto late = stripe_event("evt_late_" + id, "payment_intent.payment_failed", i, id, 8999);
  REQUIRE_STATUS(send_event(late, stripe_signature(late)), 200);
  CHECK(status_of(who, id) == "completed");
  CHECK(enrolled_in(who) == 1);
}

TEST_CASE("webhooks: only the provider's own words count", "[learnflow][payments][webhooks]") {
  const auto who = fresh_account();
  const auto id = order(who, {paid_course()}).text("id");
  const auto i = intent_for(who, id);
  const auto event = stripe_event("evt_forged_" + id, "payment_intent.succeeded", i, id, 8999);
  const auto good = stripe_signature(event);
  CHECK_STATUS(send_event(event, ""), 400);
  CHECK_STATUS(send_event(event, "nonsense"), 400);
  CHECK_STATUS(send_event(event, "t=,v1="), 400);
  CHECK_STATUS(send_event(event, stripe_signature(event, {}, "whsec_guess")), 400);
  CHECK_STATUS(send_event(event, stripe_signature(event, std::chrono::seconds{301 + 60})), 400);
  CHECK_STATUS(send_event(event, stripe_signature(event, std::chrono::seconds{-900})), 400);
  CHECK_STATUS(send_event(event + " ", good), 400);
  CHECK_STATUS(send_event("{", stripe_signature("{")), 400);
  CHECK_STATUS(send_event("[]", stripe_signature("[]")), 400);
  CHECK(status_of(who, id) == "pending");
  const auto refused = send_event(event, "nonsense");
  CHECK(refused.text("status") == "error");
  CHECK(refused.has("error.code"));
  CHECK_REFUSED(send_event(event, "nonsense", "/learnflow/api/v1"), 400, "INVALID_SIGNATURE");

  // Within the tolerance, and with an old key's signature beside the right one.
  CHECK_STATUS(send_event(event, stripe_signature(event, std::chrono::seconds{200}) + ",v1=" + std::string(64, '0')),
               200);
  CHECK(status_of(who, id) == "completed");
}

TEST_CASE("webhooks: an event about too little money pays nothing", "[learnflow][payments][webhooks]") {
  const auto who = fresh_account();
  const auto id = order(who, {paid_course()}).text("id");
  const auto event = stripe_event("evt_cheap_" + id, "payment_intent.succeeded", intent_for(who, id), id, 1);
  const auto taken = send_event(event, stripe_signature(event));
  CHECK(taken.status < 500);
  CHECK(status_of(who, id) == "pending");
  CHECK(enrolled_in(who) == 0);
}

TEST_CASE("webhooks: what means nothing here is taken quietly", "[learnflow][payments][webhooks]") {
  const auto event = object({{"id", "evt_" + unique("other")}, {"object", "event"}, {"type", "charge.refund.updated"}});
  CHECK_STATUS(send_event(event, stripe_signature(event)), 200);
}

TEST_CASE("webhooks: the sandbox's own, twice each, with a secret of one's own", "[learnflow][payments][webhooks]") {
  const auto own = start_server({{"STOA_PLUGINS_PAYMENTS_SANDBOX_WEBHOOKS", "duplicate"},
                                 {"STOA_PLUGINS_PAYMENTS_WEBHOOK_SECRET", "whsec_of_our_own"}});
  const at_server here(*own);
  const auto who = fresh_account(*own);
  const auto id = order(who, {paid_course(), paid_course("10.00", "")}).text("id");
  const auto i = intent_for(who, id);
  REQUIRE_STATUS(confirm(who, id, i.id, "pm_card_chargeDeclined"), 402);
  REQUIRE_STATUS(confirm(who, id, i.id), 200);
  // Both outcomes were told to our own door, twice, and taken.
  CHECK(eventually([&] { return sql(*own, "select count(*) from plugin_payments.webhook_event") == "2"; }));
  CHECK(eventually([&] { return sql(*own, "select count(*) from job") == "0"; }));
  CHECK(status_of(who, id) == "completed");
  CHECK(enrolled_in(who) == 2);
  CHECK(sql(*own, "select count(*) from outbox where kind = 'payment.completed'") == "1");

  const auto event = object({{"id", "evt_any"}, {"object", "event"}, {"type", "charge.refund.updated"}});
  CHECK_STATUS(send_event(event, stripe_signature(event)), 400);
  CHECK_STATUS(send_event(event, stripe_signature(event, {}, "whsec_of_our_own")), 200);
}

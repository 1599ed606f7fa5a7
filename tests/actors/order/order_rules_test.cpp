#include "actors/order/order_rules.hpp"

#include <catch2/catch.hpp>

#include "actors/order/order_store.hpp"
#include "stoa/json.hpp"
#include "stoa/wire.hpp"

using namespace stoa;
using namespace stoa::actors::order_rules;
namespace store = stoa::actors::order_store;

namespace {

cart_line line(std::int64_t price, std::string title = "Birds") {
  cart_line l;
  l.course = course_id::make();
  l.title = std::move(title);
  l.price_minor = price;
  l.currency = "usd";
  return l;
}

order order_of(const std::vector<cart_line>& lines) {
  order o;
  o.id = order_id::make();
  for (const auto& l : lines) {
    o.items.push_back({order_item_id::make(), l.course, l.title, l.price_minor});
    o.total_minor += l.price_minor;
  }
  return o;
}

payment_receipt paid(std::int64_t amount, std::string currency = "usd") {
  return {"sandbox", "pi_1", amount, std::move(currency)};
}

}  // namespace

TEST_CASE("a checkout sums what the courses cost now") {
  const auto plan = checkout({line(8999), line(7999), line(0)}, std::nullopt);
  REQUIRE(plan.ok());
  CHECK(plan->total_minor == 16998);
  CHECK(plan->currency == "usd");
  CHECK_FALSE(plan->keep_pending);
  CHECK_FALSE(plan->cancel_pending);
}

TEST_CASE("an empty cart cannot be ordered, even where an order is pending") {
  CHECK(checkout({}, std::nullopt).refusal().code == "CART_EMPTY");
  CHECK(checkout({}, order_of({line(1)})).refusal().kind == fault_kind::rejected);
}

TEST_CASE("the same cart keeps its pending order, in whatever sequence") {
  const auto a = line(8999), b = line(7999);
  const auto plan = checkout({b, a}, order_of({a, b}));
  REQUIRE(plan.ok());
  CHECK(plan->keep_pending);
  CHECK_FALSE(plan->cancel_pending);
}

TEST_CASE("another cart, or another price, replaces the pending order") {
  const auto a = line(8999), b = line(7999);
  auto cheaper = a;
  cheaper.price_minor = 4999;
  for (const auto& cart : {std::vector{a}, std::vector{a, b, line(1)}, std::vector{cheaper, b}}) {
    const auto plan = checkout(cart, order_of({a, b}));
    REQUIRE(plan.ok());
    CHECK(plan->cancel_pending);
    CHECK_FALSE(plan->keep_pending);
  }
}

TEST_CASE("a checkout names the course that stands in its way") {
  auto gone = line(1, "Withdrawn");
  gone.published = false;
  auto owned = line(1, "Mine already");
  owned.enrolled = true;
  auto foreign = line(1, "Euros");
  foreign.currency = "eur";
  const auto refusal = [](cart_line bad) { return checkout({line(1), std::move(bad)}, std::nullopt).refusal(); };
  CHECK(refusal(gone).code == "COURSE_NOT_AVAILABLE");
  CHECK(refusal(gone).message.find("Withdrawn") != std::string::npos);
  CHECK(refusal(owned).code == "ALREADY_ENROLLED");
  CHECK(refusal(owned).kind == fault_kind::conflict);
  CHECK(refusal(owned).message.find("Mine already") != std::string::npos);
  CHECK(refusal(foreign).code == "MIXED_CURRENCIES");
}

TEST_CASE("a payment completes a pending order, and honours a cancelled one") {
  auto o = order_of({line(8999)});
  CHECK(*complete(o, paid(8999), {}) == completion::now);
  CHECK(*complete(o, paid(8999, "USD"), {}) == completion::now);
  o.status = order_status::cancelled;
  CHECK(*complete(o, paid(8999), {}) == completion::now);
}

TEST_CASE("a payment of another amount or currency completes nothing") {
  const auto o = order_of({line(8999)});
  for (const auto& p : {paid(8998), paid(9000), paid(0), paid(8999, "eur"), paid(8999, "")}) {
    const auto refused = complete(o, p, {});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.refusal().code == "AMOUNT_MISMATCH");
  }
}

TEST_CASE("a completed order stays as it is, whatever payment comes") {
  auto o = order_of({line(8999)});
  o.status = order_status::completed;
  o.payment_provider = "sandbox";
  o.payment_reference = "pi_1";
  CHECK(*complete(o, paid(8999), {}) == completion::done_before);
  CHECK(*complete(o, paid(1, "eur"), {}) == completion::done_before);
  auto another = paid(8999);
  another.reference = "pi_2";
  CHECK(*complete(o, another, {}) == completion::buys_nothing);
  another = paid(8999);
  another.provider = "stripe";
  CHECK(*complete(o, another, {}) == completion::buys_nothing);
}

TEST_CASE("money may be taken for a pending order of courses that the buyer does not have, for as long as it waits") {
  auto o = order_of({line(8999), line(1)});
  const auto made = o.created_at;
  const auto why = [&](std::vector<course_id> owned, milliseconds age) {
    const auto may = payable(o, owned, made + age, hours{24});
    return may ? std::string() : may.refusal().code;
  };
  CHECK(why({}, hours{23}).empty());
  CHECK(why({course_id::make()}, hours{23}).empty());
  CHECK(why({}, hours{24}) == "ORDER_NOT_PAYABLE");
  CHECK(why({o.items[1].course}, hours{1}) == "ALREADY_ENROLLED");
  CHECK(payable(o, {o.items[0].course}, made, hours{24}).refusal().message.find("Birds") != std::string::npos);
  for (const auto closed : {order_status::completed, order_status::cancelled}) {
    o.status = closed;
    CHECK(why({}, hours{1}) == "ORDER_NOT_PAYABLE");
  }
  o.status = order_status::pending;
  o.total_minor = 0;
  CHECK(why({}, hours{1}) == "ORDER_NOT_PAYABLE");
}

TEST_CASE("money is due for refund as far as it buys nothing") {
  const timestamp now{};
  auto o = order_of({line(8999), line(1)});
  const auto cheap = o.items[1].course, dear = o.items[0].course;
  const auto amount = [&](const std::vector<course_id>& owned) -> std::int64_t {
    const auto due = refund(o, paid(9000), owned, now);
    return due ? due->amount_minor : 0;
  };
  CHECK(amount({}) == 0);
  CHECK(amount({course_id::make()}) == 0);
  CHECK(amount({cheap}) == 1);
  CHECK(amount({dear}) == 8999);
  CHECK(amount({dear, cheap}) == 9000);
  CHECK(*complete(o, paid(9000), {cheap}) == completion::now);
  CHECK(*complete(o, paid(9000), {dear, cheap}) == completion::buys_nothing);
  CHECK(refund(o, paid(9000), {dear}, now)->reason == "already_owned");

  // A discount lowers all prices alike.
  o.subtotal_minor = 9000;
  o.discount_minor = 4500;
  o.total_minor = 4500;
  CHECK(amount({dear}) == 4500);
  CHECK(amount({cheap}) == 1);
  CHECK(amount({dear, cheap}) == 4500);

  o.status = order_status::completed;
  const auto twice = refund(o, paid(4500, "USD"), {}, now);
  REQUIRE(twice);
  CHECK(twice->amount_minor == 4500);
  CHECK(twice->currency == "usd");
  CHECK(twice->reason == "order_paid_before");
  CHECK(twice->reference == "pi_1");
}

TEST_CASE("what a payment tells is exact JSON") {
  auto o = order_of({line(8999, "Say \"hi\""), line(1)});
  o.order_number = "ORD-2026-00001";
  const auto told = json::parse(wire::write(store::paid(o)));
  REQUIRE(told.ok());
  CHECK(told->find("order_id")->text() == o.id.str());
  CHECK(told->find("order_number")->text() == "ORD-2026-00001");
  CHECK(told->find("total_minor")->as_integer() == 9000);
  CHECK(told->find("currency")->text() == "usd");
  REQUIRE(told->find("items")->items().size() == 2);
  CHECK(told->find("items")->items()[0].find("title")->text() == "Say \"hi\"");
  CHECK(told->find("items")->items()[1].find("course_id")->text() == o.items[1].course.str());
}

// What plugins rely on of an area holds for the real one and for the fake that their tests use, case by case.
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/money.hpp"
#include "testing/fake_orders.hpp"
#include "testing/fake_people.hpp"
#include "tests/cli/house/house_shop.hpp"
#include "tests/plugins/support/known_courses.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

/// The areas of a server, over HTTP where they have no other door.
struct real_areas {
  test_house house;
  person teacher = teacher_at(house);
  std::map<user_id, person> known;

  stoa::orders& orders() { return house->areas().use<stoa::orders>(); }
  stoa::people& people() { return house->areas().use<stoa::people>(); }
  user_id somebody() {
    const auto who = account_at(house.client());
    const auto id = user_id::parse(who.id).value();
    known.emplace(id, who);
    return id;
  }
  course_id put_in_cart(user_id buyer, std::int64_t price_minor) {
    const auto price = std::to_string(price_minor / 100) + "." + std::to_string(100 + price_minor % 100).substr(1);
    const auto course = course_at(house, teacher, price);
    REQUIRE_STATUS(signed_in_at(house, known.at(buyer)).post("/cart/items/", object({{"course_id", course}})), 201);
    return course_id::parse(course).value();
  }
  /// As an admin may, or who buys it by another order.
  void enter(user_id who, course_id course) {
    auto& enrollments = house->areas().use<stoa::enrollments>();
    caller admin;
    admin.signed_in = true;
    admin.user = who;
    admin.roles.add(role::admin);
    REQUIRE(wait_for<entrance>(enrollments.enroll(admin, course)));
  }
  void advance(milliseconds by) { house.clock.advance(by); }
};

/// The same in memory.
struct fake_areas {
  manual_clock clock{system_clock().now()};
  fake_orders all_orders{clock};
  fake_people all_people;

  stoa::orders& orders() { return all_orders; }
  stoa::people& people() { return all_people; }
  user_id somebody() {
    const auto id = user_id::make();
    all_people.add(id, "John", "Doe");
    return id;
  }
  course_id put_in_cart(user_id buyer, std::int64_t price_minor) {
    const auto course = course_id::make();
    all_orders.put_in_cart(buyer, course, "A course", price_minor);
    return course;
  }
  void enter(user_id who, course_id course) { all_orders.own(who, course); }
  void advance(milliseconds by) { clock.advance(by); }
};

payment_receipt receipt_for(const order& o) { return {"sandbox", "pi_1", o.total_minor, o.currency}; }

}  // namespace

TEMPLATE_TEST_CASE("people: who is known, and who is not", "[areas]", fake_areas, real_areas) {
  TestType w;
  const auto id = w.somebody();
  const auto who = wait_for<account_ptr>(w.people().get(id));
  REQUIRE(who);
  CHECK(who.value()->id == id);
  CHECK(who.value()->full_name() == "John Doe");
  const auto nobody = wait_for<account_ptr>(w.people().get(user_id::make()));
  REQUIRE_FALSE(nobody);
  CHECK(nobody.refusal().kind == fault_kind::not_found);
  CHECK(nobody.refusal().code == "USER_NOT_FOUND");
}

TEMPLATE_TEST_CASE("orders: from a cart to a paid order", "[areas]", fake_areas, real_areas) {
  TestType w;
  auto& orders = w.orders();
  const auto buyer = w.somebody(), other = w.somebody();
  const auto placing = [&](user_id who) { return wait_for<created_order>(orders.create_from_cart(who, std::nullopt)); };
  const auto paying = [&](order_id id, payment_receipt p) {
    return wait_for<order>(orders.complete(id, std::move(p)));
  };
  CHECK(placing(buyer).refusal().code == "CART_EMPTY");

  w.put_in_cart(buyer, 8999);
  const auto placed = placing(buyer).value();
  CHECK(placed.created);
  CHECK(placed.order.status == order_status::pending);
  CHECK(placed.order.total_minor == 8999);
  CHECK(placed.order.receipt_number.empty());
  const auto again = placing(buyer).value();
  CHECK_FALSE(again.created);
  CHECK(again.order.id == placed.order.id);

  CHECK(wait_for<order>(orders.get(buyer, placed.order.id)).value().id == placed.order.id);
  CHECK(wait_for<order>(orders.get(other, placed.order.id)).refusal().code == "ORDER_NOT_FOUND");
  CHECK(wait_for<order>(orders.find(placed.order.id)).value().buyer == buyer);
  CHECK(wait_for<order>(orders.find(order_id::make())).refusal().code == "ORDER_NOT_FOUND");
  CHECK(paying(order_id::make(), receipt_for(placed.order)).refusal().code == "ORDER_NOT_FOUND");

  auto wrong = receipt_for(placed.order);
  wrong.amount_minor = 1;
  CHECK(paying(placed.order.id, wrong).refusal().code == "AMOUNT_MISMATCH");
  wrong = receipt_for(placed.order);
  wrong.currency = "eur";
  CHECK(paying(placed.order.id, wrong).refusal().code == "AMOUNT_MISMATCH");

  const auto paid = paying(placed.order.id, receipt_for(placed.order)).value();
  CHECK(paid.status == order_status::completed);
  CHECK(paid.completed_at);
  CHECK_FALSE(paid.receipt_number.empty());
  CHECK(paid.payment_provider == "sandbox");
  CHECK(paid.payment_reference == "pi_1");
  CHECK(paying(placed.order.id, wrong).value().receipt_number == paid.receipt_number);
  CHECK(placing(buyer).refusal().code == "CART_EMPTY");
}

TEMPLATE_TEST_CASE("orders: another cart is another order, and money for the first is honoured", "[areas]", fake_areas,
                   real_areas) {
  TestType w;
  auto& orders = w.orders();
  const auto buyer = w.somebody();
  w.put_in_cart(buyer, 8999);
  const auto first = wait_for<created_order>(orders.create_from_cart(buyer, std::nullopt)).value().order;
  w.put_in_cart(buyer, 1001);
  const auto second = wait_for<created_order>(orders.create_from_cart(buyer, std::nullopt)).value();
  CHECK(second.created);
  CHECK(second.order.total_minor == 10000);
  CHECK(wait_for<order>(orders.find(first.id)).value().status == order_status::cancelled);
  const auto all = wait_for<order_page>(orders.list(buyer, std::nullopt, 1, 10)).value();
  CHECK(all.count == 2);
  REQUIRE(all.orders.size() == 2);
  CHECK(all.orders.front().id == second.order.id);
  CHECK(wait_for<order_page>(orders.list(buyer, order_status::pending, 1, 10)).value().count == 1);
  const auto paid = wait_for<order>(orders.complete(first.id, receipt_for(first)));
  REQUIRE(paid);
  CHECK(paid.value().status == order_status::completed);
}

TEMPLATE_TEST_CASE("orders: what costs nothing is completed at once", "[areas]", fake_areas, real_areas) {
  TestType w;
  const auto buyer = w.somebody();
  w.put_in_cart(buyer, 0);
  const auto placed = wait_for<created_order>(w.orders().create_from_cart(buyer, std::nullopt)).value();
  CHECK(placed.order.status == order_status::completed);
  CHECK_FALSE(placed.order.receipt_number.empty());
}

TEMPLATE_TEST_CASE("orders: money may be taken as long as an order waits and buys something", "[areas]", fake_areas,
                   real_areas) {
  TestType w;
  auto& orders = w.orders();
  const auto buyer = w.somebody(), other = w.somebody();
  const auto payable = [&](user_id who, order_id id) {
    const auto may = wait_for<order>(orders.payable(who, id));
    return may ? std::string() : may.refusal().code;
  };
  const auto course = w.put_in_cart(buyer, 8999);
  const auto first = wait_for<created_order>(orders.create_from_cart(buyer, std::nullopt)).value().order;
  CHECK(payable(buyer, first.id).empty());
  CHECK(payable(other, first.id) == "ORDER_NOT_FOUND");
  CHECK(payable(buyer, order_id::make()) == "ORDER_NOT_FOUND");
  w.advance(hours{23});
  CHECK(payable(buyer, first.id).empty());
  w.advance(hours{1});
  CHECK(payable(buyer, first.id) == "ORDER_NOT_PAYABLE");

  w.put_in_cart(other, 1001);
  const auto theirs = w.put_in_cart(other, 8999);
  const auto second = wait_for<created_order>(orders.create_from_cart(other, std::nullopt)).value().order;
  CHECK(payable(other, second.id).empty());
  w.enter(buyer, course);
  CHECK(payable(other, second.id).empty());
  w.enter(other, theirs);
  const auto why = payable(other, second.id);  // the second where the order has been cancelled for it already
  CHECK((why == "ALREADY_ENROLLED" || why == "ORDER_NOT_PAYABLE"));
}

TEMPLATE_TEST_CASE("orders: money that buys nothing is due for refund, once", "[areas]", fake_areas, real_areas) {
  TestType w;
  auto& orders = w.orders();
  const auto buyer = w.somebody();
  const auto paying = [&](const order& o, const std::string& reference) {
    auto receipt = receipt_for(o);
    receipt.reference = reference;
    const auto paid = wait_for<order>(orders.complete(o.id, receipt));
    REQUIRE(paid);
    return paid.value();
  };
  const auto course = w.put_in_cart(buyer, 8999);
  const auto first = wait_for<created_order>(orders.create_from_cart(buyer, std::nullopt)).value().order;

  SECTION("an order that was paid before") {
    CHECK(paying(first, "pi_1").refunds.empty());
    const auto twice = paying(first, "pi_2");
    CHECK(twice.status == order_status::completed);
    CHECK(twice.payment_reference == "pi_1");
    REQUIRE(twice.refunds.size() == 1);
    CHECK(twice.refunds[0].reference == "pi_2");
    CHECK(twice.refunds[0].provider == "sandbox");
    CHECK(twice.refunds[0].amount_minor == 8999);
    CHECK(twice.refunds[0].reason == "order_paid_before");
    CHECK(paying(first, "pi_2").refunds.size() == 1);
    CHECK(paying(first, "pi_1").refunds.size() == 1);

    const auto back = [&](const char* reference, std::int64_t amount) {
      return wait_for<bool>(orders.paid_back({"sandbox", reference, amount, first.currency})).value();
    };
    CHECK_FALSE(back("pi_1", 8999));
    CHECK_FALSE(back("pi_2", 8998));
    CHECK(back("pi_2", 8999));
    CHECK_FALSE(back("pi_2", 8999));
    CHECK(wait_for<order>(orders.get(buyer, first.id)).value().refunds.at(0).paid_back_at);
  }
  SECTION("a course that came by another way") {
    w.enter(buyer, course);
    const auto late = paying(first, "pi_1");
    CHECK(late.status == order_status::cancelled);
    CHECK(late.receipt_number.empty());
    REQUIRE(late.refunds.size() == 1);
    CHECK(late.refunds[0].amount_minor == 8999);
    CHECK(late.refunds[0].reason == "already_owned");
    CHECK(paying(first, "pi_1").refunds.size() == 1);
    CHECK(wait_for<order>(orders.get(buyer, first.id)).value().refunds.size() == 1);
    CHECK(wait_for<order_page>(orders.list(buyer, std::nullopt, 1, 5)).value().orders.at(0).refunds.size() == 1);
  }
  SECTION("a part of it") {
    w.put_in_cart(buyer, 1001);
    const auto both = wait_for<created_order>(orders.create_from_cart(buyer, std::nullopt)).value().order;
    w.enter(buyer, course);
    const auto late = paying(both, "pi_1");
    CHECK(late.status == order_status::completed);
    REQUIRE(late.refunds.size() == 1);
    CHECK(late.refunds[0].amount_minor == 8999);
  }
}

TEST_CASE("courses: which one a lesson belongs to", "[areas]") {
  const auto check = [](courses& all, course_id id) {
    const auto known = wait_for<course_ptr>(all.get(id)).value();
    REQUIRE_FALSE(known->lessons_in_order().empty());
    for (const auto* l : known->lessons_in_order()) CHECK(wait_for<course_id>(all.home_of(l->id)).value() == id);
    CHECK(wait_for<course_id>(all.home_of(lesson_id::make())).refusal().code == "LESSON_NOT_FOUND");
    CHECK(wait_for<course_ptr>(all.get(course_id::make())).refusal().code == "COURSE_NOT_FOUND");
  };
  SECTION("of a server") {
    real_areas w;
    const auto id = course_id::parse(course_at(w.house, w.teacher, "10.00")).value();
    check(w.house->areas().use<stoa::courses>(), id);
  }
  SECTION("in memory") {
    known_courses all;
    all.add(user_id::make(), "Another");
    check(all, all.add(user_id::make(), "C++")->id);
  }
}

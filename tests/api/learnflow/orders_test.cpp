#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape item_shape = {
    {"id", "uuid"}, {"course.id", "uuid"}, {"course.title", "text"}, {"price_at_purchase", "number"}};

const shape listed_shape = shape{{"id", "uuid"},         {"order_number", "text"},   {"status", "text"},
                                 {"created_at", "time"}, {"total_amount", "number"}, {"items_count", "integer"}} +
                           below("items.*", item_shape);

const shape order_shape = listed_shape + shape{{"subtotal", "number"},
                                               {"discount_amount", "number"},
                                               {"billing_address.first_name", "string"},
                                               {"billing_address.last_name", "string"},
                                               {"billing_address.email", "string"},
                                               {"billing_address.address_line1", "string"},
                                               {"billing_address.address_line2", "string"},
                                               {"billing_address.city", "string"},
                                               {"billing_address.state", "string"},
                                               {"billing_address.postal_code", "string"},
                                               {"billing_address.country", "string"},
                                               {"billing_address.phone", "string"}};

response create(const person& who) {
  return learnflow(who).post("/orders/create-from-cart/", object({{"billing_address", field::raw(billing())}}));
}

response put(const person& who, const built_course& c) {
  return learnflow(who).post("/cart/items/", object({{"course_id", c.id}}));
}

}  // namespace

TEST_CASE("orders: the documented example", "[learnflow][orders]") {
  const auto who = fresh_account();
  const auto bootcamp = paid_course("89.99", "129.99");
  const auto design = paid_course("79.99", "119.99");
  const auto made = order(who, {bootcamp, design});
  CHECK_SHAPE(made, order_shape);
  CHECK(made.text("status") == "pending");
  CHECK(made.at("total_amount").text() == "169.98");
  CHECK(made.at("subtotal").text() == "169.98");
  CHECK(made.at("discount_amount").as_real() == 0.0);
  CHECK(made.integer("items_count") == 2);
  CHECK(made.text("items.0.course.id") == bootcamp.id);
  CHECK(made.text("items.0.course.title") == bootcamp.title);
  CHECK(made.at("items.0.price_at_purchase").text() == "89.99");
  CHECK(made.at("items.1.price_at_purchase").text() == "79.99");
  CHECK(made.text("order_number").starts_with("ORD-20"));
  CHECK(made.text("order_number").size() >= std::string("ORD-2026-00001").size());
  CHECK(made.at("billing_address").dump() == json::parse(billing())->dump());
  // Ordering is not buying: nothing is entered, and the cart is as it was.
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 2);
  CHECK(learnflow(who).get("/enrollments/").integer("count") == 0);

  const auto shown = learnflow(who).get("/orders/" + made.text("id") + "/");
  REQUIRE_STATUS(shown, 200);
  CHECK_SHAPE(shown, order_shape);
  CHECK(shown.body == made.body);
}

TEST_CASE("orders: an empty cart makes none", "[learnflow][orders]") {
  const auto who = fresh_account();
  CHECK_REFUSED(create(who), 400, "CART_EMPTY");
  CHECK(learnflow(who).get("/orders/").integer("count") == 0);
}

TEST_CASE("orders: the same cart is the same order, a changed cart a new one", "[learnflow][orders]") {
  const auto who = fresh_account();
  const auto first = order(who, {paid_course()});
  const auto again = create(who);
  REQUIRE_STATUS(again, 200);
  CHECK(again.text("id") == first.text("id"));
  CHECK(again.text("order_number") == first.text("order_number"));

  REQUIRE_STATUS(put(who, paid_course("79.99", "119.99")), 201);
  const auto changed = create(who);
  REQUIRE_STATUS(changed, 201);
  CHECK(changed.text("id") != first.text("id"));
  CHECK(changed.at("total_amount").text() == "169.98");
  const auto pending = learnflow(who).get("/orders/?status=pending");
  CHECK(pending.integer("count") == 1);
  CHECK(pending.text("results.0.id") == changed.text("id"));
}

TEST_CASE("orders: a price that changed makes a new order", "[learnflow][orders]") {
  const auto who = fresh_account();
  const auto course = paid_course();
  const auto first = order(who, {course});
  REQUIRE_STATUS(learnflow(teacher()).patch("/courses/" + course.id + "/", R"({"price": 59.99})"), 200);
  const auto second = create(who);
  REQUIRE_STATUS(second, 201);
  CHECK(second.text("id") != first.text("id"));
  CHECK(second.at("total_amount").text() == "59.99");
}

TEST_CASE("orders: the billing address is checked member by member", "[learnflow][orders]") {
  const auto who = fresh_account();
  REQUIRE_STATUS(put(who, paid_course()), 201);
  const auto refused = learnflow(who).post(
      "/orders/create-from-cart/",
      object({{"billing_address", field::raw(object({{"first_name", "John"}, {"email", "no address"}}))}}));
  CHECK_REFUSED(refused, 422, "VALIDATION_ERROR");
  CHECK_STATUS(learnflow(who).post("/orders/create-from-cart/", R"({"billing_address": "here"})"), 422);
  CHECK(learnflow(who).get("/orders/").integer("count") == 0);
}

TEST_CASE("orders: the list is one's own, newest first, by status", "[learnflow][orders]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto paid = buy(who, {paid_course("89.99", "")});
  const auto open = order(who, {paid_course("79.99", "")}).text("id");
  const auto foreign = order(other, {paid_course()}).text("id");

  const auto all = learnflow(who).get("/orders/");
  REQUIRE_STATUS(all, 200);
  CHECK_SHAPE(all,
              shape{{"count", "integer"}, {"next", "null"}, {"previous", "null"}} + below("results.*", listed_shape));
  CHECK(all.integer("count") == 2);
  CHECK(all.text("results.0.id") == open);
  CHECK(all.text("results.1.id") == paid);

  const auto completed = learnflow(who).get("/orders/?status=completed&page=1&page_size=10");
  REQUIRE_STATUS(completed, 200);
  CHECK_SHAPE(completed, below("results.*", listed_shape) + shape{{"results.*.completed_at", "time"}});
  CHECK(completed.integer("count") == 1);
  CHECK(completed.text("results.0.id") == paid);
  CHECK(completed.text("results.0.status") == "completed");
  CHECK(completed.at("results.0.total_amount").text() == "89.99");
  CHECK(learnflow(who).get("/orders/?status=pending").text("results.0.id") == open);
  CHECK_REFUSED(learnflow(who).get("/orders/?status=lost"), 422, "VALIDATION_ERROR");

  const auto paged = learnflow(who).get("/orders/?page=2&page_size=1");
  CHECK(paged.integer("count") == 2);
  CHECK(paged.text("results.0.id") == paid);
  CHECK(paged.at("next").is_null());
  CHECK(paged.text("previous").find("page=1") != std::string::npos);
  CHECK(learnflow(who).get("/orders/?page=7").at("results").items().empty());
  for (const char* bad : {"page=0", "page=-1", "page=x", "page_size=0", "page_size=1.5"})
    CHECK_REFUSED(learnflow(who).get(std::string("/orders/?") + bad), 422, "VALIDATION_ERROR");

  CHECK_REFUSED(learnflow(who).get("/orders/" + foreign + "/"), 404, "ORDER_NOT_FOUND");
  CHECK(learnflow(who).get("/orders/" + foreign + "/").body == learnflow(who).get("/orders/order-001/").body);
  CHECK_REFUSED(learnflow().get("/orders/"), 401, "AUTHENTICATION_REQUIRED");
  CHECK_REFUSED(learnflow().post("/orders/create-from-cart/"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("orders: a course that was withdrawn cannot be ordered", "[learnflow][orders]") {
  const auto who = fresh_account();
  const auto course = paid_course();
  REQUIRE_STATUS(put(who, course), 201);
  REQUIRE_STATUS(learnflow(teacher()).post("/courses/" + course.id + "/unpublish/"), 200);
  const auto refused = create(who);
  CHECK(refused.status == 400);
  CHECK(refused.has("error.code"));
}

TEST_CASE("orders: what costs nothing is complete with the order", "[learnflow][orders]") {
  const auto who = fresh_account();
  const auto course = free_course();
  const auto made = order(who, {course});
  CHECK_SHAPE(made, order_shape);
  CHECK(made.text("status") == "completed");
  CHECK(made.at("total_amount").as_real() == 0.0);
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 0);
  CHECK(learnflow(who).get("/enrollments/").integer("count") == 1);
  CHECK_STATUS(learnflow(who).post("/payments/create-payment-intent/", object({{"order_id", made.text("id")}})), 409);
}

TEST_CASE("orders: the cart keeps what was put into it after the order", "[learnflow][orders]") {
  const auto who = fresh_account();
  const auto later = paid_course("10.00", "");
  const auto id = order(who, {paid_course()}).text("id");
  const auto i = intent_for(who, id);
  REQUIRE_STATUS(put(who, later), 201);
  REQUIRE_STATUS(confirm(who, id, i.id), 200);
  const auto cart = learnflow(who).get("/cart/");
  CHECK(cart.integer("total_items") == 1);
  CHECK(cart.text("items.0.course.id") == later.id);
}

TEST_CASE("orders: what was paid is entered, also where the course was withdrawn meanwhile", "[learnflow][orders]") {
  const auto who = fresh_account();
  const auto withdrawn = paid_course(), other = paid_course();
  const auto id = order(who, {withdrawn, other}).text("id");
  const auto i = intent_for(who, id);
  REQUIRE_STATUS(learnflow(teacher()).post("/courses/" + withdrawn.id + "/unpublish/"), 200);
  REQUIRE_STATUS(confirm(who, id, i.id), 200);
  const auto paid = learnflow(who).get("/orders/" + id + "/");
  CHECK(paid.text("status") == "completed");
  CHECK(paid.at("refunds").items().empty());
  CHECK(learnflow(who).get("/enrollments/").integer("count") == 2);
}

TEST_CASE("orders: a course entered by another way closes the pending order with it", "[learnflow][orders]") {
  const auto who = fresh_account();
  const auto freed = paid_course(), other = paid_course("79.99", "");
  const auto id = order(who, {freed, other}).text("id");
  const auto i = intent_for(who, id);
  REQUIRE_STATUS(learnflow(teacher()).patch("/courses/" + freed.id + "/", R"({"price": 0, "original_price": null})"),
                 200);
  enroll(who, freed);
  // At once, whether or not the order has heard of it.
  CHECK_STATUS(confirm(who, id, i.id), 409);
  CHECK_STATUS(learnflow(who).post("/payments/create-payment-intent/", object({{"order_id", id}})), 409);
  const auto shown = [&] { return learnflow(who).get("/orders/" + id + "/"); };
  CHECK(eventually([&] { return shown().text("status") == "cancelled"; }));
  CHECK(eventually([&] { return intent_status(i) == "canceled"; }));
  CHECK(sql(shared_server(),
            "select payload->>'reason' from outbox where kind = 'order.cancelled' and payload->>'order_id' = '" + id +
                "'") == "already_owned");

  // Money that comes all the same buys the rest, and what it pays beyond is due for refund.
  const auto event = stripe_event("evt_" + id, "payment_intent.succeeded", i, id, 16998);
  REQUIRE_STATUS(send_event(event, stripe_signature(event)), 200);
  CHECK(shown().text("status") == "completed");
  CHECK_SHAPE(shown(), {{"refunds.*.amount", "number"},
                        {"refunds.*.currency", "text"},
                        {"refunds.*.reason", "text"},
                        {"refunds.*.payment_reference", "text"},
                        {"refunds.*.created_at", "time"}});
  CHECK(shown().at("refunds").items().size() == 1);
  CHECK(shown().at("refunds.0.amount").text() == "89.99");
  CHECK(shown().text("refunds.0.reason") == "already_owned");
  CHECK(learnflow(who).get("/enrollments/").integer("count") == 2);
}

#include <algorithm>

#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape item_shape = {
    {"id", "uuid"}, {"course.id", "uuid"}, {"course.title", "text"}, {"course.price", "number"}, {"added_at", "time"}};

const shape cart_shape = shape{{"id", "uuid"},
                               {"items", "array"},
                               {"total_items", "integer"},
                               {"total_price", "number"},
                               {"total_original_price", "number"},
                               {"total_discount", "number"},
                               {"updated_at", "time"}};

response put(const person& who, const built_course& c) {
  return learnflow(who).post("/cart/items/", object({{"course_id", c.id}}));
}

}  // namespace

TEST_CASE("cart: the documented example, to the cent", "[learnflow][cart]") {
  const auto who = fresh_account();
  const auto bootcamp = paid_course("89.99", "129.99");
  const auto design = paid_course("79.99", "119.99");

  const auto empty = learnflow(who).get("/cart/");
  REQUIRE_STATUS(empty, 200);
  CHECK_SHAPE(empty, cart_shape);
  CHECK(empty.integer("total_items") == 0);
  CHECK(empty.at("total_price").as_real() == 0.0);

  const auto first = put(who, bootcamp);
  REQUIRE_STATUS(first, 201);
  CHECK_SHAPE(first, item_shape);
  CHECK(first.text("course.id") == bootcamp.id);
  CHECK(first.text("course.title") == bootcamp.title);
  CHECK(first.at("course.price").text() == "89.99");
  REQUIRE_STATUS(put(who, design), 201);

  const auto cart = learnflow(who).get("/cart/");
  REQUIRE_STATUS(cart, 200);
  CHECK_SHAPE(cart, cart_shape + below("items.*", item_shape) +
                        shape{{"items.*.course.original_price", "number"}, {"items.*.course.thumbnail", "url"}});
  CHECK(cart.integer("total_items") == 2);
  CHECK(cart.at("total_price").text() == "169.98");
  CHECK(cart.at("total_original_price").text() == "249.98");
  CHECK(cart.at("total_discount").as_real() == 80.0);
  CHECK(cart.at("items.0.course.original_price").text() == "129.99");
  CHECK(cart.at("items.1.course.price").text() == "79.99");
  CHECK(cart.text("id") == empty.text("id"));
}

TEST_CASE("cart: sums of cents do not drift", "[learnflow][cart]") {
  const auto who = fresh_account();
  for (int i = 0; i < 3; ++i) REQUIRE_STATUS(put(who, paid_course("0.10", "")), 201);
  const auto cart = learnflow(who).get("/cart/");
  CHECK(cart.at("total_price").as_real() == 0.3);
  CHECK(cart.at("total_price").text().substr(0, 3) == "0.3");
  // What has no original price counts with its price.
  CHECK(cart.at("total_original_price").as_real() == 0.3);
  CHECK(cart.at("total_discount").as_real() == 0.0);
  CHECK(cart.at("items.0.course.original_price").is_null());
}

TEST_CASE("cart: a course is in it once", "[learnflow][cart]") {
  const auto who = fresh_account();
  const auto course = paid_course();
  REQUIRE_STATUS(put(who, course), 201);
  CHECK_REFUSED(put(who, course), 409, "ITEM_ALREADY_IN_CART");
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 1);
}

TEST_CASE("cart: what cannot be put into it", "[learnflow][cart]") {
  const auto who = fresh_account();
  const auto add = [&](const std::string& body) { return learnflow(who).post("/cart/items/", body); };
  CHECK_REFUSED(add(object({{"course_id", "3f0b7f7e-0000-7000-8000-000000000000"}})), 404, "COURSE_NOT_FOUND");
  CHECK_REFUSED(add(object({{"course_id", "course-001"}})), 404, "COURSE_NOT_FOUND");
  const auto missing = add("{}");
  CHECK_REFUSED(missing, 422, "VALIDATION_ERROR");
  CHECK_SHAPE(missing, {{"error.details.course_id.*", "text"}});
  CHECK_REFUSED(add(R"({"course_id": 5})"), 422, "VALIDATION_ERROR");

  course_plan draft;
  draft.published = false;
  CHECK_REFUSED(put(who, build_course(teacher(), draft)), 404, "COURSE_NOT_FOUND");

  const auto owned = free_course();
  enroll(who, owned);
  const auto again = put(who, owned);
  CHECK(again.status == 409);
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 0);
}

TEST_CASE("cart: what cannot be bought any more says so, with the answer that ordering it gets", "[learnflow][cart]") {
  const auto who = fresh_account();
  const auto kept = paid_course("10.00", "15.00");
  REQUIRE_STATUS(put(who, kept), 201);
  const auto problem = paid_course();
  REQUIRE_STATUS(put(who, problem), 201);
  std::string reason;
  SECTION("a course that was withdrawn") {
    REQUIRE_STATUS(learnflow(teacher()).post("/courses/" + problem.id + "/unpublish/"), 200);
    reason = "COURSE_NOT_AVAILABLE";
  }
  SECTION("a course that came by another way") {
    REQUIRE_STATUS(
        learnflow(teacher()).patch("/courses/" + problem.id + "/", R"({"price": 0, "original_price": null})"), 200);
    enroll(who, problem);
    reason = "ALREADY_ENROLLED";
  }
  const auto cart = learnflow(who).get("/cart/");
  CHECK(cart.integer("total_items") == 2);
  CHECK(cart.truth("items.0.available"));
  CHECK(cart.at("items.0.unavailable_reason").is_null());
  CHECK_FALSE(cart.truth("items.1.available"));
  CHECK(cart.text("items.1.unavailable_reason") == reason);
  CHECK(cart.text("items.1.course.title") == problem.title);
  // The sums are of what can be bought.
  CHECK(cart.at("total_price").as_real() == 10.0);
  CHECK(cart.at("total_original_price").as_real() == 15.0);
  CHECK(cart.at("total_discount").as_real() == 5.0);
  CHECK(learnflow(who).post("/orders/create-from-cart/", "{}").text("error.code") == reason);
}

TEST_CASE("cart: one item goes, all go", "[learnflow][cart]") {
  const auto who = fresh_account();
  const auto kept = put(who, paid_course()).text("id");
  const auto gone = put(who, paid_course("79.99", "119.99")).text("id");

  const auto removed = learnflow(who).del("/cart/items/" + gone + "/");
  REQUIRE_STATUS(removed, 204);
  CHECK(removed.body.empty());
  CHECK_REFUSED(learnflow(who).del("/cart/items/" + gone + "/"), 404, "CART_ITEM_NOT_FOUND");
  const auto rest = learnflow(who).get("/cart/");
  CHECK(rest.integer("total_items") == 1);
  CHECK(rest.text("items.0.id") == kept);
  CHECK(rest.at("total_price").text() == "89.99");

  const auto cleared = learnflow(who).del("/cart/");
  REQUIRE_STATUS(cleared, 204);
  CHECK(cleared.body.empty());
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 0);
  CHECK_STATUS(learnflow(who).del("/cart/"), 204);
}

TEST_CASE("cart: another's item is like an unknown one", "[learnflow][cart]") {
  const auto owner = fresh_account(), other = fresh_account();
  const auto item = put(owner, paid_course()).text("id");
  const auto foreign = learnflow(other).del("/cart/items/" + item + "/");
  const auto unknown = learnflow(other).del("/cart/items/3f0b7f7e-0000-7000-8000-000000000000/");
  const auto nonsense = learnflow(other).del("/cart/items/item-003/");
  CHECK_REFUSED(foreign, 404, "CART_ITEM_NOT_FOUND");
  CHECK(foreign.body == unknown.body);
  CHECK(foreign.body == nonsense.body);
  CHECK(learnflow(owner).get("/cart/").integer("total_items") == 1);
}

TEST_CASE("cart: nobody has one without signing in", "[learnflow][cart]") {
  CHECK_REFUSED(learnflow().get("/cart/"), 401, "AUTHENTICATION_REQUIRED");
  CHECK_REFUSED(learnflow().post("/cart/items/", "{}"), 401, "AUTHENTICATION_REQUIRED");
  CHECK_REFUSED(learnflow().del("/cart/"), 401, "AUTHENTICATION_REQUIRED");
  CHECK_REFUSED(learnflow().del("/cart/items/3f0b7f7e-0000-7000-8000-000000000000/"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("cart: a changed price is the price", "[learnflow][cart]") {
  const auto who = fresh_account();
  const auto course = paid_course();
  REQUIRE_STATUS(put(who, course), 201);
  REQUIRE_STATUS(learnflow(teacher()).patch("/courses/" + course.id + "/", R"({"price": 49.99})"), 200);
  CHECK(learnflow(who).get("/cart/").at("total_price").text() == "49.99");
}

TEST_CASE("wishlist: put, look, take away", "[learnflow][wishlist]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto course = paid_course();
  const auto wish = [](const person& p, const std::string& id) {
    return learnflow(p).post("/wishlist/items/", object({{"course_id", id}}));
  };
  const auto put_on = wish(who, course.id);
  REQUIRE_STATUS(put_on, 201);
  CHECK_SHAPE(put_on, item_shape);
  CHECK(put_on.text("course.id") == course.id);
  CHECK(wish(who, course.id).status == 409);
  CHECK_REFUSED(wish(who, "nothing"), 404, "COURSE_NOT_FOUND");
  CHECK_REFUSED(learnflow(who).post("/wishlist/items/", "{}"), 422, "VALIDATION_ERROR");

  const auto list = learnflow(who).get("/wishlist/");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list, below("items.*", item_shape) + shape{{"total_items", "integer"}});
  CHECK(list.integer("total_items") == 1);
  CHECK(learnflow(other).get("/wishlist/").integer("total_items") == 0);
  CHECK(learnflow(who).get("/courses/" + course.id + "/").truth("user_status.in_wishlist"));

  const auto item = put_on.text("id");
  const auto foreign = learnflow(other).del("/wishlist/items/" + item + "/");
  CHECK(foreign.status == 404);
  CHECK(foreign.body == learnflow(other).del("/wishlist/items/nothing/").body);
  REQUIRE_STATUS(learnflow(who).del("/wishlist/items/" + item + "/"), 204);
  CHECK(learnflow(who).get("/wishlist/").integer("total_items") == 0);
  CHECK_FALSE(learnflow(who).get("/courses/" + course.id + "/").truth("user_status.in_wishlist"));
  CHECK(learnflow(who).del("/wishlist/items/" + item + "/").status == 404);
  CHECK_REFUSED(learnflow().get("/wishlist/"), 401, "AUTHENTICATION_REQUIRED");
}

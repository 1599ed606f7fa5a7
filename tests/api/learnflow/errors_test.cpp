#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

TEST_CASE("errors: the documented examples as printed", "[learnflow][errors]") {
  CHECK_REFUSED(learnflow().get("/dashboard/stats/"), 401, "AUTHENTICATION_REQUIRED");
  CHECK_REFUSED(learnflow().as("expired_token_here").get("/dashboard/stats/"), 401, "TOKEN_EXPIRED");
  CHECK_REFUSED(learnflow().with("Authorization", "Basic am9objpkb2U=").get("/dashboard/stats/"), 401, "TOKEN_EXPIRED");
  const auto who = fresh_account();
  CHECK_REFUSED(learnflow(who).post("/courses/", R"({ "title": "My Course" })"), 403, "PERMISSION_DENIED");

  const auto invalid = learnflow().post("/auth/register/", R"({ "email": "test@example.com" })");
  CHECK_REFUSED(invalid, 422, "VALIDATION_ERROR");
  for (const char* name : {"password", "first_name", "last_name"})
    CHECK(invalid.at(std::string("error.details.") + name).dump() == R"(["This field is required."])");
  CHECK_REFUSED(learnflow(who).get("/courses/invalid-course-id/"), 404, "COURSE_NOT_FOUND");
  // A refresh token opens nothing.
  CHECK_REFUSED(learnflow().as(who.refresh).get("/dashboard/stats/"), 401, "TOKEN_EXPIRED");
}

TEST_CASE("errors: the addresses as documented, without any prefix", "[learnflow][errors]") {
  const auto root = shared_server().client();
  const auto refused = root.get("/api/v1/dashboard/stats/");
  CHECK_REFUSED(refused, 401, "AUTHENTICATION_REQUIRED");
  CHECK_STATUS(root.get("/api/v1/courses/"), 200);
  // A final slash is forgiven where only one form is documented.
  CHECK_STATUS(root.get("/api/v1/courses"), 200);
  const auto nothing = root.get("/learnflow/api/v1/nothing/here/");
  CHECK_REFUSED(nothing, 404, "NOT_FOUND");
  const auto method = root.del("/learnflow/api/v1/courses/");
  CHECK_REFUSED(method, 405, "METHOD_NOT_ALLOWED");
  CHECK(method.header("allow").value_or("").find("POST") != std::string::npos);
}

TEST_CASE("idempotency: the same key is the same answer", "[learnflow][idempotency]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto course = paid_course();
  const auto body = object({{"course_id", course.id}});
  const auto key = unique("key");
  const auto post = [&](const person& p, const std::string& k, const std::string& b) {
    return learnflow(p).with("Idempotency-Key", k).post("/cart/items/", b);
  };
  const auto first = post(who, key, body);
  REQUIRE_STATUS(first, 201);
  CHECK_FALSE(first.header("idempotent-replayed"));
  const auto again = post(who, key, body);
  REQUIRE_STATUS(again, 201);
  CHECK(again.header("idempotent-replayed") == "true");
  CHECK(again.body == first.body);
  CHECK(again.header("x-request-id"));
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 1);

  const auto changed = post(who, key, object({{"course_id", paid_course().id}}));
  CHECK(changed.status == 422);
  CHECK(changed.has("error.code"));
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 1);

  // Bound to caller and path.
  const auto theirs = post(other, key, body);
  REQUIRE_STATUS(theirs, 201);
  CHECK_FALSE(theirs.header("idempotent-replayed"));
  const auto elsewhere = learnflow(who).with("Idempotency-Key", key).post("/wishlist/items/", body);
  REQUIRE_STATUS(elsewhere, 201);
  CHECK_FALSE(elsewhere.header("idempotent-replayed"));
}

TEST_CASE("idempotency: refusals are not kept", "[learnflow][idempotency]") {
  const auto who = fresh_account();
  const auto course = paid_course();
  const auto key = unique("key");
  const auto keyed = learnflow(who).with("Idempotency-Key", key);
  REQUIRE_STATUS(keyed.post("/orders/create-from-cart/"), 400);
  REQUIRE_STATUS(learnflow(who).post("/cart/items/", object({{"course_id", course.id}})), 201);
  const auto made = keyed.post("/orders/create-from-cart/");
  REQUIRE_STATUS(made, 201);
  CHECK_FALSE(made.header("idempotent-replayed"));
  const auto replayed = keyed.post("/orders/create-from-cart/");
  CHECK(replayed.status == 201);
  CHECK(replayed.header("idempotent-replayed") == "true");
  CHECK(replayed.body == made.body);
}

TEST_CASE("idempotency: a confirmation repeated is the confirmation", "[learnflow][idempotency]") {
  const auto who = fresh_account();
  const auto id = order(who, {paid_course()}).text("id");
  const auto body = object({{"order_id", id}, {"payment_intent_id", intent_for(who, id).id}});
  const auto keyed = learnflow(who).with("Idempotency-Key", unique("pay"));
  const auto first = keyed.post("/payments/confirm-payment/", body);
  REQUIRE_STATUS(first, 200);
  const auto again = keyed.post("/payments/confirm-payment/", body);
  CHECK(again.status == 200);
  CHECK(again.body == first.body);
  CHECK(again.header("idempotent-replayed") == "true");
}

TEST_CASE("idempotency: no token is kept for it", "[learnflow][idempotency]") {
  const auto key = unique("door");
  const auto body =
      object({{"email", fresh_email()}, {"password", "SecurePassword123!"}, {"first_name", "A"}, {"last_name", "B"}});
  const auto door = learnflow().with("Idempotency-Key", key);
  REQUIRE_STATUS(door.post("/auth/register/", body), 201);
  const auto again = door.post("/auth/register/", body);
  CHECK(again.status == 409);
  CHECK_FALSE(again.header("idempotent-replayed"));
  for (const auto& bad : {std::string(256, 'k'), std::string(5000, 'k')})
    CHECK_STATUS(learnflow(fresh_account()).with("Idempotency-Key", bad).post("/cart/items/"), 400);
}

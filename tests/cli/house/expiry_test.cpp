// What expires, with a clock that is moved instead of waited for.
#include "runtime/store/store.hpp"
#include "tests/cli/house/house_shop.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const std::string base = "/learnflow/api/v1";

response login(const test_house& h, const person& who, const std::string& password) {
  return h.client().post(base + "/auth/login/", object({{"email", who.email}, {"password", password}}));
}

}  // namespace

TEST_CASE("tokens end when their time is over", "[house]") {
  test_house h;
  const auto who = account_at(h.client());
  const auto me = [&](const std::string& token) { return h.client().as(token).get(base + "/auth/me/"); };
  const auto refresh = [&](const std::string& token) {
    return h.client().post(base + "/auth/refresh/", object({{"refresh_token", token}}));
  };
  CHECK_STATUS(me(who.access), 200);
  h.clock.advance(minutes{14});
  CHECK_STATUS(me(who.access), 200);
  h.clock.advance(minutes{2});
  CHECK_STATUS(me(who.access), 401);

  const auto next = refresh(who.refresh);
  REQUIRE_STATUS(next, 200);
  CHECK_STATUS(me(next.text("access_token")), 200);
  h.clock.advance(days{7} + minutes{1});
  CHECK_STATUS(refresh(next.has("refresh_token") ? next.text("refresh_token") : who.refresh), 401);
  CHECK_STATUS(login(h, who, who.password), 200);
}

TEST_CASE("a session keeps the terms of the door that opened it, whichever door refreshes it", "[house]") {
  test_house h;
  const auto who = account_at(h.client());
  const auto in =
      h.client().post("/unpuzzle/api/v1/auth/signin/", object({{"email", who.email}, {"password", who.password}}));
  REQUIRE_STATUS(in, 200);
  const auto me = [&](const std::string& token) { return h.client().as(token).get("/lms/api/v1/users/me"); };
  h.clock.advance(minutes{59});
  CHECK_STATUS(me(in.text("access_token")), 200);
  h.clock.advance(minutes{2});
  CHECK_STATUS(me(in.text("access_token")), 401);

  // lms gives its own sessions 15 minutes and 7 days.
  const auto refresh = [&](const std::string& token) {
    return h.client().post("/lms/api/v1/auth/refresh", object({{"refresh_token", token}}));
  };
  const auto next = refresh(in.text("refresh_token"));
  REQUIRE_STATUS(next, 200);
  CHECK(next.integer("expires_in") == 3600);
  h.clock.advance(minutes{59});
  CHECK_STATUS(me(next.text("access_token")), 200);
  h.clock.advance(days{29});
  CHECK_STATUS(refresh(next.text("refresh_token")), 200);

  const auto short_one =
      h.client().post("/lms/api/v1/auth/login", object({{"email", who.email}, {"password", who.password}}));
  REQUIRE_STATUS(short_one, 200);
  h.clock.advance(minutes{16});
  CHECK_STATUS(me(short_one.text("access_token")), 401);
  h.clock.advance(days{7});
  CHECK_STATUS(refresh(short_one.text("refresh_token")), 401);
}

TEST_CASE("a lock opens after its time", "[house]") {
  test_house h;
  const auto who = account_at(h.client());
  for (int i = 0; i < 5; ++i) CHECK_STATUS(login(h, who, "Not-the-password-1"), 401);
  const auto locked = login(h, who, who.password);
  CHECK(locked.status != 200);
  h.clock.advance(minutes{14});
  CHECK_STATUS(login(h, who, who.password), locked.status);
  h.clock.advance(minutes{2});
  CHECK_STATUS(login(h, who, who.password), 200);
}

TEST_CASE("a kept answer is forgotten after a day", "[house]") {
  test_house h;
  const auto who = account_at(h.client());
  const auto role = object({{"role", "trainer"}});
  REQUIRE_STATUS(h.client().as(who.access).post("/apranova/api/users/update-role/", role), 200);
  const auto key = user_id::make().str();
  const auto create = [&] {
    const auto token = login(h, who, who.password).text("access_token");
    return h.client()
        .as(token)
        .with("Idempotency-Key", key)
        .post(base + "/courses/", object({{"title", "Time and again"},
                                          {"description", "A course that is made once a day."},
                                          {"short_description", "Made once a day."},
                                          {"category", "Development"},
                                          {"level", "beginner"},
                                          {"language", "English"},
                                          {"price", "89.99"}}));
  };
  const auto first = create();
  REQUIRE_STATUS(first, 201);
  h.clock.advance(hours{23});
  const auto again = create();
  REQUIRE_STATUS(again, 201);
  CHECK(again.text("id") == first.text("id"));
  h.clock.advance(hours{2});
  const auto anew = create();
  REQUIRE_STATUS(anew, 201);
  CHECK(anew.text("id") != first.text("id"));
}

TEST_CASE("a house says what is not ready, and serves operators apart", "[house]") {
  temp_dir data;
  const auto settings = house_settings(data.path(), {});
  const system_clock time;
  cli::house h(settings, time, runtime::make_logger({log_level::error, runtime::log_style::automatic}), {});
  h.open();
  CHECK(h.url().empty());
  const auto missing = h.unready();
  for (const char* part : {"database", "sessions", "listener", "events", "plugins"})
    CHECK(std::find(missing.begin(), missing.end(), part) != missing.end());
  h.start();
  CHECK(h.unready().empty());
  const testing::client front(h.url()), operators(h.admin_url());
  CHECK_STATUS(front.get("/ready"), 200);
  CHECK_STATUS(operators.get("/ready"), 200);
  CHECK_STATUS(operators.get("/metrics"), 200);
  CHECK_STATUS(front.get("/metrics"), 404);
  h.stop();
  h.stop();
}

TEST_CASE("the pump starts before anything is read into memory and ends while threads still run what it asks for",
          "[house]") {
  test_house h;
  const auto at = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) - names.begin();
  };
  const auto begin = h->starting(), end = h->ending();
  CHECK(at(begin, "database") < at(begin, "events"));
  CHECK(at(begin, "events") < at(begin, "sessions"));
  CHECK(at(begin, "sessions") < at(begin, "listener"));
  CHECK(at(end, "plugins") < at(end, "events"));
  CHECK(at(end, "jobs") < at(end, "events"));
  CHECK(at(end, "events") < at(end, "listener"));
  CHECK(at(end, "listener") < at(end, "domain"));
  CHECK(end.front() == "intake");
  CHECK(end.back() == "database");
}

TEST_CASE("operators' listener: off, or at a port that is taken", "[house]") {
  test_house off({"admin.listen=off"});
  CHECK(off->admin_url().empty());
  CHECK_STATUS(off.client().get("/health"), 200);

  const auto taken = off->url().substr(std::string("http://").size());
  try {
    test_house never({"admin.listen=" + taken});
    FAIL("started at a port that is taken");
  } catch (const settings_error& e) {
    CHECK_THAT(e.what(), Catch::Matchers::Contains("[admin] listen: "));
  }
}

TEST_CASE("a pending order expires, and its cart can be ordered once more", "[house]") {
  test_house h;
  const auto id = course_at(h, teacher_at(h), "89.99");
  const auto buyer = account_at(h.client());
  const auto shop = [&] { return signed_in_at(h, buyer); };
  REQUIRE_STATUS(shop().post("/cart/items/", object({{"course_id", id}})), 201);
  const auto first = shop().post("/orders/create-from-cart/", "{}");
  REQUIRE_STATUS(first, 201);
  const auto status = [&] { return shop().get("/orders/" + first.text("id") + "/").text("status"); };
  h.clock.advance(hours{23});
  CHECK(status() == "pending");
  h.clock.advance(hours{2});
  CHECK(eventually([&] { return status() == "cancelled"; }));
  CHECK(shop().post("/payments/create-payment-intent/", object({{"order_id", first.text("id")}})).text("error.code") ==
        "ORDER_NOT_PAYABLE");
  const auto second = shop().post("/orders/create-from-cart/", "{}");
  REQUIRE_STATUS(second, 201);
  CHECK(second.text("id") != first.text("id"));
}

TEST_CASE("an order that expires takes its intent with it at the provider", "[house]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  runtime::store_options own;
  own.connection = database;
  runtime::store db(own);
  const auto course = course_at(h, teacher_at(h), "89.99");
  const auto buyer = account_at(h.client());
  const auto shop = [&] { return signed_in_at(h, buyer); };
  REQUIRE_STATUS(shop().post("/cart/items/", object({{"course_id", course}})), 201);
  const auto order = shop().post("/orders/create-from-cart/", "{}").text("id");
  const auto intent = shop().post("/payments/create-payment-intent/", object({{"order_id", order}}));
  REQUIRE_STATUS(intent, 201);
  const auto at_provider = [&] {
    constexpr statement ask{"test.intent", "select status from plugin_payments.sandbox_intent"};
    return wait_for<rows>(db.query(acts_as_system(), ask, values{})).value().front().text(0);
  };
  CHECK(at_provider() == "requires_payment_method");
  h.clock.advance(hours{25});
  CHECK(eventually([&] { return at_provider() == "canceled"; }));
  const auto late = shop().post("/payments/confirm-payment/",
                                object({{"order_id", order}, {"payment_intent_id", intent.text("client_secret")}}));
  CHECK_STATUS(late, 409);
  CHECK(shop().get("/enrollments/").integer("count") == 0);
}

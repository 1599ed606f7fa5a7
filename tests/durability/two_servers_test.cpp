// Two server processes on one database: what readers rely on at one is told by what is committed at the other.
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/store/plain.hpp"
#include "tests/api/lms/quiz_room.hpp"
#include "tests/durability/shop.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

/// Both on one fresh external database.
class pair_of_servers {
 public:
  const std::string database = test_postgres::shared().fresh_database();
  std::unique_ptr<server> a = start_server(environment());
  std::unique_ptr<server> b = start_server(environment());

  client at_a(const person& who) const { return a->client().as(who.access); }
  client at_b(const person& who) const { return b->client().as(who.access); }
  std::string count(const std::string& from) const {
    runtime::plain_connection c{database};
    c.run("set stoa.acting = 'system'");  // rows that belong to people answer only to who acts
    return c.run("select count(*) from " + from).at(0).at(0).value();
  }

 private:
  std::vector<std::pair<std::string, std::string>> environment() const {
    return {{"STOA_DATABASE_MODE", "external"}, {"STOA_DATABASE_URL", database}};
  }
};

constexpr std::chrono::seconds soon{1};
constexpr const char* api = "/learnflow/api/v1";

}  // namespace

TEST_CASE("what ends a session at one server ends it at the other within a second", "[cluster]") {
  pair_of_servers both;
  const std::string me = std::string(api) + "/auth/me/";
  const auto one = fresh_account(*both.a);
  REQUIRE_STATUS(both.at_b(one).get(me), 200);
  REQUIRE_STATUS(both.at_a(one).post(std::string(api) + "/auth/logout/"), 204);
  CHECK(eventually([&] { return both.at_b(one).get(me).status == 401; }, soon));
  CHECK(both.b->client().post(std::string(api) + "/auth/refresh/", object({{"refresh_token", one.refresh}})).status ==
        401);

  const auto two = fresh_account(*both.b);
  REQUIRE_STATUS(both.at_a(two).get(me), 200);
  REQUIRE(both.at_b(two)
              .post("/lms/api/v1/users/me/password",
                    object({{"current_password", two.password}, {"new_password", "An0ther-Secret!"}}))
              .status < 300);
  CHECK(eventually([&] { return both.at_a(two).get(me).status == 401; }, soon));

  // Somebody else's session is nobody's business.
  const auto three = fresh_account(*both.a);
  CHECK_STATUS(both.at_b(three).get(me), 200);
}

TEST_CASE("sign-in times and roles of one server are read at the other", "[cluster]") {
  pair_of_servers both;
  const auto who = fresh_account(*both.a);
  const std::string me = "/lms/api/v1/users/me";
  const auto before = both.at_b(who).get(me);
  REQUIRE_STATUS(before, 200);
  REQUIRE(before.text("role") == "student");
  const auto in = both.a->client().post(std::string(api) + "/auth/login/",
                                        object({{"email", who.email}, {"password", who.password}}));
  REQUIRE_STATUS(in, 200);
  const auto at_a = both.at_a(who).get(me).text("last_login_at");
  CHECK(at_a != before.text("last_login_at"));
  CHECK(eventually([&] { return both.at_b(who).get(me).text("last_login_at") == at_a; }, soon));
  REQUIRE_STATUS(both.at_a(who).post("/apranova/api/users/update-role/", object({{"role", "trainer"}})), 200);
  CHECK(eventually([&] { return both.at_b(who).get(me).text("role") == "instructor"; }, soon));
}

TEST_CASE("a course changed at one server is read at the other, with its catalogue", "[cluster]") {
  pair_of_servers both;
  const auto goods = open_shop(*both.a, 1);
  const auto page = std::string(api) + "/courses/" + goods.paid.front() + "/";
  const auto list = std::string(api) + "/courses/?search=Renamed";
  const auto before = both.b->client().get(page);
  REQUIRE_STATUS(before, 200);
  REQUIRE(both.b->client().get(list).integer("count") == 0);
  REQUIRE_STATUS(both.at_a(goods.teacher).patch(page, object({{"title", "Renamed entirely"}})), 200);
  CHECK(eventually([&] { return both.b->client().get(page).text("title") == "Renamed entirely"; }, soon));
  CHECK(eventually([&] { return both.b->client().get(list).integer("count") == 1; }, soon));
  CHECK(both.a->client().get(page).text("title") == "Renamed entirely");

  const auto gratis = std::string(api) + "/courses/" + goods.free.front() + "/";
  // Students are counted once, by one of the two, and shown by both.
  for (auto* at : {both.a.get(), both.b.get()}) {
    const auto student = fresh_account(*at);
    REQUIRE_STATUS(at->client().as(student.access).post(gratis + "enroll/", "{}"), 201);
  }
  for (auto* at : {both.a.get(), both.b.get()})
    CHECK(eventually([&] { return at->client().get(gratis).integer("student_count") == 2; }, std::chrono::seconds{3}));
}

TEST_CASE("a cart filled at one server is seen at the other", "[cluster]") {
  pair_of_servers both;
  const auto goods = open_shop(*both.a, 2);
  const auto buyer = fresh_account(*both.a);
  const auto cart = std::string(api) + "/cart/";
  REQUIRE(both.at_a(buyer).get(cart).integer("total_items") == 0);
  REQUIRE(both.at_b(buyer).get(cart).integer("total_items") == 0);
  REQUIRE_STATUS(both.at_a(buyer).post(cart + "items/", object({{"course_id", goods.paid[0]}})), 201);
  CHECK(eventually([&] { return both.at_b(buyer).get(cart).integer("total_items") == 1; }, soon));
  // Also the one who saw an older version writes the truth.
  REQUIRE_STATUS(both.at_b(buyer).post(cart + "items/", object({{"course_id", goods.paid[1]}})), 201);
  CHECK(eventually([&] { return both.at_a(buyer).get(cart).integer("total_items") == 2; }, soon));
}

TEST_CASE("twenty confirmations raced over two servers pay an order once", "[cluster]") {
  pair_of_servers both;
  const auto goods = open_shop(*both.a, 1);
  const auto buyer = fresh_account(*both.a);
  const std::string base = api;
  REQUIRE_STATUS(both.at_a(buyer).post(base + "/cart/items/", object({{"course_id", goods.paid.front()}})), 201);
  const auto placed = both.at_a(buyer).post(base + "/orders/create-from-cart/", "{}");
  REQUIRE_STATUS(placed, 201);
  const auto order = placed.text("id");
  const auto intent = both.at_a(buyer).post(base + "/payments/create-payment-intent/", object({{"order_id", order}}));
  REQUIRE_STATUS(intent, 201);
  const auto body = object({{"order_id", order}, {"payment_intent_id", intent.text("client_secret")}});
  std::atomic<int> paid{0};
  std::vector<std::thread> racers;
  for (int i = 0; i < 20; ++i)
    racers.emplace_back([&, i] {
      const auto& at = i % 2 ? both.a : both.b;
      if (at->client().as(buyer.access).post(base + "/payments/confirm-payment/", body).status == 200) ++paid;
    });
  for (auto& r : racers) r.join();
  CHECK(paid == 20);
  CHECK(both.count("enrollment where user_id = '" + buyer.id + "'") == "1");
  CHECK(both.count("outbox where kind = 'payment.completed' and user_id = '" + buyer.id + "'") == "1");
  CHECK(both.count("outbox where kind = 'enrollment.created' and user_id = '" + buyer.id + "'") == "1");
  for (auto* at : {both.a.get(), both.b.get()}) {
    const auto me = at->client().as(buyer.access);
    CHECK(eventually([&] { return me.get(base + "/cart/").integer("total_items") == 0; }, soon));
    CHECK(eventually([&] { return me.get(base + "/enrollments/").integer("count") == 1; }, soon));
  }
}

TEST_CASE("an attempt is one, whichever server its learner comes to", "[cluster][attempts]") {
  pair_of_servers both;
  const auto room = make_quiz_room(both.at_a(fresh_instructor(*both.a)));
  const auto who = fresh_account(*both.a);
  enter(both.at_a(who), room);
  const auto at = [&](int i) { return (i % 2 ? both.at_b(who) : both.at_a(who)).below(lms_base); };
  const auto all_at_once = [&](auto ask) {
    std::mutex guard;
    std::set<std::string> answers;
    std::vector<std::thread> tabs;
    for (int i = 0; i < 20; ++i)
      tabs.emplace_back([&, i] {
        const auto answer = ask(at(i));
        const std::lock_guard lock(guard);
        CHECK(answer.status / 100 == 2);
        answers.insert(answer.text("id") + (answer.at("score").is_null() ? "" : " " + answer.text("ended_at")));
      });
    for (auto& t : tabs) t.join();
    return answers;
  };
  const auto begun = all_at_once([&](const client& c) { return c.post("/quizzes/" + room.quiz + "/attempts"); });
  REQUIRE(begun.size() == 1);
  const auto attempt = "/attempts/" + *begun.begin();
  const auto answered = [&](int i) { return at(i).get(attempt).at("answers").items().size(); };
  for (int i = 0; i < 4; ++i) {
    const auto text = i == 2 ? "true" : i == 3 ? "Guido" : "A";
    REQUIRE_STATUS(at(i).put(attempt + "/answers/" + room.questions[static_cast<std::size_t>(i)], answer_body(text)),
                   200);
    CHECK(answered(0) == static_cast<std::size_t>(i + 1));
    CHECK(answered(1) == static_cast<std::size_t>(i + 1));
  }
  const auto closed = all_at_once([&](const client& c) { return c.post(attempt + "/submit"); });
  CHECK(closed.size() == 1);
  CHECK(both.count("outbox where kind = 'attempt.closed'") == "1");
  CHECK(at(0).get(attempt).integer("score") == at(1).get(attempt).integer("score"));
}

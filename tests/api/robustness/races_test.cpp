#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "tests/api/learnflow/learnflow.hpp"
#include "tests/api/robustness/robustness.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr int crowd = 20;

/// The answers of a crowd that asks for the same thing at the same moment.
template <class Ask>
std::vector<response> together(Ask ask) {
  std::vector<response> out(crowd);
  all_at_once(crowd, [&](int i) {
    try {
      out[static_cast<std::size_t>(i)] = ask(i);
    } catch (const std::exception& e) {
      out[static_cast<std::size_t>(i)].body = e.what();
    }
  });
  return out;
}

std::map<int, int> statuses(const std::vector<response>& all) {
  std::map<int, int> out;
  for (const auto& r : all) ++out[r.status];
  return out;
}

std::string shown(const std::vector<response>& all) {
  std::string out;
  for (const auto& r : all) out += std::to_string(r.status) + " " + r.body.substr(0, 200) + "\n";
  return out;
}

}  // namespace

TEST_CASE("races: one cart, one order", "[races]") {
  const auto who = fresh_account();
  for (int i = 0; i < 2; ++i)
    REQUIRE_STATUS(learnflow(who).post("/cart/items/", object({{"course_id", paid_course().id}})), 201);
  const auto all = together([&](int) { return learnflow(who).post("/orders/create-from-cart/"); });
  INFO(shown(all));
  const auto count = statuses(all);
  CHECK(count.at(201) == 1);
  CHECK(count.at(200) == crowd - 1);
  for (const auto& r : all) CHECK(r.text("id") == all.front().text("id"));
  CHECK(learnflow(who).get("/orders/").integer("count") == 1);
  CHECK(sql(shared_server(), "select count(*) from customer_order where user_id = '" + who.id + "'") == "1");
  CHECK(sql(shared_server(), "select count(*) from order_item where user_id = '" + who.id + "'") == "2");
}

TEST_CASE("races: a course is entered once", "[races]") {
  const auto who = fresh_account();
  const auto course = free_course();
  const auto all = together([&](int) { return learnflow(who).post("/courses/" + course.id + "/enroll/"); });
  INFO(shown(all));
  const auto count = statuses(all);
  CHECK(count.at(201) == 1);
  CHECK(count.at(409) == crowd - 1);
  CHECK(learnflow(who).get("/enrollments/").integer("count") == 1);
  CHECK(sql(shared_server(), "select count(*) from enrollment where user_id = '" + who.id + "'") == "1");
  CHECK(sql(shared_server(),
            "select count(*) from outbox where kind = 'enrollment.created' and user_id = '" + who.id + "'") == "1");
  CHECK(eventually([&] { return learnflow().get("/courses/" + course.id + "/").integer("student_count") == 1; }));
}

TEST_CASE("races: a course is in the cart once", "[races]") {
  const auto who = fresh_account();
  const auto course = paid_course();
  const auto all = together([&](int) {
    return learnflow(who).post("/cart/items/", object({{"course_id", course.id}}));
  });
  INFO(shown(all));
  const auto count = statuses(all);
  CHECK(count.at(201) == 1);
  CHECK(count.at(409) == crowd - 1);
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 1);
  CHECK(sql(shared_server(), "select count(*) from cart_item where user_id = '" + who.id + "'") == "1");
}

TEST_CASE("races: twenty courses into one cart are all in it", "[races]") {
  const auto who = fresh_account();
  std::vector<built_course> courses;
  for (int i = 0; i < crowd; ++i) courses.push_back(paid_course("1.01", ""));
  const auto all = together([&](int i) {
    return learnflow(who).post("/cart/items/", object({{"course_id", courses[static_cast<std::size_t>(i)].id}}));
  });
  INFO(shown(all));
  CHECK(statuses(all).at(201) == crowd);
  const auto cart = learnflow(who).get("/cart/");
  CHECK(cart.integer("total_items") == crowd);
  CHECK(cart.at("total_price").text().substr(0, 4) == "20.2");
}

TEST_CASE("races: confirmations and webhooks of one order", "[races]") {
  const auto who = fresh_account();
  const auto id = order(who, {paid_course("89.99", ""), paid_course("79.99", "")}).text("id");
  const auto i = intent_for(who, id);
  const auto all = together([&](int n) {
    if (n % 2) return confirm(who, id, i.id);
    const auto event = stripe_event("evt_race_" + std::to_string(n % 4) + id, "payment_intent.succeeded", i, id, 16998);
    return send_event(event, stripe_signature(event));
  });
  INFO(shown(all));
  CHECK(statuses(all).at(200) == crowd);
  CHECK(learnflow(who).get("/orders/" + id + "/").text("status") == "completed");
  CHECK(learnflow(who).get("/enrollments/").integer("count") == 2);
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 0);
  const auto count = [&](const std::string& what) { return sql(shared_server(), "select count(*) from " + what); };
  CHECK(count("enrollment where user_id = '" + who.id + "'") == "2");
  CHECK(count("customer_order where user_id = '" + who.id +
              "' and status = 'completed' and receipt_number is not null") == "1");
  CHECK(count("outbox where kind = 'payment.completed' and payload->>'order_id' = '" + id + "'") == "1");
  CHECK(count("outbox where kind = 'enrollment.created' and user_id = '" + who.id + "'") == "2");
  const auto inbox = shared_server().client().below("/unpuzzle/api/v1").as(who.access);
  CHECK(eventually([&] { return inbox.get("/notifications/").integer("count") == 3; }));
}

TEST_CASE("races: one review of each learner, one vote of each voter", "[races]") {
  const auto author = fresh_account(), voter = fresh_account();
  const auto course = free_course();
  enroll(author, course);
  const std::string path = "/courses/" + course.id + "/reviews/";
  const auto all =
      together([&](int) { return learnflow(author).post(path, R"({"rating": 4, "title": "x", "comment": "y"})"); });
  INFO(shown(all));
  CHECK(statuses(all).at(201) == 1);
  CHECK(statuses(all).at(409) == crowd - 1);
  const auto id = learnflow().get(path).text("results.0.id");
  const auto votes = together([&](int) { return learnflow(voter).post(path + id + "/helpful/"); });
  INFO(shown(votes));
  for (const auto& r : votes) CHECK((r.status == 200 || r.status == 409));
  CHECK(learnflow().get(path).integer("results.0.helpful_count") == 1);
  CHECK(learnflow().get("/courses/" + course.id + "/").integer("reviews.count") == 1);
  CHECK(sql(shared_server(), "select rating_count || ',' || rating_sum from course_numbers where course_id = '" +
                                 course.id + "'") == "1,4");
}

TEST_CASE("races: one idempotency key, one effect", "[races]") {
  const auto who = fresh_account();
  const auto course = paid_course();
  const auto keyed = learnflow(who).with("Idempotency-Key", unique("race"));
  const auto all = together([&](int) { return keyed.post("/cart/items/", object({{"course_id", course.id}})); });
  INFO(shown(all));
  // First, replayed, or told that the first is still being worked on; never the refusal of a second try.
  for (const auto& r : all) {
    CHECK((r.status == 201 || r.status == 409));
    if (r.status == 409) CHECK(r.text("error.code") != "ITEM_ALREADY_IN_CART");
  }
  CHECK(statuses(all).at(201) >= 1);
  CHECK(learnflow(who).get("/cart/").integer("total_items") == 1);
}

TEST_CASE("races: lessons completed all at once", "[races]") {
  const auto who = fresh_account();
  const auto course = free_course(crowd);
  const auto id = enroll(who, course);
  const auto all = together([&](int i) {
    return learnflow(who).post("/enrollments/" + id + "/mark-lesson-complete/",
                               object({{"lesson_id", course.lessons[static_cast<std::size_t>(i)]}}));
  });
  INFO(shown(all));
  CHECK(statuses(all).at(200) == crowd);
  int finished = 0;
  for (const auto& r : all) finished += r.integer("enrollment_progress") == 100;
  CHECK(finished == 1);
  CHECK(learnflow(who).get("/enrollments/" + id + "/").truth("is_completed"));
  CHECK(sql(shared_server(),
            "select count(*) from outbox where kind = 'course.completed' and user_id = '" + who.id + "'") == "1");
}

TEST_CASE("races: a market day, and the books agree in the evening", "[races]") {
  std::vector<built_course> courses;
  for (const char* price : {"0", "0", "5.05", "10.10", "19.99", "49.99"}) courses.push_back(paid_course(price, ""));
  std::vector<person> people;
  for (int i = 0; i < 4; ++i) people.push_back(fresh_account());
  std::mutex guard;
  std::string broken;  // what nobody should have been answered
  const auto complain = [&](const std::string& what) {
    const std::lock_guard lock{guard};
    broken += what + "\n";
  };
  all_at_once(12, [&](int seed) {
    std::uint32_t state = 2463534242u + static_cast<std::uint32_t>(seed);
    const auto any = [&](std::size_t n) {
      state ^= state << 13, state ^= state >> 17, state ^= state << 5;
      return static_cast<std::size_t>(state) % n;
    };
    const auto note = [&](const response& r) {
      if (r.status >= 500) complain(std::to_string(r.status) + " " + r.body);
      return r.status < 300;
    };
    for (int round = 0; round < 25; ++round) try {
        const auto me = learnflow(people[any(people.size())]);
        const auto& course = courses[any(courses.size())];
        switch (any(6)) {
          case 0:
          case 1:
            note(me.post("/cart/items/", object({{"course_id", course.id}})));
            break;
          case 2: {
            const auto made = me.post("/orders/create-from-cart/");
            if (!note(made)) break;
            const auto id = made.text("id");
            const auto intended = me.post("/payments/create-payment-intent/", object({{"order_id", id}}));
            if (!note(intended)) break;
            note(me.post("/payments/confirm-payment/",
                         object({{"order_id", id}, {"payment_intent_id", intended.text("client_secret")}})));
            break;
          }
          case 3:
            note(me.post("/courses/" + course.id + "/enroll/"));
            break;
          case 4:
            note(me.post("/courses/" + course.id + "/reviews/", R"({"rating": 3, "title": "x", "comment": "y"})"));
            break;
          case 5:
            note(any(2) ? me.del("/cart/") : me.get("/dashboard/recommendations/"));
            break;
        }
      } catch (const std::exception& e) {
        complain(e.what());
      }
  });
  CHECK(broken == "");

  std::map<std::string, std::int64_t> students;
  for (const auto& p : people) {
    const auto enrolled = learnflow(p).get("/enrollments/?page_size=100");
    std::map<std::string, int> mine;
    for (const auto& e : enrolled.at("results").items()) {
      const auto id = find_at(e, "course.id")->text();
      CHECK(++mine[id] == 1);
      ++students[id];
    }
    const auto paid = learnflow(p).get("/orders/?status=completed&page_size=100");
    for (const auto& o : paid.at("results").items()) {
      std::int64_t cents = 0;
      for (const auto& item : find_at(o, "items")->items()) {
        CHECK(mine.contains(find_at(item, "course.id")->text()));
        cents += std::llround(find_at(item, "price_at_purchase")->as_real().value_or(-1) * 100);
      }
      CHECK(cents == std::llround(find_at(o, "total_amount")->as_real().value_or(-1) * 100));
    }
    CHECK(learnflow(p).get("/orders/?status=pending").integer("count") <= 1);
  }
  for (const auto& c : courses) {
    CHECK(eventually(
        [&] { return learnflow().get("/courses/" + c.id + "/").integer("student_count") == students[c.id]; }));
    const auto shown = learnflow().get("/courses/" + c.id + "/");
    CHECK(shown.integer("reviews.distribution.3") == shown.integer("reviews.count"));
    CHECK(learnflow().get("/courses/" + c.id + "/reviews/").integer("count") == shown.integer("reviews.count"));
  }
}

// Every acknowledged write is found again after SIGKILL, however the moment falls.
#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/durability/shop.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr int rounds = 20;
constexpr int writers = 16;

/// What one writer was told is true.
struct acknowledged {
  person who;
  std::set<std::string> in_cart;  ///< courses put in and not bought or taken out
  std::set<std::string> pending_orders, paid_orders;
  std::set<std::string> enrolled;                           ///< courses
  std::set<std::pair<std::string, std::string>> completed;  ///< enrolment, lesson
  /// A request without an answer may or may not have taken place: what it touched proves nothing.
  std::set<std::string> unsure_courses;
  /// Courses of a payment nobody answered for: the provider's notice may complete it at any later time.
  std::set<std::string> limbo;

  bool touched(const std::string& course) const {
    return unsure_courses.contains(course) || in_cart.contains(course) || enrolled.contains(course) ||
           limbo.contains(course);
  }
};

/// One writer's steps until the server goes away under it. `next` picks what is done.
void write_until_gone(client at, acknowledged& mine, const shop& goods, std::mt19937_64 dice, std::atomic<int>& done) {
  const auto mail = at.as(mine.who.access);
  const auto courses = goods.paid.size();
  std::string course, order;
  try {
    for (;;) {
      // A course nobody knows anything about yet, so that each answer can be told apart.
      course = goods.paid[dice() % courses];
      if (mine.touched(course)) {
        course.clear();
        for (const auto& c : goods.paid)
          if (!mine.touched(c)) course = c;
        if (course.empty()) return;
      }
      const auto now = course;
      mine.unsure_courses.insert(now);
      auto added = mail.post("/learnflow/api/v1/cart/items/", object({{"course_id", now}}));
      if (added.status != 201) return;
      mine.unsure_courses.erase(now);
      mine.in_cart.insert(now);
      ++done;
      if (dice() % 3 != 0) continue;

      auto placed = mail.post("/learnflow/api/v1/orders/create-from-cart/", "{}");
      if (placed.status != 201 && placed.status != 200) return;
      order = placed.text("id");
      mine.pending_orders.insert(order);
      ++done;
      auto intent = mail.post("/learnflow/api/v1/payments/create-payment-intent/", object({{"order_id", order}}));
      if (intent.status != 201) return;
      const auto bought = mine.in_cart;
      mine.limbo.insert(bought.begin(), bought.end());
      mine.in_cart.clear();
      mine.pending_orders.erase(order);
      auto paid = mail.post("/learnflow/api/v1/payments/confirm-payment/",
                            object({{"order_id", order}, {"payment_intent_id", intent.text("client_secret")}}));
      if (paid.status != 200) return;
      mine.paid_orders.insert(order);
      for (const auto& c : bought) {
        mine.limbo.erase(c);
        mine.enrolled.insert(c);
      }
      ++done;

      auto list = mail.get("/learnflow/api/v1/enrollments/?page_size=100");
      if (list.status != 200) return;
      for (const auto& e : list.at("results").items()) {
        const auto enrollment = find_at(e, "id")->text();
        const auto* lesson = find_at(e, "current_lesson.id");
        if (!lesson || !lesson->is_string()) continue;
        auto complete = mail.post("/learnflow/api/v1/enrollments/" + enrollment + "/mark-lesson-complete/",
                                  object({{"lesson_id", lesson->text()}}));
        if (complete.status != 200) return;
        mine.completed.insert({enrollment, lesson->text()});
        ++done;
      }
    }
  } catch (const std::exception&) {
    // No answer: the server is gone.
  }
}

void check_everything(const client& at, const acknowledged& mine) {
  const auto mail = at.as(mine.who.access);
  INFO("of " << mine.who.email);
  std::set<std::string> cart, enrolled, completed_orders, any_orders;
  auto c = mail.get("/learnflow/api/v1/cart/");
  REQUIRE_STATUS(c, 200);
  for (const auto& item : c.at("items").items()) cart.insert(find_at(item, "course.id")->text());
  for (int page = 1;; ++page) {
    auto e = mail.get("/learnflow/api/v1/enrollments/?page_size=100&page=" + std::to_string(page));
    REQUIRE_STATUS(e, 200);
    for (const auto& item : e.at("results").items()) enrolled.insert(find_at(item, "course.id")->text());
    if (e.at("results").items().size() < 100) break;
  }
  for (int page = 1;; ++page) {
    auto o = mail.get("/learnflow/api/v1/orders/?page_size=100&page=" + std::to_string(page));
    REQUIRE_STATUS(o, 200);
    for (const auto& item : o.at("results").items()) {
      any_orders.insert(find_at(item, "id")->text());
      if (find_at(item, "status")->text() == "completed") completed_orders.insert(find_at(item, "id")->text());
    }
    if (o.at("results").items().size() < 100) break;
  }
  for (const auto& course : mine.in_cart) {
    INFO("cart item " << course);
    CHECK(cart.contains(course));
  }
  for (const auto& course : mine.enrolled) {
    INFO("enrolment in " << course);
    CHECK(enrolled.contains(course));
    CHECK_FALSE(cart.contains(course));
  }
  for (const auto& order : mine.paid_orders) {
    INFO("paid order " << order);
    CHECK(completed_orders.contains(order));
  }
  for (const auto& order : mine.pending_orders) {
    INFO("pending order " << order);
    CHECK(any_orders.contains(order));
  }
  for (const auto& [enrollment, lesson] : mine.completed) {
    auto e = mail.get("/learnflow/api/v1/enrollments/" + enrollment + "/");
    REQUIRE_STATUS(e, 200);
    bool found = false;
    for (const auto& section : e.at("course.curriculum").items())
      for (const auto& l : find_at(section, "lessons")->items())
        if (find_at(l, "id")->text() == lesson) found = find_at(l, "completed")->as_boolean();
    INFO("completed lesson " << lesson);
    CHECK(found);
  }
}

}  // namespace

TEST_CASE("acknowledged writes survive a SIGKILL at any moment", "[durability]") {
  server at({});
  const auto goods = open_shop(at, 60);
  std::vector<acknowledged> people(writers);
  for (auto& p : people) p.who = fresh_account(at);

  std::mt19937_64 dice(20260127);
  long total = 0;
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (auto& p : people)
      threads.emplace_back(write_until_gone, at.client(), std::ref(p), std::cref(goods), std::mt19937_64(dice()),
                           std::ref(done));
    // The moment is random in what has been written, not in time: machines differ.
    const int moment = 5 + static_cast<int>(dice() % 60);
    eventually([&] { return done.load() >= moment; }, std::chrono::seconds{20});
    at.kill();
    for (auto& t : threads) t.join();
    total += done.load();
    at.start();
    for (auto& p : people) {
      check_everything(at.client(), p);
      // What nobody answered for is settled by looking.
      p.unsure_courses.clear();
      auto cart = at.client().as(p.who.access).get("/learnflow/api/v1/cart/");
      p.in_cart.clear();
      for (const auto& item : cart.at("items").items())
        if (const auto& course = find_at(item, "course.id")->text(); !p.limbo.contains(course))
          p.in_cart.insert(course);
      auto list = at.client().as(p.who.access).get("/learnflow/api/v1/enrollments/?page_size=100");
      for (const auto& item : list.at("results").items()) p.enrolled.insert(find_at(item, "course.id")->text());
      // A person who has bought nearly everything makes room for somebody new.
      if (p.enrolled.size() + p.in_cart.size() + p.limbo.size() + 5 > goods.paid.size()) {
        p = acknowledged{};
        p.who = fresh_account(at);
      }
    }
  }
  CHECK(total >= rounds * 5);
  CHECK(at.stop() == 0);
}

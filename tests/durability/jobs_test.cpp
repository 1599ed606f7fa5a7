// No job that a transaction promised is lost, however the process ends: the sandbox's webhooks are jobs.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "runtime/store/plain.hpp"
#include "tests/durability/shop.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr int rounds = 3;
constexpr int buyers = 6;

/// Pays for a course as often as the server answers.
void pay_until_gone(const client& at, const person& who, const std::vector<std::string>& courses,
                    std::atomic<int>& paid) {
  const auto me = at.as(who.access);
  const std::string api = "/learnflow/api/v1";
  try {
    for (const auto& course : courses) {
      if (me.post(api + "/cart/items/", object({{"course_id", course}})).status != 201) continue;
      const auto order = me.post(api + "/orders/create-from-cart/", "{}");
      if (order.status != 201) return;
      const auto id = order.text("id");
      const auto intent = me.post(api + "/payments/create-payment-intent/", object({{"order_id", id}}));
      if (intent.status != 201) return;
      const auto confirmed = me.post(api + "/payments/confirm-payment/",
                                     object({{"order_id", id}, {"payment_intent_id", intent.text("client_secret")}}));
      if (confirmed.status != 200) return;
      ++paid;
    }
  } catch (const std::exception&) {
    // No answer: the server is gone.
  }
}

}  // namespace

TEST_CASE("webhooks that were promised arrive after a SIGKILL, each", "[durability][jobs]") {
  server at({});
  const auto goods = open_shop(at, 12);
  std::atomic<int> paid{0};
  for (int round = 0; round < rounds; ++round) {
    std::vector<person> people;
    for (int i = 0; i < buyers; ++i) people.push_back(fresh_account(at));
    const int before = paid;
    std::vector<std::thread> threads;
    for (const auto& p : people)
      threads.emplace_back(pay_until_gone, at.client(), std::cref(p), std::cref(goods.paid), std::ref(paid));
    eventually([&] { return paid >= before + 3 + 4 * round; }, std::chrono::seconds{20});
    at.kill();
    for (auto& t : threads) t.join();
    at.start();
  }
  CHECK(paid >= rounds * 3);
  runtime::plain_connection db{at.database()};
  db.run("set stoa.acting = 'system'");  // rows that belong to people answer only to who acts
  const auto number = [&](const std::string& from) {
    return std::stoi(db.run("select count(*) from " + from).at(0).at(0).value());
  };
  // What a process held when it was killed comes again at the end of its lease.
  CHECK(eventually([&] { return number("job where kind like 'payments.%'") == 0; }, std::chrono::seconds{60}));
  const int charged = number("plugin_payments.sandbox_intent where status = 'succeeded'");
  CHECK(charged >= paid);
  CHECK(number("plugin_payments.webhook_event") == charged);
  CHECK(number("customer_order where status = 'completed'") == charged);
  CHECK(at.stop() == 0);
}

// Between an event's commit and its delivery the process may die: the webhook arrives, and is kept once.
#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/store/plain.hpp"
#include "tests/durability/shop.hpp"
#include "tests/runtime/outbound/tiny_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr int rounds = 20;
constexpr int writers = 4;

/// Puts a course into the cart and takes it out again as often as the server answers.
void shop_until_gone(const client& at, const person& who, const std::string& course, std::atomic<int>& told) {
  const auto cart = at.below("/learnflow/api/v1/cart").as(who.access);
  try {
    for (;;) {
      const auto added = cart.post("/items/", object({{"course_id", course}}));
      if (added.status != 201) return;
      ++told;
      if (cart.del("/items/" + added.text("id") + "/").status != 204) return;
      ++told;
    }
  } catch (const std::exception&) {
    // No answer: the server is gone.
  }
}

}  // namespace

TEST_CASE("every webhook arrives however often the server is killed, and its state counts each event once",
          "[durability][webhooks]") {
  std::mutex mutex;
  std::set<std::string> arrived;
  tiny_server receiver{[&](const std::string& asked) {
    const std::string name = "\r\nwebhook-id: ";
    const auto at = asked.find(name);
    if (at == asked.npos) return tiny_server::ok("whoever asked was killed before it had");
    const auto from = at + name.size();
    const std::lock_guard lock{mutex};
    arrived.insert(asked.substr(from, asked.find("\r\n", from) - from));
    return tiny_server::ok("thanks");
  }};
  server_options options;
  options.environment = {{"STOA_PLUGINS_WEBHOOKS_ALLOW_PRIVATE", "true"},
                         {"STOA_PLUGINS_WEBHOOKS_TIMEOUT", "2s"},
                         {"STOA_PLUGINS_WEBHOOKS_FIRST_PAUSE", "1s"}};
  server at(options);
  const auto goods = open_shop(at, 1);
  const auto admin_mail = fresh_email("hooks");
  REQUIRE(run_stoa({"user", "add", "--data", at.data(), "--email", admin_mail, "--password", "Sturdy-Passphrase-7",
                    "--role", "admin"})
              .status == 0);
  const auto signed_in =
      at.client().post("/classic/api/token/", object({{"username", admin_mail}, {"password", "Sturdy-Passphrase-7"}}));
  REQUIRE_STATUS(signed_in, 200);
  REQUIRE_STATUS(at.client()
                     .as(signed_in.text("access"))
                     .post("/classic/api/webhooks/",
                           object({{"url", receiver.url("/hook")},
                                   {"events", std::vector<std::string>{"cart.item_added", "cart.item_removed"}}})),
                 201);
  std::vector<person> people;
  for (int i = 0; i < writers; ++i) people.push_back(fresh_account(at));

  std::atomic<int> told{0};
  for (int round = 0; round < rounds; ++round) {
    const int before = told;
    std::vector<std::thread> threads;
    for (const auto& p : people)
      threads.emplace_back(shop_until_gone, at.client(), std::cref(p), std::cref(goods.paid.at(0)), std::ref(told));
    eventually([&] { return told >= before + 3 + 7 * (round % 6); }, std::chrono::seconds{20});
    at.kill();
    for (auto& t : threads) t.join();
    at.start();
    // An item whose removal nobody answered for would refuse to be put in again.
    for (const auto& p : people) at.client().as(p.access).del("/learnflow/api/v1/cart/");
  }
  CHECK(told >= rounds * 3);

  runtime::plain_connection db{at.database()};
  db.run("set stoa.acting = 'system'");
  const auto all = [&](const std::string& query) {
    std::set<std::string> out;
    for (const auto& row : db.run(query)) out.insert(row.at(0).value());
    return out;
  };
  const auto number = [&](const std::string& query) { return std::stoi(db.run(query).at(0).at(0).value()); };
  const auto written =
      all("select 'msg_' || id::text from outbox where kind in ('cart.item_added', 'cart.item_removed')");
  const auto here = [&] {
    const std::lock_guard lock{mutex};
    return arrived;
  };
  CHECK(static_cast<int>(written.size()) >= told);
  // What a process held when it was killed comes again at the end of its lease.
  CHECK(eventually([&] { return here() == written; }, std::chrono::seconds{60}));
  CHECK(eventually([&] { return number("select count(*) from job where kind like 'webhooks.%'") == 0; },
                   std::chrono::seconds{60}));
  const int events = static_cast<int>(written.size());
  CHECK(number("select count(*) from plugin_webhooks.delivery") == events);
  CHECK(number("select count(distinct event_id) from plugin_webhooks.delivery where status = 'delivered'") == events);
  CHECK(at.stop() == 0);
}

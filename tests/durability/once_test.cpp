// A server that is killed between an effect and its answer: the same request, sent again, finds its effect.
#include <catch2/catch.hpp>

#include <future>

#include "runtime/store/plain.hpp"
#include "tests/durability/shop.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const std::string base = "/learnflow/api/v1";

/// Sends a request with a key and kills the server when its effect is committed and its answer is being kept; then
/// starts it again, long enough after.
void post_and_die(server& at, const client& with_key, const std::string& path, const std::string& body) {
  runtime::plain_connection db{at.database()};
  db.run(
      "set stoa.acting = 'system';"
      "create function held() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$;"
      "create trigger held before update of status on idempotency for each row when (new.status is not null) "
      "execute function held()");
  const std::string holding = "from pg_stat_activity where wait_event = 'PgSleep'";
  auto asked = std::async(std::launch::async, [&] {
    try {
      return with_key.post(path, body).status;
    } catch (const std::exception&) {
      return 0;  // no answer
    }
  });
  REQUIRE(eventually([&] { return db.run("select count(*) " + holding).at(0).at(0) != "0"; }));
  at.kill();
  CHECK(asked.get() == 0);
  db.run("select pg_terminate_backend(pid) " + holding);
  REQUIRE(eventually([&] { return db.run("select count(*) " + holding).at(0).at(0) == "0"; }));
  db.run("drop trigger held on idempotency; drop function held()");
  REQUIRE(db.run("update idempotency set held_until = now() where status is null returning 1").size() == 1);
  at.start();
}

}  // namespace

TEST_CASE("a request that is sent again after a SIGKILL behind its effect has it once", "[durability][idempotency]") {
  server at({});
  const auto goods = open_shop(at, 2);
  const auto teacher = goods.teacher.access;
  const auto buyer = fresh_account(at).access;
  int n = 0;
  const auto once = [&](const std::string& token, const std::string& path, const std::string& body) {
    const auto key = "key-" + std::to_string(++n);
    post_and_die(at, at.client().as(token).with("Idempotency-Key", key), base + path, body);
    const auto answer = at.client().as(token).with("Idempotency-Key", key).post(base + path, body);
    const auto again = at.client().as(token).with("Idempotency-Key", key).post(base + path, body);
    CHECK_FALSE(answer.header("idempotent-replayed"));
    CHECK(again.header("idempotent-replayed") == "true");
    CHECK(again.body == answer.body);
    return answer;
  };

  // A command of an entity.
  const auto item = once(buyer, "/cart/items/", object({{"course_id", goods.paid[0]}}));
  REQUIRE_STATUS(item, 201);
  const auto cart = at.client().as(buyer).get(base + "/cart/");
  CHECK(cart.integer("total_items") == 1);
  CHECK(cart.text("items.0.id") == item.text("id"));

  // A script of one transaction.
  const auto order = once(buyer, "/orders/create-from-cart/", "{}");
  REQUIRE_STATUS(order, 201);
  CHECK(at.client().as(buyer).get(base + "/orders/").integer("count") == 1);

  // Two alike would both be taken.
  const auto body = object({{"title", "Made once"},
                            {"short_description", "One of one"},
                            {"description", "A course that is made once, whatever goes down."},
                            {"level", "Beginner"},
                            {"price", 10.0}});
  const auto course = once(teacher, "/courses/", body);
  REQUIRE_STATUS(course, 201);
  const auto section = once(teacher, "/courses/" + course.text("id") + "/sections/", object({{"title", "Only"}}));
  REQUIRE_STATUS(section, 201);
  runtime::plain_connection db{at.database()};
  CHECK(db.run("select count(*) from course where title = 'Made once'").at(0).at(0) == "1");
  CHECK(db.run("select count(*) from section where course_id = '" + course.text("id") + "'").at(0).at(0) == "1");
  CHECK(at.stop() == 0);
}

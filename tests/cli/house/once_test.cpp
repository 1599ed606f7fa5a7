// Requests with a key whose answers were lost behind their effects: sent again they are answered and change nothing.
#include "runtime/store/plain.hpp"
#include "tests/cli/house/house_shop.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

/// A house that does its work and loses the answers that it should keep.
struct forgetful {
  forgetful() : connection(test_postgres::shared().fresh_database()), house({}, connection), db(connection) {
    db.run(
        "set stoa.acting = 'system';"
        "create function lose() returns trigger language plpgsql as $$ begin raise exception 'lost'; end $$;"
        "create trigger lose before update of status on idempotency for each row when (new.status is not null) "
        "execute function lose()");
  }

  response post(const person& who, const std::string& key, const std::string& path, const std::string& body) {
    return signed_in_at(house, who).with("Idempotency-Key", key).post(path, body);
  }
  /// Twice, the second time after the first try can be at work no more.
  response twice(const person& who, const std::string& path, const std::string& body, int status = 201) {
    const auto key = user_id::make().str();
    const auto first = post(who, key, path, body);
    REQUIRE_STATUS(first, status);
    CHECK(post(who, key, path, body).text("error.code") == "IDEMPOTENCY_KEY_IN_FLIGHT");
    house.clock.advance(seconds{61});
    const auto again = post(who, key, path, body);
    REQUIRE_STATUS(again, status);
    CHECK(again.body == first.body);
    CHECK_FALSE(again.header("idempotent-replayed"));
    return again;
  }
  std::string count(const std::string& from) { return db.run("select count(*) from " + from).at(0).at(0).value(); }

  std::string connection;
  test_house house;
  runtime::plain_connection db;
};

}  // namespace

TEST_CASE("commands whose answers were lost are answered alike and done once", "[house][idempotency]") {
  forgetful f;
  const auto teacher = teacher_at(f.house);
  const auto course = course_at(f.house, teacher, "10.00"), free = course_at(f.house, teacher, "0.00");
  const auto buyer = account_at(f.house.client());
  const auto wanted = object({{"course_id", course}});
  f.twice(buyer, "/wishlist/items/", wanted);
  f.twice(buyer, "/cart/items/", wanted);
  f.twice(buyer, "/courses/" + free + "/enroll/", "{}");
  f.twice(buyer, "/courses/" + free + "/reviews/",
          object({{"rating", 5}, {"title", "Good"}, {"comment", "Good in every way that I can think of."}}));
  const auto section = f.twice(teacher, "/courses/" + course + "/sections/", object({{"title", "Two"}}));
  f.twice(teacher, "/sections/" + section.text("id") + "/lessons/",
          object({{"title", "Second"}, {"duration_minutes", 10}}));
  for (const char* rows : {"wishlist_item", "cart_item", "enrollment", "review"}) {
    INFO(rows);
    CHECK(f.count(rows) == "1");
  }
  CHECK(f.count("section where course_id = '" + course + "'") == "2");
  CHECK(f.count("lesson where course_id = '" + course + "'") == "2");
}

TEST_CASE("scripts whose answers were lost are answered alike and done once", "[house][idempotency]") {
  forgetful f;
  const auto teacher = teacher_at(f.house);
  const auto course = course_at(f.house, teacher, "10.00"), free = course_at(f.house, teacher, "0.00");
  const auto buyer = account_at(f.house.client());
  // Both answers show how many courses the teacher has, which is counted a moment after they were published.
  REQUIRE(eventually([&] {
    const auto counted = f.db.run("select courses from instructor_numbers where instructor_id = '" + teacher.id + "'");
    return counted.size() == 1 && counted[0][0] == "2";
  }));
  f.twice(teacher, "/courses/",
          object({{"title", "Time and again"},
                  {"description", "A course that is made once."},
                  {"short_description", "Made once."},
                  {"category", "Development"},
                  {"level", "beginner"},
                  {"language", "English"},
                  {"price", "89.99"}}));
  CHECK(f.count("course where title = 'Time and again'") == "1");
  for (const auto& each : {course, free}) {
    REQUIRE_STATUS(signed_in_at(f.house, buyer).post("/cart/items/", object({{"course_id", each}})), 201);
    f.twice(buyer, "/orders/create-from-cart/", "{}");
    REQUIRE_STATUS(signed_in_at(f.house, buyer).del("/cart/"), 204);
  }
  CHECK(f.count("customer_order") == "2");
  // What cost nothing was completed at once: without a trace of the first try the cart would be empty.
  CHECK(f.count("customer_order where status = 'completed'") == "1");
  CHECK(f.count("enrollment") == "1");
}

TEST_CASE("a try that another body follows stays what it was", "[house][idempotency]") {
  forgetful f;
  const auto teacher = teacher_at(f.house);
  const auto one = course_at(f.house, teacher, "10.00"), other = course_at(f.house, teacher, "20.00");
  const auto buyer = account_at(f.house.client());
  REQUIRE_STATUS(f.post(buyer, "k", "/cart/items/", object({{"course_id", one}})), 201);
  f.house.clock.advance(seconds{61});
  REQUIRE_STATUS(f.post(buyer, "k", "/cart/items/", object({{"course_id", other}})), 422);
  CHECK(f.count("cart_item") == "1");
}

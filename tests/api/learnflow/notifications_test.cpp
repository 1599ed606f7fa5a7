#include <algorithm>

#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client inbox(const person& who) { return shared_server().client().below("/unpuzzle/api/v1").as(who.access); }

bool arrives(const person& who, std::int64_t how_many, const std::string& query = "") {
  return eventually([&] { return inbox(who).get("/notifications/" + query).integer("count") == how_many; });
}

}  // namespace

TEST_CASE("notifications: an enrolment is told once", "[unpuzzle][notifications]") {
  const auto who = fresh_account();
  const auto course = free_course();
  CHECK(inbox(who).get("/notifications/").integer("count") == 0);
  enroll(who, course);
  REQUIRE(arrives(who, 1));
  const auto list = inbox(who).get("/notifications/");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list,
              shape{{"count", "integer"}, {"unread_count", "integer"}} + below("results.*", {{"id", "uuid"},
                                                                                             {"type", "text"},
                                                                                             {"title", "text"},
                                                                                             {"message", "text"},
                                                                                             {"is_read", "boolean"},
                                                                                             {"action_url", "text"},
                                                                                             {"icon", "text"},
                                                                                             {"created_at", "time"}}));
  CHECK(list.integer("unread_count") == 1);
  CHECK(list.text("results.0.type") == "course");
  CHECK(list.text("results.0.message").find(course.title) != std::string::npos);
  CHECK_FALSE(list.truth("results.0.is_read"));
}

TEST_CASE("notifications: a payment, by type, and marked as read", "[unpuzzle][notifications]") {
  const auto who = fresh_account(), other = fresh_account();
  buy(who, {paid_course(), paid_course("10.00", "")});
  REQUIRE(arrives(who, 3));  // two courses, one payment
  const auto payments = inbox(who).get("/notifications/?type=payment");
  CHECK(payments.integer("count") == 1);
  CHECK(payments.integer("unread_count") == 3);
  CHECK(payments.text("results.0.type") == "payment");
  CHECK(inbox(who).get("/notifications/?type=course").integer("count") == 2);
  CHECK(inbox(who).get("/notifications/?type=achievement").integer("count") == 0);

  const auto id = payments.text("results.0.id");
  CHECK_STATUS(inbox(other).put("/notifications/" + id + "/read/", "{}"), 404);
  CHECK_STATUS(inbox(who).put("/notifications/notification_uuid/read/", "{}"), 404);
  const auto marked = inbox(who).put("/notifications/" + id + "/read/", "{}");
  REQUIRE_STATUS(marked, 200);
  CHECK_SHAPE(marked, {{"message", "text"}, {"notification_id", "uuid"}});
  CHECK(marked.text("notification_id") == id);
  CHECK_STATUS(inbox(who).put("/notifications/" + id + "/read/", "{}"), 200);

  const auto all = inbox(who).get("/notifications/");
  CHECK(all.integer("count") == 3);
  CHECK(all.integer("unread_count") == 2);
  const auto unread = inbox(who).get("/notifications/?unread_only=true");
  CHECK(unread.integer("count") == 2);
  CHECK(unread.integer("unread_count") == 2);
  for (const auto& one : unread.at("results").items()) CHECK(find_at(one, "id")->text() != id);
  CHECK(inbox(who).get("/notifications/?unread_only=false").integer("count") == 3);
  CHECK(inbox(who).get("/notifications/?page_size=1&page=2").at("results").items().size() == 1);
}

TEST_CASE("notifications: a published course and a completed one", "[unpuzzle][notifications]") {
  const auto author = fresh_instructor(shared_server());
  course_plan plan;
  plan.price = "0";
  plan.original_price = "";
  plan.lessons = 1;
  const auto course = build_course(author, plan);
  CHECK(arrives(author, 1, "?type=course"));

  const auto who = fresh_account();
  const auto id = enroll(who, course);
  REQUIRE_STATUS(
      learnflow(who).post("/enrollments/" + id + "/mark-lesson-complete/", object({{"lesson_id", course.lessons[0]}})),
      200);
  CHECK(arrives(who, 1, "?type=achievement"));
}

TEST_CASE("notifications: none is lost where transaction numbers grow a digit", "[unpuzzle][notifications]") {
  const auto who = fresh_account();
  enroll(who, free_course());
  sql(shared_server(),
      "do $$ declare digits int = length(pg_current_xact_id()::text); begin loop commit; "
      "perform set_config('synchronous_commit', 'off', true); "
      "exit when length(pg_current_xact_id()::text) > digits; end loop; end $$");
  enroll(who, free_course());
  CHECK(arrives(who, 2));
}

TEST_CASE("notifications: refusals in unpuzzle's own envelope", "[unpuzzle][notifications]") {
  const auto nobody = shared_server().client().get("/unpuzzle/api/v1/notifications/");
  REQUIRE_STATUS(nobody, 401);
  CHECK(nobody.text("status") == "error");
  CHECK_SHAPE(nobody,
              {{"error.code", "text"}, {"error.message", "text"}, {"timestamp", "time"}, {"request_id", "text"}});
  const auto who = fresh_account();
  for (const char* bad : {"?type=gossip", "?unread_only=perhaps", "?page=0", "?page_size=x"}) {
    const auto refused = inbox(who).get(std::string("/notifications/") + bad);
    INFO(bad);
    CHECK((refused.status == 400 || refused.status == 422));
    CHECK(refused.text("status") == "error");
  }
}

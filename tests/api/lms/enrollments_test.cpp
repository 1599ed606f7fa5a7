#include "tests/api/lms/lms.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape enrollment_shape = {{"id", "uuid"},
                                {"course_id", "uuid"},
                                {"student_id", "uuid"},
                                {"enrolled_at", "time"},
                                {"completed_at", "time|null"}};

response enter(const person& who, const std::string& course) {
  return lms(who).post("/enrollments", object({{"course_id", course}}));
}

response complete(const person& who, const std::string& enrollment, const std::string& lesson) {
  return lms(who).send("POST", "/enrollments/" + enrollment + "/lessons/" + lesson + "/complete", std::nullopt);
}

}  // namespace

TEST_CASE("lms enrolments: entered once, and by paying where it costs", "[lms][enrollments]") {
  const auto author = fresh_instructor(shared_server());
  const auto who = fresh_account();
  const auto course = lms_course_of(author, 1), draft = lms_course_of(author, 1, false);
  const auto made = enter(who, course.id);
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, enrollment_shape);
  CHECK(made.text("course_id") == course.id);
  CHECK(made.text("student_id") == who.id);
  CHECK(made.at("completed_at").is_null());
  CHECK_LMS_REFUSED(enter(who, course.id), 409, "ALREADY_ENROLLED");

  const auto costs = paid_course();
  CHECK_LMS_REFUSED(enter(who, costs.id), 402, "PAYMENT_REQUIRED");
  buy(who, {costs});
  CHECK_LMS_REFUSED(enter(who, costs.id), 409, "ALREADY_ENROLLED");
  CHECK(lms(who).get("/enrollments/my-courses").integer("total") == 2);
  CHECK_STATUS(enter(administrator(), costs.id), 201);

  CHECK_LMS_REFUSED(enter(who, draft.id), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(enter(who, unknown_id), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(enter(who, "course-001"), 404, "COURSE_NOT_FOUND");
  CHECK_INVALID(lms(who).post("/enrollments", "{}"), "course_id");
  CHECK_LMS_REFUSED(lms().post("/enrollments", object({{"course_id", course.id}})), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("lms enrolments: a price set here is asked for at every door", "[lms][enrollments]") {
  const auto author = fresh_instructor(shared_server());
  const auto course = lms_course_of(author, 1);
  const auto priced = lms(author).patch("/courses/" + course.id, object({{"price", 19.99}}));
  REQUIRE_STATUS(priced, 200);
  CHECK(priced.at("price").text() == "19.99");
  const auto who = fresh_account();
  CHECK_LMS_REFUSED(enter(who, course.id), 402, "PAYMENT_REQUIRED");
  CHECK_REFUSED(learnflow(who).post("/courses/" + course.id + "/enroll/"), 402, "PAYMENT_REQUIRED");
}

TEST_CASE("lms enrolments: the list in pages", "[lms][enrollments]") {
  const auto author = fresh_instructor(shared_server());
  const auto who = fresh_account();
  const auto none = lms(who).get("/enrollments/my-courses");
  REQUIRE_STATUS(none, 200);
  CHECK(none.integer("total") == 0);
  CHECK(none.at("items").items().empty());
  std::vector<lms_course> courses;
  for (int i = 0; i < 3; ++i) {
    courses.push_back(lms_course_of(author, 2));
    REQUIRE_STATUS(enter(who, courses.back().id), 201);
  }
  const auto all = lms(who).get("/enrollments/my-courses");
  REQUIRE_STATUS(all, 200);
  CHECK_SHAPE(all, {{"items.*.id", "uuid"},
                    {"items.*.course.id", "uuid"},
                    {"items.*.course.title", "text"},
                    {"items.*.enrolled_at", "time"},
                    {"items.*.completed_at", "time|null"},
                    {"items.*.progress_percentage", "integer"},
                    {"total", "integer"},
                    {"page", "integer"},
                    {"page_size", "integer"}});
  CHECK(all.integer("total") == 3);
  CHECK(all.text("items.0.course.title") == courses[0].title);
  const auto second = lms(who).get("/enrollments/my-courses?page=2&page_size=2");
  CHECK(second.at("items").items().size() == 1);
  CHECK(second.text("items.0.course.id") == courses[2].id);
  CHECK(lms(who).get("/enrollments/my-courses?page=5").at("items").items().empty());
  CHECK_INVALID(lms(who).get("/enrollments/my-courses?page_size=-1"), "page_size");
  CHECK_LMS_REFUSED(lms().get("/enrollments/my-courses"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("lms enrolments: lessons done one by one up to the end", "[lms][enrollments]") {
  const auto author = fresh_instructor(shared_server());
  const auto who = fresh_account();
  const auto course = lms_course_of(author, 3);
  const auto id = enter(who, course.id).text("id");
  const auto first = complete(who, id, course.lessons[0]);
  REQUIRE_STATUS(first, 200);
  CHECK_SHAPE(first, {{"id", "uuid"}, {"lesson_id", "uuid"}, {"completed", "boolean"}, {"completed_at", "time"}});
  CHECK(first.text("id") == id);
  CHECK(first.text("lesson_id") == course.lessons[0]);
  CHECK(first.truth("completed"));
  CHECK(first.integer("progress_percentage") == 33);
  const auto again = complete(who, id, course.lessons[0]);
  REQUIRE_STATUS(again, 200);
  CHECK(again.text("completed_at") == first.text("completed_at"));

  const auto path = "/enrollments/" + id;
  const auto shown = lms(who).get(path);
  REQUIRE_STATUS(shown, 200);
  CHECK_SHAPE(shown, enrollment_shape + shape{{"course.id", "uuid"},
                                              {"course.title", "text"},
                                              {"progress_percentage", "integer"},
                                              {"lessons_completed", "integer"},
                                              {"total_lessons", "integer"},
                                              {"lessons.*.lesson_id", "uuid"},
                                              {"lessons.*.title", "text"},
                                              {"lessons.*.order", "integer"},
                                              {"lessons.*.completed", "boolean"},
                                              {"lessons.*.completed_at", "time|null"}});
  CHECK(shown.truth("lessons.0.completed"));
  CHECK_FALSE(shown.truth("lessons.1.completed"));
  CHECK(shown.integer("lessons_completed") == 1);

  CHECK(complete(who, id, course.lessons[2]).integer("progress_percentage") == 67);
  CHECK(lms(who).get(path).at("completed_at").is_null());
  CHECK(complete(who, id, course.lessons[1]).integer("progress_percentage") == 100);
  const auto done = lms(who).get(path);
  CHECK(done.at("completed_at").is_string());
  CHECK(lms(who).get("/enrollments/my-courses").integer("items.0.progress_percentage") == 100);
  CHECK(lms(who).get("/enrollments/my-courses").text("items.0.completed_at") == done.text("completed_at"));
}

TEST_CASE("lms enrolments: other people's are like none", "[lms][enrollments]") {
  const auto author = fresh_instructor(shared_server());
  const auto who = fresh_account(), other = fresh_account();
  const auto course = lms_course_of(author, 1), elsewhere = lms_course_of(author, 1);
  const auto id = enter(who, course.id).text("id");
  const auto theirs = lms(other).get("/enrollments/" + id);
  CHECK_LMS_REFUSED(theirs, 404, "ENROLLMENT_NOT_FOUND");
  CHECK(theirs.body == lms(other).get("/enrollments/enrollment-001").body);
  CHECK(theirs.body == lms(other).get("/enrollments/" + std::string(unknown_id)).body);
  CHECK_LMS_REFUSED(lms(author).get("/enrollments/" + id), 404, "ENROLLMENT_NOT_FOUND");
  CHECK_LMS_REFUSED(complete(other, id, course.lessons[0]), 404, "ENROLLMENT_NOT_FOUND");
  CHECK_LMS_REFUSED(complete(who, id, elsewhere.lessons[0]), 404, "LESSON_NOT_FOUND");
  CHECK_LMS_REFUSED(complete(who, id, "lesson-001"), 404, "LESSON_NOT_FOUND");
  CHECK(lms(who).get("/enrollments/" + id).integer("lessons_completed") == 0);
  CHECK_LMS_REFUSED(lms().get("/enrollments/" + id), 401, "AUTHENTICATION_REQUIRED");
  CHECK_LMS_REFUSED(lms().post("/enrollments/" + id + "/lessons/" + course.lessons[0] + "/complete"), 401,
                    "AUTHENTICATION_REQUIRED");
}

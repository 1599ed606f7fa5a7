#include "tests/api/lms/lms.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape day_shape = {{"date", "date"},
                         {"enrollments", "integer"},
                         {"completions", "integer"},
                         {"lessons_completed", "integer"},
                         {"quiz_attempts", "integer"},
                         {"revenue", "array"}};

const shape account_shape = shape{{"total_enrollments", "integer"}, {"total_completions", "integer"},
                                  {"completion_rate", "number"},    {"total_lessons_completed", "integer"},
                                  {"quiz_attempts", "integer"},     {"average_quiz_score", "integer"},
                                  {"quiz_pass_rate", "number"},     {"revenue", "array"},
                                  {"period.from", "date"},          {"period.to", "date"},
                                  {"history_complete", "boolean"}} +
                            below("daily.*", day_shape);

std::string of(const std::string& course) { return "/analytics/courses/" + course + "/analytics"; }

response complete(const person& who, const std::string& enrollment, const std::string& lesson) {
  return lms(who).post("/enrollments/" + enrollment + "/lessons/" + lesson + "/complete");
}

}  // namespace

TEST_CASE("lms analytics: a learner's own", "[lms][analytics]") {
  const auto author = fresh_instructor(shared_server());
  const auto who = fresh_account();
  const shape documented = {{"courses_enrolled", "integer"},        {"courses_completed", "integer"},
                            {"total_lessons_completed", "integer"}, {"quizzes_taken", "integer"},
                            {"average_quiz_score", "number"},       {"learning_time_minutes", "integer"}};
  const auto fresh = lms(who).get("/analytics/student");
  REQUIRE_STATUS(fresh, 200);
  CHECK_SHAPE(fresh, documented);
  CHECK(fresh.integer("courses_enrolled") == 0);

  const auto course = lms_course_of(author, 2), other = lms_course_of(author, 1);
  const auto entered = lms(who).post("/enrollments", object({{"course_id", course.id}}));
  REQUIRE_STATUS(entered, 201);
  REQUIRE_STATUS(lms(who).post("/enrollments", object({{"course_id", other.id}})), 201);
  for (const auto& lesson : course.lessons) REQUIRE_STATUS(complete(who, entered.text("id"), lesson), 200);
  REQUIRE_STATUS(complete(who, entered.text("id"), course.lessons[0]), 200);
  CHECK(eventually([&] { return lms(who).get("/analytics/student").integer("courses_completed") == 1; }));
  const auto mine = lms(who).get("/analytics/student");
  CHECK_SHAPE(mine, documented + shape{{"daily_activity.*.date", "date"},
                                       {"daily_activity.*.lessons_completed", "integer"},
                                       {"daily_activity.*.learning_time_minutes", "integer"}});
  CHECK(mine.integer("courses_enrolled") == 2);
  CHECK(mine.integer("total_lessons_completed") == 2);
  CHECK(mine.integer("learning_time_minutes") == 20);
  CHECK(mine.integer("daily_activity.29.lessons_completed") == 2);
  CHECK(lms(fresh_account()).get("/analytics/student").integer("courses_enrolled") == 0);
  CHECK_LMS_REFUSED(lms().get("/analytics/student"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("lms analytics: a course by days and lessons, for its author", "[lms][analytics]") {
  const auto author = fresh_instructor(shared_server()), other = fresh_instructor(shared_server());
  const auto ada = fresh_account(), bob = fresh_account();
  const auto course = lms_course_of(author, 2), draft = lms_course_of(author, 1, false);
  for (const auto& who : {ada, bob}) {
    const auto entered = lms(who).post("/enrollments", object({{"course_id", course.id}}));
    REQUIRE_STATUS(entered, 201);
    REQUIRE_STATUS(complete(who, entered.text("id"), course.lessons[0]), 200);
    if (who.id == ada.id) REQUIRE_STATUS(complete(who, entered.text("id"), course.lessons[1]), 200);
  }
  CHECK(eventually([&] { return lms(author).get(of(course.id)).integer("total_lessons_completed") == 3; }));
  const auto shown = lms(author).get(of(course.id));
  REQUIRE_STATUS(shown, 200);
  CHECK_SHAPE(shown, account_shape + shape{{"course_id", "uuid"},
                                           {"title", "text"},
                                           {"questions", "array"},
                                           {"lessons.*.lesson_id", "uuid"},
                                           {"lessons.*.title", "text"},
                                           {"lessons.*.order", "integer"},
                                           {"lessons.*.completions", "integer"},
                                           {"lessons.*.completion_rate", "number"}});
  CHECK(shown.integer("total_enrollments") == 2);
  CHECK(shown.integer("total_completions") == 1);
  CHECK(shown.at("completion_rate").text() == "50");
  CHECK(shown.integer("lessons.0.completions") == 2);
  CHECK(shown.integer("lessons.1.completions") == 1);
  CHECK(shown.at("daily").items().size() == 30);
  CHECK(shown.integer("daily.29.enrollments") == 2);
  const auto week = lms(author).get(of(course.id) + "?days=7");
  CHECK(week.at("daily").items().size() == 7);
  CHECK(week.integer("total_enrollments") == 2);

  CHECK_STATUS(lms(administrator()).get(of(course.id)), 200);
  CHECK_LMS_REFUSED(lms(other).get(of(course.id)), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms(ada).get(of(course.id)), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms().get(of(course.id)), 401, "AUTHENTICATION_REQUIRED");
  CHECK_STATUS(lms(author).get(of(draft.id)), 200);
  CHECK_LMS_REFUSED(lms(other).get(of(draft.id)), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(author).get(of("course-001")), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(author).get(of(unknown_id)), 404, "COURSE_NOT_FOUND");
  CHECK_INVALID(lms(author).get(of(course.id) + "?days=0"), "days");
  CHECK_INVALID(lms(author).get(of(course.id) + "?days=soon"), "days");
}

TEST_CASE("lms analytics: what was hard in a course's quizzes", "[lms][analytics]") {
  const auto author = fresh_instructor(shared_server());
  const auto who = fresh_account();
  const auto course = lms_course_of(author, 1);
  REQUIRE_STATUS(lms(who).post("/enrollments", object({{"course_id", course.id}})), 201);
  const auto quiz = lms(author).post(
      "/quizzes", object({{"course_id", course.id}, {"title", "Basics"}, {"passing_score_percentage", 50}}));
  REQUIRE_STATUS(quiz, 201);
  const auto path = "/quizzes/" + quiz.text("id");
  std::vector<std::string> questions;
  for (const char* text : {"Easy?", "Hard?"}) {
    const auto made = lms(author).post(path + "/questions", object({{"question_text", text},
                                                                    {"question_type", "multiple_choice"},
                                                                    {"options", std::vector<std::string>{"A", "B"}},
                                                                    {"correct_answer", "A"},
                                                                    {"points", 1}}));
    REQUIRE_STATUS(made, 201);
    questions.push_back(made.text("id"));
  }
  REQUIRE_STATUS(lms(author).post(path + "/publish"), 200);
  const auto begun = lms(who).post(path + "/attempts");
  REQUIRE_STATUS(begun, 201);
  const auto answer = [](const std::string& question, const char* text) {
    return object({{"question_id", question}, {"answer", text}});
  };
  REQUIRE_STATUS(lms(who).post("/attempts/" + begun.text("id") + "/submit",
                               R"({"answers":[)" + answer(questions[0], "A") + "," + answer(questions[1], "B") + "]}"),
                 200);
  CHECK(eventually([&] { return lms(who).get("/analytics/student").integer("quizzes_taken") == 1; }));
  CHECK(lms(who).get("/analytics/student").integer("average_quiz_score") == 50);
  const auto shown = lms(author).get(of(course.id));
  CHECK_SHAPE(shown, {{"questions.*.question_id", "uuid"},
                      {"questions.*.quiz_id", "uuid"},
                      {"questions.*.quiz_title", "text"},
                      {"questions.*.question_text", "text"},
                      {"questions.*.asked", "integer"},
                      {"questions.*.answered", "integer"},
                      {"questions.*.correct", "integer"},
                      {"questions.*.correct_rate", "number"},
                      {"questions.*.difficulty", "number"}});
  CHECK(shown.integer("quiz_attempts") == 1);
  CHECK(shown.text("questions.0.question_text") == "Hard?");
  CHECK(shown.at("questions.0.difficulty").text() == "1");
  CHECK(shown.integer("questions.1.correct") == 1);
  CHECK(shown.at("quiz_pass_rate").text() == "100");
}

TEST_CASE("lms analytics: an instructor's courses", "[lms][analytics]") {
  const auto author = fresh_instructor(shared_server());
  const auto none = lms(author).get("/analytics/instructor");
  REQUIRE_STATUS(none, 200);
  CHECK_SHAPE(none, account_shape + shape{{"total_courses", "integer"}, {"courses", "array"}});
  CHECK(none.integer("total_courses") == 0);
  const auto course = lms_course_of(author, 1), draft = lms_course_of(author, 1, false);
  REQUIRE_STATUS(lms(fresh_account()).post("/enrollments", object({{"course_id", course.id}})), 201);
  CHECK(eventually([&] { return lms(author).get("/analytics/instructor").integer("total_enrollments") == 1; }));
  const auto shown = lms(author).get("/analytics/instructor?days=2");
  CHECK_SHAPE(shown, account_shape + shape{{"courses.*.id", "uuid"},
                                           {"courses.*.title", "text"},
                                           {"courses.*.is_published", "boolean"},
                                           {"courses.*.enrollments", "integer"},
                                           {"courses.*.completions", "integer"},
                                           {"courses.*.completion_rate", "number"}});
  CHECK(shown.integer("total_courses") == 2);
  CHECK(shown.text("courses.0.id") == draft.id);
  CHECK(shown.text("courses.1.id") == course.id);
  CHECK(shown.integer("courses.1.enrollments") == 1);
  CHECK_STATUS(lms(administrator()).get("/analytics/instructor"), 200);
  CHECK_LMS_REFUSED(lms(fresh_account()).get("/analytics/instructor"), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms().get("/analytics/instructor"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("lms analytics: everything, for administrators", "[lms][analytics]") {
  const auto admin = administrator();
  const auto before = lms(admin).get("/analytics/system");
  REQUIRE_STATUS(before, 200);
  CHECK_SHAPE(before, account_shape + shape{{"total_users", "integer"},
                                            {"published_courses", "integer"},
                                            {"daily_registrations.*.date", "date"},
                                            {"daily_registrations.*.registrations", "integer"}});
  const auto who = fresh_account();
  const auto course = paid_course("49.99", "");
  buy(who, {course});
  // Others buy meanwhile, too: no less than this.
  const auto earned = [&](const response& r) {
    for (const auto& one : r.at("revenue").items())
      if (find_at(one, "currency")->text() == "usd") return find_at(one, "amount")->as_real().value_or(0);
    return 0.0;
  };
  CHECK(eventually([&] {
    const auto now = lms(admin).get("/analytics/system");
    return now.integer("total_users") > before.integer("total_users") &&
           now.integer("total_enrollments") > before.integer("total_enrollments") &&
           earned(now) >= earned(before) + 49.98;
  }));
  CHECK(lms(teacher()).get(of(course.id)).at("revenue").dump() == R"([{"currency":"usd","amount":49.99}])");
  CHECK_LMS_REFUSED(lms(teacher()).get("/analytics/system"), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms(who).get("/analytics/system"), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms().get("/analytics/system"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("lms analytics: what was before is counted as the rows have it, and what follows on top",
          "[lms][analytics]") {
  const auto with_demo = start_server({}, {"--demo"});
  const at_server here(*with_demo);
  const auto in = lms().post("/auth/login", object({{"email", "admin@example.com"}, {"password", "Learn-stoa-2026"}}));
  REQUIRE_STATUS(in, 200);
  const auto admin = lms().as(in.text("access_token"));
  REQUIRE(eventually([&] { return admin.get("/analytics/system").truth("history_complete"); }));
  const auto counted = [&](const std::string& rows) {
    return std::stoll(sql(*with_demo, "select count(*) from " + rows));
  };
  const auto agrees = [&] {
    const auto shown = admin.get("/analytics/system");
    return shown.integer("total_enrollments") == counted("enrollment") &&
           shown.integer("total_completions") == counted("enrollment where completed_at is not null") &&
           shown.integer("total_lessons_completed") == counted("lesson_progress where completed_at is not null") &&
           shown.integer("total_users") == counted("account");
  };
  CHECK(eventually(agrees));
  CHECK(counted("enrollment") > 200);
  const auto revenue =
      sql(*with_demo, "select sum(total_minor) / 100.0 from customer_order where status = 'completed'");
  CHECK(admin.get("/analytics/system").at("revenue.0.amount").as_real() == std::stod(revenue));

  const auto author = fresh_instructor(*with_demo);
  const auto course = lms_course_of(author, 1);
  const auto who = fresh_account(*with_demo);
  const auto entered = lms(who).post("/enrollments", object({{"course_id", course.id}}));
  REQUIRE_STATUS(entered, 201);
  REQUIRE_STATUS(complete(who, entered.text("id"), course.lessons[0]), 200);
  CHECK(eventually(
      [&] { return lms(author).get("/analytics/instructor").integer("total_completions") == 1 && agrees(); }));

  // Of a learner of the demo, too.
  const auto known =
      lms().post("/auth/login", object({{"email", "student@example.com"}, {"password", "Learn-stoa-2026"}}));
  const auto student = lms().as(known.text("access_token"));
  CHECK(student.get("/analytics/student").integer("courses_enrolled") ==
        student.get("/enrollments/my-courses").integer("total"));
}

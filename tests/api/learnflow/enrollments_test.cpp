#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape progress_shape = {{"id", "uuid"},
                              {"progress_percent", "integer"},
                              {"lessons_completed", "integer"},
                              {"total_lessons", "integer"},
                              {"enrolled_at", "time"},
                              {"is_completed", "boolean"},
                              {"certificate_url", "string|null"}};

const shape listed_shape = progress_shape + shape{{"course.id", "uuid"},
                                                  {"course.title", "text"},
                                                  {"course.thumbnail", "url"},
                                                  {"course.duration_hours", "integer"},
                                                  {"course.level", "text"},
                                                  {"current_lesson.id", "uuid"},
                                                  {"current_lesson.title", "text"},
                                                  {"current_lesson.order", "integer"}};

response mark(const person& who, const std::string& enrollment, const std::string& lesson) {
  return learnflow(who).post("/enrollments/" + enrollment + "/mark-lesson-complete/", object({{"lesson_id", lesson}}));
}

}  // namespace

TEST_CASE("enrolments: a free course is entered at once", "[learnflow][enrollments]") {
  const auto who = fresh_account();
  const auto course = free_course(3);
  const auto entered = learnflow(who).post("/courses/" + course.id + "/enroll/");
  REQUIRE_STATUS(entered, 201);
  CHECK_SHAPE(entered, {{"id", "uuid"},
                        {"course_id", "uuid"},
                        {"course_title", "text"},
                        {"enrolled_at", "time"},
                        {"progress_percent", "integer"},
                        {"lessons_completed", "integer"},
                        {"total_lessons", "integer"},
                        {"is_completed", "boolean"},
                        {"message", "text"}});
  CHECK(entered.text("course_id") == course.id);
  CHECK(entered.text("course_title") == course.title);
  CHECK(entered.integer("progress_percent") == 0);
  CHECK(entered.integer("lessons_completed") == 0);
  CHECK(entered.integer("total_lessons") == 3);
  CHECK_FALSE(entered.truth("is_completed"));
  CHECK(entered.text("message").find(course.title) != std::string::npos);

  CHECK_REFUSED(learnflow(who).post("/courses/" + course.id + "/enroll/"), 409, "ALREADY_ENROLLED");
  // Without any body at all it is the same request.
  CHECK_STATUS(learnflow(fresh_account()).send("POST", "/courses/" + course.id + "/enroll/", std::nullopt), 201);
}

TEST_CASE("enrolments: a paid course is entered by paying only", "[learnflow][enrollments]") {
  const auto who = fresh_account();
  const auto course = paid_course();
  CHECK_REFUSED(learnflow(who).post("/courses/" + course.id + "/enroll/"), 402, "PAYMENT_REQUIRED");
  order(who, {course});
  CHECK_REFUSED(learnflow(who).post("/courses/" + course.id + "/enroll/"), 402, "PAYMENT_REQUIRED");
  CHECK(learnflow(who).get("/enrollments/").integer("count") == 0);
  CHECK_REFUSED(learnflow(who).post("/courses/invalid-course-id/enroll/"), 404, "COURSE_NOT_FOUND");
  CHECK_REFUSED(learnflow(who).post("/courses/3f0b7f7e-0000-7000-8000-000000000000/enroll/"), 404, "COURSE_NOT_FOUND");
  course_plan draft;
  draft.published = false;
  draft.price = "0";
  draft.original_price = "";
  CHECK_REFUSED(learnflow(who).post("/courses/" + build_course(teacher(), draft).id + "/enroll/"), 404,
                "COURSE_NOT_FOUND");
  CHECK_REFUSED(learnflow().post("/courses/" + course.id + "/enroll/"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("enrolments: the list, by status and page", "[learnflow][enrollments]") {
  const auto who = fresh_account();
  const auto none = learnflow(who).get("/enrollments/");
  REQUIRE_STATUS(none, 200);
  CHECK(none.integer("count") == 0);
  CHECK(none.at("results").items().empty());

  const auto done = free_course(1), open = free_course(4);
  const auto done_id = enroll(who, done), open_id = enroll(who, open);
  REQUIRE_STATUS(mark(who, done_id, done.lessons[0]), 200);
  REQUIRE_STATUS(mark(who, open_id, open.lessons[0]), 200);

  const auto active = learnflow(who).get("/enrollments/?status=active&page=1&page_size=10");
  REQUIRE_STATUS(active, 200);
  CHECK_SHAPE(active, shape{{"count", "integer"}} + below("results.*", listed_shape));
  CHECK(active.integer("count") == 1);
  CHECK(active.text("results.0.id") == open_id);
  CHECK(active.text("results.0.course.id") == open.id);
  CHECK(active.text("results.0.course.level") == "Beginner");
  CHECK(active.integer("results.0.progress_percent") == 25);
  CHECK(active.integer("results.0.lessons_completed") == 1);
  CHECK(active.integer("results.0.total_lessons") == 4);
  CHECK(active.text("results.0.current_lesson.id") == open.lessons[1]);
  CHECK(active.integer("results.0.current_lesson.order") == 2);

  const auto completed = learnflow(who).get("/enrollments/?status=completed");
  CHECK(completed.integer("count") == 1);
  CHECK(completed.text("results.0.id") == done_id);
  CHECK(completed.truth("results.0.is_completed"));
  CHECK(learnflow(who).get("/enrollments/").integer("count") == 2);
  CHECK(learnflow(who).get("/enrollments/?page_size=1&page=2").at("results").items().size() == 1);
  CHECK(learnflow(who).get("/enrollments/?page=9").at("results").items().empty());
  CHECK_REFUSED(learnflow(who).get("/enrollments/?status=sleeping"), 422, "VALIDATION_ERROR");
  CHECK_REFUSED(learnflow(who).get("/enrollments/?page=none"), 422, "VALIDATION_ERROR");
  CHECK_REFUSED(learnflow().get("/enrollments/"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("enrolments: the detail has the curriculum with one's marks", "[learnflow][enrollments]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto course = free_course(2);
  const auto id = enroll(who, course);
  REQUIRE_STATUS(mark(who, id, course.lessons[1]), 200);
  const auto shown = learnflow(who).get("/enrollments/" + id + "/");
  REQUIRE_STATUS(shown, 200);
  CHECK_SHAPE(shown, progress_shape + shape{{"course.id", "uuid"},
                                            {"course.title", "text"},
                                            {"course.instructor.id", "uuid"},
                                            {"course.instructor.first_name", "text"},
                                            {"course.instructor.last_name", "text"},
                                            {"course.curriculum.*.id", "uuid"},
                                            {"course.curriculum.*.title", "text"},
                                            {"course.curriculum.*.lessons.*.id", "uuid"},
                                            {"course.curriculum.*.lessons.*.title", "text"},
                                            {"course.curriculum.*.lessons.*.duration_minutes", "integer"},
                                            {"course.curriculum.*.lessons.*.order", "integer"},
                                            {"course.curriculum.*.lessons.*.is_preview", "boolean"},
                                            {"course.curriculum.*.lessons.*.video_url", "url"},
                                            {"course.curriculum.*.lessons.*.completed", "boolean"},
                                            {"course.curriculum.*.lessons.*.watch_time_seconds", "integer"}});
  CHECK_FALSE(shown.truth("course.curriculum.0.lessons.0.completed"));
  CHECK(shown.truth("course.curriculum.0.lessons.1.completed"));
  CHECK(shown.integer("progress_percent") == 50);

  CHECK_REFUSED(learnflow(other).get("/enrollments/" + id + "/"), 404, "ENROLLMENT_NOT_FOUND");
  CHECK(learnflow(other).get("/enrollments/" + id + "/").body ==
        learnflow(other).get("/enrollments/enrollment-001/").body);
  CHECK_REFUSED(learnflow().get("/enrollments/" + id + "/"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("lessons: marked one by one up to the end", "[learnflow][enrollments][lessons]") {
  const auto who = fresh_account();
  const auto course = free_course(3);
  const auto id = enroll(who, course);

  const auto first = mark(who, id, course.lessons[0]);
  REQUIRE_STATUS(first, 200);
  CHECK_SHAPE(first, {{"lesson_id", "uuid"},
                      {"enrollment_id", "uuid"},
                      {"is_completed", "boolean"},
                      {"completed_at", "time"},
                      {"enrollment_progress", "integer"},
                      {"message", "text"}});
  CHECK(first.text("lesson_id") == course.lessons[0]);
  CHECK(first.text("enrollment_id") == id);
  CHECK(first.truth("is_completed"));
  CHECK(first.integer("enrollment_progress") == 33);
  CHECK(first.text("message").find("1 out of 3 lessons") != std::string::npos);

  const auto again = mark(who, id, course.lessons[0]);
  REQUIRE_STATUS(again, 200);
  CHECK(again.text("completed_at") == first.text("completed_at"));
  CHECK(again.integer("enrollment_progress") == 33);

  CHECK(mark(who, id, course.lessons[2]).integer("enrollment_progress") == 67);
  CHECK(learnflow(who).get("/courses/" + course.id + "/").truth("curriculum.0.lessons.2.completed"));
  CHECK_FALSE(learnflow(who).get("/enrollments/" + id + "/").truth("is_completed"));
  CHECK(mark(who, id, course.lessons[1]).integer("enrollment_progress") == 100);
  CHECK(learnflow(who).get("/enrollments/" + id + "/").truth("is_completed"));
  CHECK(learnflow(who).get("/enrollments/" + id + "/").integer("progress_percent") == 100);
}

TEST_CASE("lessons: what cannot be marked", "[learnflow][enrollments][lessons]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto course = free_course(), elsewhere = free_course();
  const auto id = enroll(who, course);
  CHECK_REFUSED(mark(who, id, elsewhere.lessons[0]), 404, "LESSON_NOT_FOUND");
  CHECK_REFUSED(mark(who, id, "lesson-015"), 404, "LESSON_NOT_FOUND");
  CHECK_REFUSED(mark(other, id, course.lessons[0]), 404, "ENROLLMENT_NOT_FOUND");
  CHECK_REFUSED(mark(who, "enrollment-001", course.lessons[0]), 404, "ENROLLMENT_NOT_FOUND");
  CHECK_REFUSED(learnflow(who).post("/enrollments/" + id + "/mark-lesson-complete/"), 422, "VALIDATION_ERROR");
  CHECK_REFUSED(learnflow().post("/enrollments/" + id + "/mark-lesson-complete/"), 401, "AUTHENTICATION_REQUIRED");
  CHECK(learnflow(who).get("/enrollments/" + id + "/").integer("lessons_completed") == 0);
}

TEST_CASE("lessons: the last of two hundred makes it a hundred per cent", "[learnflow][enrollments][lessons]") {
  const auto who = fresh_account();
  course_plan plan;
  plan.price = "0";
  plan.original_price = "";
  plan.sections = 2;
  plan.lessons = 100;
  const auto course = build_course(teacher(), plan);
  const auto id = enroll(who, course);
  response last;
  for (std::size_t i = 0; i + 1 < course.lessons.size(); ++i) last = mark(who, id, course.lessons[i]);
  REQUIRE_STATUS(last, 200);
  CHECK(last.integer("enrollment_progress") == 99);  // 99.5, and not yet all of it
  CHECK(mark(who, id, course.lessons.back()).integer("enrollment_progress") == 100);
}

TEST_CASE("progress follows the curriculum as it stands", "[learnflow][enrollments]") {
  const auto who = fresh_account();
  const auto course = free_course(1);
  const auto id = enroll(who, course);
  CHECK(mark(who, id, course.lessons[0]).integer("enrollment_progress") == 100);
  REQUIRE_STATUS(learnflow(teacher()).post("/sections/" + course.sections[0] + "/lessons/",
                                           object({{"title", "One more"}, {"duration_minutes", 5}})),
                 201);
  const auto shown = learnflow(who).get("/enrollments/" + id + "/");
  CHECK(shown.integer("progress_percent") == 50);
  CHECK(shown.integer("total_lessons") == 2);
}

TEST_CASE("progress: a lesson that is gone is neither done nor missing", "[learnflow][enrollments]") {
  const auto who = fresh_account();
  const auto course = free_course(3);
  const auto id = enroll(who, course);
  REQUIRE_STATUS(mark(who, id, course.lessons[0]), 200);
  REQUIRE_STATUS(learnflow(teacher()).del("/lessons/" + course.lessons[0] + "/"), 204);
  const auto after = learnflow(who).get("/enrollments/" + id + "/");
  CHECK(after.integer("lessons_completed") == 0);
  CHECK(after.integer("total_lessons") == 2);
  CHECK_REFUSED(mark(who, id, course.lessons[0]), 404, "LESSON_NOT_FOUND");
  CHECK(mark(who, id, course.lessons[1]).integer("enrollment_progress") == 50);
  REQUIRE_STATUS(learnflow(teacher()).del("/lessons/" + course.lessons[2] + "/"), 204);
  const auto all = learnflow(who).get("/enrollments/" + id + "/");
  CHECK(all.integer("progress_percent") == 100);
  CHECK(all.truth("is_completed"));
}

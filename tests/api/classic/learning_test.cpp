#include "tests/api/classic/classic.hpp"

#include "tests/api/lms/lms.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape enrollment_shape = {{"id", "integer"},
                                {"course.id", "integer"},
                                {"course.title", "text"},
                                {"course.slug", "text"},
                                {"status", "text"},
                                {"progress", "integer"},
                                {"lessons_completed", "integer"},
                                {"total_lessons", "integer"},
                                {"enrolled_at", "time"},
                                {"completed_at", "time|null"}};
const shape row_shape = {
    {"id", "integer"},           {"enrollment_id", "integer"},  {"course_id", "integer"},   {"lesson_id", "integer"},
    {"lesson_title", "text"},    {"order", "integer"},          {"status", "text"},         {"notes", "string"},
    {"started_at", "time|null"}, {"completed_at", "time|null"}, {"updated_at", "time|null"}};
const shape page_shape = {{"count", "integer"}, {"next", "url|null"}, {"previous", "url|null"}};

std::string entering(std::int64_t course) { return object({{"course_id", static_cast<int>(course)}}); }

response rows_of(const person& who, const classic_course& in) {
  return classic(who).get("/progress/?course_id=" + std::to_string(in.id));
}

std::string row_path(const response& rows, std::size_t index) {
  return "/progress/" + std::to_string(rows.integer("results." + std::to_string(index) + ".id")) + "/";
}

}  // namespace

TEST_CASE("classic enrolments: entered, listed and read", "[classic][enrollments]") {
  const auto author = fresh_instructor(shared_server());
  const auto learner = fresh_account(), other = fresh_account();
  const auto course = classic_course_of(author, 2), second = classic_course_of(author, 1);
  const auto in = classic(learner).post("/enrollments/", entering(course.id));
  REQUIRE_STATUS(in, 201);
  CHECK_SHAPE(in, enrollment_shape);
  CHECK(in.integer("course.id") == course.id);
  CHECK(in.text("status") == "active");
  CHECK(in.integer("total_lessons") == 2);
  enter(learner, second);

  const auto list = classic(learner).get("/enrollments/");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list, page_shape + below("results.*", enrollment_shape));
  CHECK(list.integer("count") == 2);
  CHECK(list.integer("results.0.id") == in.integer("id"));
  CHECK(classic(learner).get("/enrollments/?page=2&page_size=1").integer("results.0.course.id") == second.id);
  const auto path = "/enrollments/" + std::to_string(in.integer("id")) + "/";
  const auto one = classic(learner).get(path);
  REQUIRE_STATUS(one, 200);
  CHECK_SHAPE(one, enrollment_shape);
  // The same enrolment at another door.
  CHECK(learnflow(learner).get("/enrollments/").integer("count") == 2);

  for (const auto& at : {path, "/enrollments/" + std::string(unknown_number) + "/", std::string("/enrollments/one/")})
    CHECK_CLASSIC_REFUSED(classic(other).get(at), 404, "ENROLLMENT_NOT_FOUND");
  CHECK(classic(other).get("/enrollments/").integer("count") == 0);
  CHECK_CLASSIC_REFUSED(classic().get("/enrollments/"), 401, "AUTHENTICATION_REQUIRED");
  CHECK_CLASSIC_REFUSED(classic().get(path), 401, "AUTHENTICATION_REQUIRED");
  CHECK_CLASSIC_INVALID(classic(learner).get("/enrollments/?page=none"), "page");
}

TEST_CASE("classic enrolments: refusals", "[classic][enrollments]") {
  const auto author = fresh_instructor(shared_server());
  const auto learner = fresh_account();
  const auto course = classic_course_of(author, 1), draft = classic_course_of(author, 1, false),
             paid = classic_course_of(author, 1);
  REQUIRE_STATUS(classic(author).put(paid.path, object({{"price", "49.99"}})), 200);
  enter(learner, course);
  CHECK_CLASSIC_REFUSED(classic(learner).post("/enrollments/", entering(course.id)), 409, "ALREADY_ENROLLED");
  CHECK_CLASSIC_REFUSED(classic(learner).post("/enrollments/", entering(paid.id)), 400, "PAYMENT_REQUIRED");
  CHECK_CLASSIC_REFUSED(classic(learner).post("/enrollments/", entering(draft.id)), 404, "COURSE_NOT_FOUND");
  CHECK_CLASSIC_REFUSED(classic(learner).post("/enrollments/", entering(2'000'000'000)), 404, "COURSE_NOT_FOUND");
  CHECK_CLASSIC_REFUSED(classic().post("/enrollments/", entering(course.id)), 401, "AUTHENTICATION_REQUIRED");
  CHECK_CLASSIC_INVALID(classic(learner).post("/enrollments/", "{}"), "course_id");
  CHECK_CLASSIC_INVALID(classic(learner).post("/enrollments/", object({{"course_id", "first"}})), "course_id");
  REQUIRE_STATUS(classic(administrator()).post("/enrollments/", entering(paid.id)), 201);
}

TEST_CASE("classic progress: a row for each lesson from the enrolment on", "[classic][progress]") {
  const auto author = fresh_instructor(shared_server());
  const auto learner = fresh_account();
  const auto course = classic_course_of(author, 2), second = classic_course_of(author, 1);
  const auto enrollment = enter(learner, course);
  enter(learner, second);
  const auto rows = rows_of(learner, course);
  REQUIRE_STATUS(rows, 200);
  CHECK_SHAPE(rows, page_shape + below("results.*", row_shape));
  CHECK(rows.integer("count") == 2);
  CHECK(rows.integer("results.0.enrollment_id") == enrollment);
  CHECK(rows.integer("results.0.course_id") == course.id);
  CHECK(rows.integer("results.0.lesson_id") == course.lessons[0]);
  CHECK(rows.integer("results.1.lesson_id") == course.lessons[1]);
  CHECK(rows.integer("results.1.order") == 2);
  for (const char* at : {"results.0.", "results.1."}) {
    CHECK(rows.text(at + std::string("status")) == "not_started");
    CHECK(rows.text(at + std::string("notes")).empty());
    CHECK(rows.at(at + std::string("updated_at")).is_null());
  }
  // A lesson that comes later has its row, and the others keep their numbers.
  REQUIRE_STATUS(classic(author).post(course.path + "lessons/", object({{"title", "Later"}})), 201);
  const auto more = rows_of(learner, course);
  CHECK(more.integer("count") == 3);
  CHECK(more.integer("results.0.id") == rows.integer("results.0.id"));
  CHECK(more.integer("results.1.id") == rows.integer("results.1.id"));
  CHECK(more.text("results.2.lesson_title") == "Later");

  const auto all = classic(learner).get("/progress/");
  CHECK(all.integer("count") == 4);
  CHECK(classic(learner).get("/progress/?page=2&page_size=3").integer("results.0.course_id") == second.id);
  const auto nowhere = classic(learner).get("/progress/?course_id=" + std::string(unknown_number));
  REQUIRE_STATUS(nowhere, 200);
  CHECK(nowhere.integer("count") == 0);
  CHECK(rows_of(fresh_account(), course).integer("count") == 0);
  CHECK_CLASSIC_INVALID(classic(learner).get("/progress/?course_id=first"), "course_id");
  CHECK_CLASSIC_INVALID(classic(learner).get("/progress/?page_size=none"), "page_size");
  CHECK_CLASSIC_REFUSED(classic().get("/progress/"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("classic progress: begun, noted, completed, and the course with the last", "[classic][progress]") {
  const auto author = fresh_instructor(shared_server());
  const auto learner = fresh_account();
  const auto course = classic_course_of(author, 2);
  const auto enrollment = "/enrollments/" + std::to_string(enter(learner, course)) + "/";
  const auto rows = rows_of(learner, course);
  const auto me = classic(learner);

  const auto begun = me.put(row_path(rows, 0), object({{"status", "in_progress"}}));
  REQUIRE_STATUS(begun, 200);
  CHECK_SHAPE(begun, row_shape);
  CHECK(begun.text("status") == "in_progress");
  CHECK_FALSE(begun.at("started_at").is_null());
  CHECK(me.get(enrollment).integer("progress") == 0);
  // Nor is it completed for whoever reads the row, as the next server does.
  const auto finished =
      "select count(*) from lesson_progress p where p.completed_at is not null and p.user_id = '" + learner.id + "'";
  CHECK(sql(shared_server(), finished) == "0");

  const auto done = me.put(row_path(rows, 0), object({{"status", "completed"}, {"notes", "Completed all exercises"}}));
  REQUIRE_STATUS(done, 200);
  CHECK(done.integer("id") == rows.integer("results.0.id"));
  CHECK(done.text("status") == "completed");
  CHECK(done.text("notes") == "Completed all exercises");
  CHECK_FALSE(done.at("completed_at").is_null());
  CHECK(me.get(enrollment).integer("progress") == 50);
  CHECK(rows_of(learner, course).text("results.0.notes") == "Completed all exercises");
  CHECK(me.get(row_path(rows, 0)).text("notes") == "Completed all exercises");
  // Completed here is completed everywhere.
  CHECK(learnflow(learner).get("/enrollments/").integer("results.0.progress_percent") == 50);

  // Notes by themselves; what was completed keeps its time.
  const auto noted = me.put(row_path(rows, 0), object({{"notes", "Once more"}}));
  CHECK(noted.text("notes") == "Once more");
  CHECK(noted.text("completed_at") == done.text("completed_at"));
  CHECK(me.put(row_path(rows, 0), object({{"status", "completed"}})).text("notes") == "Once more");
  CHECK(me.put(row_path(rows, 0), object({{"notes", nullptr}})).text("notes").empty());
  CHECK(me.put(row_path(rows, 1), object({{"notes", "Read first"}})).text("status") == "not_started");
  CHECK(me.put(row_path(rows, 1), "{}").text("notes") == "Read first");
  CHECK(sql(shared_server(), finished) == "1");

  const auto last = me.put(row_path(rows, 1), object({{"status", "Completed"}}));
  REQUIRE_STATUS(last, 200);
  const auto over = me.get(enrollment);
  CHECK(over.text("status") == "completed");
  CHECK(over.integer("progress") == 100);
  CHECK_FALSE(over.at("completed_at").is_null());
}

TEST_CASE("classic progress: what other doors complete is completed here", "[classic][progress]") {
  const auto author = fresh_instructor(shared_server());
  const auto learner = fresh_account();
  const auto course = lms_course_of(author, 1);
  const auto in = lms(learner).post("/enrollments", object({{"course_id", course.id}}));
  REQUIRE_STATUS(in, 201);
  CHECK(classic(learner).get("/progress/").text("results.0.status") == "not_started");
  REQUIRE_STATUS(lms(learner).post("/enrollments/" + in.text("id") + "/lessons/" + course.lessons[0] + "/complete"),
                 200);
  CHECK(classic(learner).get("/progress/").text("results.0.status") == "completed");
}

TEST_CASE("classic progress: refusals", "[classic][progress]") {
  const auto author = fresh_instructor(shared_server());
  const auto learner = fresh_account(), other = fresh_account();
  const auto course = classic_course_of(author, 1);
  enter(learner, course);
  enter(other, course);
  const auto rows = rows_of(learner, course);
  const auto path = row_path(rows, 0);
  const auto completed = object({{"status", "completed"}});
  // Somebody else's row answers like one that nobody has, for the course's author, too.
  for (const auto& who : {other, author}) {
    CHECK_CLASSIC_REFUSED(classic(who).put(path, completed), 404, "PROGRESS_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(who).get(path), 404, "PROGRESS_NOT_FOUND");
  }
  for (const std::string& id : {std::string("1"), std::string("0"), std::string("-5"), std::string("one"),
                                std::string(unknown_number), std::string("9223372036854775807")}) {
    CHECK_CLASSIC_REFUSED(classic(learner).put("/progress/" + id + "/", completed), 404, "PROGRESS_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(learner).get("/progress/" + id + "/"), 404, "PROGRESS_NOT_FOUND");
  }
  CHECK_CLASSIC_REFUSED(classic().put(path, completed), 401, "AUTHENTICATION_REQUIRED");
  CHECK_CLASSIC_REFUSED(classic().get(path), 401, "AUTHENTICATION_REQUIRED");
  CHECK_CLASSIC_INVALID(classic(learner).put(path, object({{"status", "forgotten"}})), "status");
  CHECK_CLASSIC_INVALID(classic(learner).put(path, object({{"status", nullptr}})), "status");
  CHECK_CLASSIC_INVALID(classic(learner).put(path, object({{"notes", std::string(5001, 'x')}})), "notes");
  REQUIRE_STATUS(classic(learner).put(path, completed), 200);
  for (const char* back : {"in_progress", "not_started"})
    CHECK_CLASSIC_REFUSED(classic(learner).put(path, object({{"status", back}, {"notes", "lost"}})), 409,
                          "PROGRESS_GOES_BACK");
  CHECK(classic(learner).get(path).text("notes").empty());
}

#include <cmath>

#include "stoa/time.hpp"
#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape stats_shape = {{"courses_enrolled", "integer"},      {"courses_completed", "integer"},
                           {"total_hours_learned", "number"},    {"current_streak_days", "integer"},
                           {"average_rating_given", "number"},   {"certificates_earned", "integer"},
                           {"this_month_hours", "number"},       {"goals.target_hours_per_month", "integer"},
                           {"goals.progress_percent", "integer"}};

const shape me_shape = {{"id", "uuid"},
                        {"email", "text"},
                        {"first_name", "text"},
                        {"last_name", "text"},
                        {"is_instructor", "boolean"},
                        {"profile.bio", "string"},
                        {"profile.profile_picture", "string"},
                        {"profile.phone", "string"},
                        {"profile.country", "string"},
                        {"profile.timezone", "string"},
                        {"profile.total_hours_learned", "number"},
                        {"profile.courses_completed", "integer"},
                        {"profile.certificates_earned", "integer"},
                        {"profile.current_streak_days", "integer"},
                        {"profile.last_activity", "time"}};

void mark(const person& who, const std::string& enrollment, const std::string& lesson) {
  REQUIRE_STATUS(
      learnflow(who).post("/enrollments/" + enrollment + "/mark-lesson-complete/", object({{"lesson_id", lesson}})),
      200);
}

built_course free_in(const std::string& category, const std::string& level, int lessons, int minutes) {
  course_plan plan;
  plan.category = category;
  plan.level = level;
  plan.price = "0";
  plan.original_price = "";
  plan.lessons = lessons;
  plan.minutes = minutes;
  return build_course(teacher(), plan);
}

}  // namespace

TEST_CASE("dashboard: nothing learnt is zero everywhere", "[learnflow][dashboard]") {
  const auto stats = learnflow(fresh_account()).get("/dashboard/stats/");
  REQUIRE_STATUS(stats, 200);
  CHECK_SHAPE(stats, stats_shape + shape{{"last_activity", "null|time"}});
  for (const char* name : {"courses_enrolled", "courses_completed", "total_hours_learned", "current_streak_days",
                           "average_rating_given", "certificates_earned", "this_month_hours", "goals.progress_percent"})
    CHECK(stats.at(name).as_real() == 0.0);
}

TEST_CASE("dashboard: the numbers are what happened", "[learnflow][dashboard]") {
  const auto who = fresh_account();
  const auto done = free_in("Development", "beginner", 2, 45);   // 1.5 h, completed
  const auto begun = free_in("Development", "beginner", 4, 60);  // 1 h of 4
  const auto done_id = enroll(who, done), begun_id = enroll(who, begun);
  for (const auto& lesson : done.lessons) mark(who, done_id, lesson);
  mark(who, begun_id, begun.lessons[0]);
  REQUIRE_STATUS(
      learnflow(who).post("/courses/" + done.id + "/reviews/", R"({"rating": 4, "title": "Good", "comment": "Yes."})"),
      201);
  REQUIRE_STATUS(learnflow(who).post("/courses/" + begun.id + "/reviews/",
                                     R"({"rating": 5, "title": "Great", "comment": "Oh yes."})"),
                 201);
  const auto goal = learnflow(who).put("/dashboard/goals/", R"({"target_hours_per_month": 10})");
  REQUIRE_STATUS(goal, 200);
  CHECK_SHAPE(goal, {{"target_hours_per_month", "integer"}, {"progress_percent", "integer"}});
  CHECK(goal.integer("target_hours_per_month") == 10);

  const auto stats = learnflow(who).get("/dashboard/stats/");
  REQUIRE_STATUS(stats, 200);
  CHECK_SHAPE(stats, stats_shape + shape{{"last_activity", "time"}});
  CHECK(stats.integer("courses_enrolled") == 2);
  CHECK(stats.integer("courses_completed") == 1);
  CHECK(stats.at("total_hours_learned").as_real() == 2.5);
  CHECK(stats.at("this_month_hours").as_real() == 2.5);
  CHECK(stats.integer("current_streak_days") == 1);
  CHECK(stats.at("average_rating_given").as_real() == 4.5);
  CHECK(stats.integer("certificates_earned") == 0);
  CHECK(stats.integer("goals.target_hours_per_month") == 10);
  CHECK(stats.integer("goals.progress_percent") == 25);

  REQUIRE_STATUS(learnflow(who).patch("/auth/me/", object({{"profile_picture", "https://images.example.com/john.jpg"},
                                                           {"phone", "+1 (555) 123-4567"}})),
                 200);
  const auto me = learnflow(who).get("/auth/me/");
  CHECK_SHAPE(me, me_shape);
  CHECK(me.at("profile.total_hours_learned").as_real() == 2.5);
  CHECK(me.integer("profile.courses_completed") == 1);
  CHECK(me.integer("profile.certificates_earned") == 0);
  CHECK(me.integer("profile.current_streak_days") == 1);
}

TEST_CASE("dashboard: continue learning", "[learnflow][dashboard]") {
  const auto who = fresh_account();
  const auto first = free_in("Development", "beginner", 2, 90);
  const auto second = free_in("Design", "beginner", 4, 30);
  const auto finished = free_in("Design", "beginner", 1, 30);
  const auto first_id = enroll(who, first), second_id = enroll(who, second), finished_id = enroll(who, finished);
  mark(who, second_id, second.lessons[0]);
  mark(who, finished_id, finished.lessons[0]);
  mark(who, first_id, first.lessons[0]);

  const auto list = learnflow(who).get("/dashboard/continue-learning/");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list, below("results.*", {{"enrollment_id", "uuid"},
                                        {"course.id", "uuid"},
                                        {"course.title", "text"},
                                        {"course.thumbnail", "url"},
                                        {"course.instructor", "text"},
                                        {"progress_percent", "integer"},
                                        {"lessons_completed", "integer"},
                                        {"total_lessons", "integer"},
                                        {"last_accessed", "time"},
                                        {"time_spent_hours", "number"},
                                        {"current_lesson.id", "uuid"},
                                        {"current_lesson.title", "text"},
                                        {"current_lesson.order", "integer"},
                                        {"current_lesson.duration_minutes", "integer"},
                                        {"estimated_completion_date", "date"}}));
  REQUIRE(list.at("results").items().size() == 2);
  CHECK(list.text("results.0.enrollment_id") == first_id);
  CHECK(list.text("results.0.course.instructor") == "Angela Yu");
  CHECK(list.integer("results.0.progress_percent") == 50);
  CHECK(list.at("results.0.time_spent_hours").as_real() == 1.5);
  CHECK(list.text("results.0.current_lesson.id") == first.lessons[1]);
  CHECK(list.integer("results.0.current_lesson.duration_minutes") == 90);
  CHECK(list.text("results.1.enrollment_id") == second_id);
  CHECK(list.integer("results.1.lessons_completed") == 1);
  const auto today =
      iso_date(std::chrono::floor<days>(std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now())));
  CHECK(list.text("results.0.estimated_completion_date") >= today);
  CHECK(learnflow(fresh_account()).get("/dashboard/continue-learning/").at("results").items().empty());
}

TEST_CASE("dashboard: recommendations have their reasons", "[learnflow][dashboard]") {
  const auto who = fresh_account();
  const auto category = unique("Field");
  const auto known = free_in(category, "beginner", 1, 30);
  const auto next = free_in(category, "intermediate", 1, 30);
  course_plan hidden;
  hidden.category = category;
  hidden.level = "intermediate";
  hidden.published = false;
  const auto draft = build_course(teacher(), hidden);
  const auto id = enroll(who, known);
  mark(who, id, known.lessons[0]);

  const auto list = learnflow(who).get("/dashboard/recommendations/");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list, below("results.*", {{"id", "uuid"},
                                        {"title", "text"},
                                        {"slug", "text"},
                                        {"instructor.id", "uuid"},
                                        {"instructor.first_name", "text"},
                                        {"instructor.last_name", "text"},
                                        {"thumbnail", "string"},
                                        {"rating", "number"},
                                        {"rating_count", "integer"},
                                        {"student_count", "integer"},
                                        {"duration_hours", "integer"},
                                        {"level", "text"},
                                        {"price", "number"},
                                        {"original_price", "number|null"},
                                        {"is_new", "boolean"},
                                        {"recommendation_reason", "text"},
                                        {"relevance_score", "number"}}));
  CHECK(list.text("results.0.id") == next.id);
  CHECK(list.text("results.0.recommendation_reason").find(known.title) != std::string::npos);
  double before = 1;
  for (const auto& one : list.at("results").items()) {
    CHECK(find_at(one, "id")->text() != known.id);
    CHECK(find_at(one, "id")->text() != draft.id);
    const auto score = find_at(one, "relevance_score")->as_real().value_or(-1);
    CHECK(score >= 0);
    CHECK(score <= before);
    before = score;
  }
}

TEST_CASE("dashboard: the goal is a sensible number of hours", "[learnflow][dashboard]") {
  const auto who = fresh_account();
  for (const char* bad : {R"({"target_hours_per_month": 0})", R"({"target_hours_per_month": -5})", "{}",
                          R"({"target_hours_per_month": "many"})", R"({"target_hours_per_month": 100000})"})
    CHECK_REFUSED(learnflow(who).put("/dashboard/goals/", bad), 422, "VALIDATION_ERROR");
}

TEST_CASE("dashboard: only for who is signed in", "[learnflow][dashboard]") {
  for (const char* path : {"/dashboard/stats/", "/dashboard/continue-learning/", "/dashboard/recommendations/"})
    CHECK_REFUSED(learnflow().get(path), 401, "AUTHENTICATION_REQUIRED");
  CHECK_REFUSED(learnflow().put("/dashboard/goals/", "{}"), 401, "AUTHENTICATION_REQUIRED");
}

// One learner at four contracts: registers at apranova, buys at learnflow, is examined at lms, shows progress at
// classic. Every number agrees everywhere.
#include "tests/api/learnflow/learnflow.hpp"
#include "tests/api/lms/quiz_room.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

/// What each contract says of a learner's place in a course.
struct told {
  std::int64_t courses = 0, percent = 0, done = 0, lessons = 0;
  bool operator==(const told&) const = default;
};

std::ostream& operator<<(std::ostream& out, const told& t) {
  return out << t.courses << " courses, " << t.percent << " %, " << t.done << " of " << t.lessons;
}

struct learner_at_all_doors {
  client apranova, flow, lms, classic;

  told by_learnflow() const {
    const auto all = flow.get("/enrollments/");
    REQUIRE_STATUS(all, 200);
    return {all.integer("count"), all.integer("results.0.progress_percent"), all.integer("results.0.lessons_completed"),
            all.integer("results.0.total_lessons")};
  }
  told by_lms() const {
    const auto all = lms.get("/enrollments/my-courses");
    REQUIRE_STATUS(all, 200);
    const auto one = lms.get("/enrollments/" + all.text("items.0.id"));
    REQUIRE_STATUS(one, 200);
    CHECK(one.integer("progress_percentage") == all.integer("items.0.progress_percentage"));
    return {all.integer("total"), one.integer("progress_percentage"), one.integer("lessons_completed"),
            one.integer("total_lessons")};
  }
  told by_classic() const {
    const auto all = classic.get("/enrollments/");
    REQUIRE_STATUS(all, 200);
    const auto rows = classic.get("/progress/?course_id=" + std::to_string(all.integer("results.0.course.id")));
    REQUIRE_STATUS(rows, 200);
    std::int64_t done = 0;
    for (const auto& row : rows.at("results").items()) done += row.find("status")->text() == "completed" ? 1 : 0;
    CHECK(done == all.integer("results.0.lessons_completed"));
    return {all.integer("count"), all.integer("results.0.progress"), done, rows.integer("count")};
  }
  told by_apranova(const std::string& track) const {
    const auto t = apranova.get("/tracks/" + track + "/");
    REQUIRE_STATUS(t, 200);
    CHECK(t.integer("progress") == t.integer("courses.0.progress"));
    return {t.integer("courses_count"), t.integer("progress"), t.integer("courses.0.lessons_completed"),
            t.integer("courses.0.total_lessons")};
  }
};

}  // namespace

TEST_CASE("one learner walks through four contracts, and every number agrees", "[doors][one_learner]") {
  auto& s = shared_server();
  const auto root = s.client();
  const auto teaching = root.as(teacher().access);
  const auto room = make_quiz_room(teaching, {.price = "49.99"});
  const auto part = teaching.get("/learnflow/api/v1/courses/" + room.course + "/").text("curriculum.0.id");
  for (const char* title : {"Second", "Third"})
    REQUIRE_STATUS(teaching.post("/learnflow/api/v1/sections/" + part + "/lessons/",
                                 object({{"title", std::string(title)}, {"duration_minutes", 10}})),
                   201);
  const std::string track = "WALK-" + std::to_string(::getpid());
  const auto made_track =
      run_stoa({"track", "set", track, "--data", s.data(), "--title", "One course", "--courses", room.course});
  INFO(made_track.errors);
  REQUIRE(made_track.status == 0);

  // Registers at apranova.
  const auto email = fresh_email("walker");
  const auto made = root.post("/apranova/api/auth/registration/", object({{"name", "Ada Walker"},
                                                                          {"email", email},
                                                                          {"password1", "SecurePass123!"},
                                                                          {"password2", "SecurePass123!"},
                                                                          {"role", "student"},
                                                                          {"track", track}}));
  REQUIRE_STATUS(made, 201);
  person who;
  who.email = email;
  who.access = made.text("access");
  const auto me = root.as(who.access);
  const learner_at_all_doors at{me.below("/apranova/api"), me.below("/learnflow/api/v1"), me.below("/lms/api/v1"),
                                me.below("/classic/api")};
  CHECK(at.apranova.get("/users/profile/").integer("id") == at.classic.get("/users/profile/").integer("id"));
  CHECK(at.flow.get("/auth/me/").text("id") == at.lms.get("/users/me").text("id"));

  // Nobody is in before paying, whichever door they try.
  CHECK_STATUS(at.flow.post("/courses/" + room.course + "/enroll/", "{}"), 402);
  CHECK_STATUS(at.lms.post("/enrollments", object({{"course_id", room.course}})), 402);
  CHECK_STATUS(at.lms.post("/quizzes/" + room.quiz + "/attempts"), 403);

  // Buys at learnflow.
  built_course bought;
  bought.id = room.course;
  buy(who, {bought});
  const told begun{1, 0, 0, 3};
  CHECK(at.by_learnflow() == begun);
  CHECK(at.by_lms() == begun);
  CHECK(at.by_classic() == begun);
  CHECK(at.by_apranova(track) == begun);

  // Is examined at lms.
  const auto started = at.lms.post("/quizzes/" + room.quiz + "/attempts");
  REQUIRE_STATUS(started, 201);
  const auto attempt = started.text("id");
  const std::vector<std::string> right{R"("B")", R"(["A", "C"])", "true", R"("Guido")"};
  for (std::size_t i = 0; i < right.size(); ++i)
    REQUIRE_STATUS(
        at.lms.put("/attempts/" + attempt + "/answers/" + room.questions[i], R"({"answer": )" + right[i] + "}"), 200);
  const auto graded = at.lms.post("/attempts/" + attempt + "/submit", R"({"answers": []})");
  REQUIRE_STATUS(graded, 200);
  CHECK(graded.truth("passed"));

  // Shows progress at classic: one lesson here, one at each of the others.
  const auto course = at.classic.get("/enrollments/").integer("results.0.course.id");
  const auto rows = at.classic.get("/progress/?course_id=" + std::to_string(course));
  REQUIRE_STATUS(at.classic.put("/progress/" + std::to_string(rows.integer("results.0.id")) + "/",
                                R"({"status": "completed", "notes": "Completed all exercises"})"),
                 200);
  const told third{1, 33, 1, 3};
  CHECK(at.by_learnflow() == third);
  CHECK(at.by_lms() == third);
  CHECK(at.by_classic() == third);
  CHECK(at.by_apranova(track) == third);

  const auto enrollment = at.flow.get("/enrollments/").text("results.0.id");
  const auto lessons = at.lms.get("/enrollments/" + enrollment);
  REQUIRE_STATUS(at.flow.post("/enrollments/" + enrollment + "/mark-lesson-complete/",
                              object({{"lesson_id", lessons.text("lessons.1.lesson_id")}})),
                 200);
  const auto last =
      at.lms.post("/enrollments/" + enrollment + "/lessons/" + lessons.text("lessons.2.lesson_id") + "/complete");
  REQUIRE_STATUS(last, 200);
  const told finished{1, 100, 3, 3};
  CHECK(at.by_learnflow() == finished);
  CHECK(at.by_lms() == finished);
  CHECK(at.by_classic() == finished);
  CHECK(at.by_apranova(track) == finished);
  CHECK(at.apranova.get("/tracks/" + track + "/").at("next_course").is_null());
  CHECK(at.flow.get("/dashboard/stats/").integer("courses_completed") == 1);
}

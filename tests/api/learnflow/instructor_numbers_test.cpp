// What an instructor's courses add up to is counted as they change, never summed when somebody reads.
#include "tests/api/learnflow/learnflow.hpp"

#include <catch2/catch.hpp>

using namespace stoa;
using namespace stoa::testing;

namespace {

/// courses|students|ratings|stars, as counted and as summed up.
std::string counted(const person& who) {
  return sql(shared_server(),
             "select courses, students, rating_count, rating_sum from instructor_numbers where instructor_id = '" +
                 who.id + "'");
}
std::string summed(const person& who) {
  return sql(shared_server(),
             "select count(*), coalesce(sum(n.students), 0), coalesce(sum(n.rating_count), 0), "
             "coalesce(sum(n.rating_sum), 0) from course c left join course_numbers n on n.course_id = c.id "
             "where c.status = 'published' and c.instructor_id = '" +
                 who.id + "'");
}

}  // namespace

TEST_CASE("an instructor's numbers follow enrolments, reviews and what is published", "[courses]") {
  const auto author = fresh_instructor(shared_server());
  course_plan plan;
  plan.price = "0";
  plan.original_price = "";
  const auto first = build_course(author, plan), second = build_course(author, plan);
  CHECK(eventually([&] { return counted(author) == "2|0|0|0"; }));

  const auto learner = fresh_account(), another = fresh_account();
  enroll(learner, first);
  enroll(another, first);
  enroll(learner, second);
  CHECK(eventually([&] { return counted(author) == "2|3|0|0"; }));
  REQUIRE_STATUS(
      learnflow(learner).post("/courses/" + first.id + "/reviews/", R"({"rating": 4, "title": "x", "comment": "y"})"),
      201);
  CHECK(eventually([&] { return counted(author) == "2|3|1|4"; }));
  CHECK(counted(author) == summed(author));

  // All of their courses show it, the one that nobody touched as well.
  for (const auto& c : {first, second})
    CHECK(eventually([&] {
      const auto shown = learnflow().get("/courses/" + c.id + "/");
      return shown.integer("instructor.profile.courses_count") == 2 &&
             shown.integer("instructor.profile.students_count") == 3;
    }));

  REQUIRE_STATUS(learnflow(author).post("/courses/" + first.id + "/unpublish/"), 200);
  CHECK(eventually([&] { return counted(author) == "1|1|0|0"; }));
  CHECK(eventually(
      [&] { return learnflow().get("/courses/" + second.id + "/").integer("instructor.profile.courses_count") == 1; }));
  REQUIRE_STATUS(learnflow(author).post("/courses/" + first.id + "/publish/"), 200);
  CHECK(eventually([&] { return counted(author) == "2|3|1|4"; }));
}

TEST_CASE("whoever enters a course that nobody has read is told of it as documented", "[enrollments]") {
  const auto learner = fresh_account();
  const auto course = free_course(3);
  // Written by SQL and never read: it is in nobody's memory.
  const auto id =
      sql(shared_server(),
          "insert into course (id, instructor_id, title, slug, thumbnail_url, status, created_at, updated_at, "
          "published_at) "
          "select gen_random_uuid(), instructor_id, 'Unread', 'unread-' || gen_random_uuid(), "
          "'https://images.example.com/course.jpg', 'published', "
          "now(), now(), now() from course where id = '" +
              course.id + "' returning id");
  const auto entered = learnflow(learner).post("/courses/" + id.substr(0, 36) + "/enroll/");
  REQUIRE_STATUS(entered, 201);
  CHECK(entered.text("course_title") == "Unread");
  CHECK(entered.integer("total_lessons") == 0);
  CHECK(learnflow(learner).post("/courses/" + course.id + "/enroll/").integer("total_lessons") == 3);
  CHECK_REFUSED(learnflow(learner).post("/courses/" + id.substr(0, 36) + "/enroll/"), 409, "ALREADY_ENROLLED");
  CHECK_REFUSED(learnflow(learner).post("/courses/" + std::string("01890a5d-ac96-774b-bcce-b302099a8057") + "/enroll/"),
                404, "COURSE_NOT_FOUND");
}

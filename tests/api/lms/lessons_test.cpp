#include <algorithm>

#include "tests/api/lms/lms.hpp"
#include "tests/api/robustness/robustness.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape lesson_shape = {{"id", "uuid"},           {"title", "text"},
                            {"content_type", "text"}, {"video_url", "url|null"},
                            {"content", "text|null"}, {"duration_minutes", "integer"},
                            {"order", "integer"},     {"created_at", "time"}};

std::string documented_lesson() {
  return object({{"title", "Introduction to Python"},
                 {"content_type", "video"},
                 {"video_url", "https://youtube.com/watch?v=..."},
                 {"content", "Welcome to the course..."},
                 {"duration_minutes", 15}});
}

std::string order_of(const std::string& course, const std::vector<std::string>& ids) {
  return object({{"course_id", course}, {"lesson_ids", ids}});
}

std::vector<std::string> ids_in(const response& page) {
  std::vector<std::string> out;
  for (const auto& one : page.at("items").items()) out.push_back(find_at(one, "id")->text());
  return out;
}

std::vector<std::string> lessons_of(const person& who, const std::string& course) {
  return ids_in(lms(who).get("/courses/" + course + "/lessons?page_size=100"));
}

}  // namespace

TEST_CASE("lms lessons: added, listed, read, changed and taken out", "[lms][lessons]") {
  const auto author = fresh_instructor(shared_server());
  const auto me = lms(author);
  const auto course = lms_course_of(author, 0, false);
  const auto path = "/courses/" + course.id + "/lessons";
  const auto none = me.get(path);
  REQUIRE_STATUS(none, 200);
  CHECK(none.integer("total") == 0);

  const auto made = me.post(path, documented_lesson());
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, lesson_shape);
  CHECK(made.text("title") == "Introduction to Python");
  CHECK(made.text("content_type") == "video");
  CHECK(made.text("video_url") == "https://youtube.com/watch?v=...");
  CHECK(made.text("content") == "Welcome to the course...");
  CHECK(made.integer("duration_minutes") == 15);
  CHECK(made.integer("order") == 1);
  CHECK(made.text("course_id") == course.id);
  const auto second = me.post(path, object({{"title", "Read this"}, {"content_type", "article"}}));
  REQUIRE_STATUS(second, 201);
  CHECK_SHAPE(second, lesson_shape);
  CHECK(second.integer("order") == 2);
  CHECK(second.at("video_url").is_null());
  CHECK(second.at("content").is_null());

  const auto listed = me.get(path);
  REQUIRE_STATUS(listed, 200);
  CHECK_SHAPE(listed, shape{{"total", "integer"}, {"page", "integer"}, {"page_size", "integer"}} +
                          below("items.*", lesson_shape));
  CHECK(listed.integer("total") == 2);
  CHECK(ids_in(listed) == std::vector<std::string>{made.text("id"), second.text("id")});
  CHECK(listed.text("items.0.content") == "Welcome to the course...");
  CHECK(ids_in(me.get(path + "?page=2&page_size=1")) == std::vector<std::string>{second.text("id")});
  CHECK(me.get(path + "?page=2&page_size=1").integer("items.0.order") == 2);
  CHECK(me.get(path + "?page=7").at("items").items().empty());
  CHECK_INVALID(me.get(path + "?page=0"), "page");

  const auto lesson = "/lessons/" + made.text("id");
  const auto shown = me.get(lesson);
  REQUIRE_STATUS(shown, 200);
  CHECK_SHAPE(shown, lesson_shape);
  CHECK(shown.text("created_at") == made.text("created_at"));
  const auto changed = me.patch(lesson, object({{"title", "Hello"}, {"duration_minutes", 20}, {"content", nullptr}}));
  REQUIRE_STATUS(changed, 200);
  CHECK_SHAPE(changed, lesson_shape);
  CHECK(changed.text("title") == "Hello");
  CHECK(changed.integer("duration_minutes") == 20);
  CHECK(changed.at("content").is_null());
  CHECK(changed.text("video_url") == "https://youtube.com/watch?v=...");
  CHECK(changed.integer("order") == 1);
  CHECK_INVALID(me.patch(lesson, object({{"title", nullptr}})), "title");

  REQUIRE_STATUS(me.del(lesson), 204);
  CHECK_LMS_REFUSED(me.get(lesson), 404, "LESSON_NOT_FOUND");
  CHECK_LMS_REFUSED(me.del(lesson), 404, "LESSON_NOT_FOUND");
  CHECK(me.get(path).integer("items.0.order") == 1);
}

TEST_CASE("lms lessons: the last one of a published course stays", "[lms][lessons]") {
  const auto author = fresh_instructor(shared_server());
  const auto course = lms_course_of(author, 1);
  CHECK_LMS_REFUSED(lms(author).del("/lessons/" + course.lessons[0]), 400, "COURSE_NOT_READY");
}

TEST_CASE("lms lessons: what they hold is for those who have the course", "[lms][lessons]") {
  const auto author = fresh_instructor(shared_server());
  const auto stranger = fresh_account(), learner = fresh_account();
  const auto course = lms_course_of(author, 2);
  REQUIRE_STATUS(lms(author).patch("/lessons/" + course.lessons[0], object({{"is_preview", true}})), 200);
  REQUIRE_STATUS(lms(learner).post("/enrollments", object({{"course_id", course.id}})), 201);
  const auto path = "/courses/" + course.id + "/lessons";
  for (const auto& who : {lms(), lms(stranger)}) {
    const auto listed = who.get(path);
    REQUIRE_STATUS(listed, 200);
    CHECK_SHAPE(listed, below("items.*", lesson_shape));
    CHECK(listed.text("items.0.video_url") == "https://player.example.com/1");
    CHECK(listed.text("items.0.content") == "Text 1");
    CHECK(listed.at("items.1.video_url").is_null());
    CHECK(listed.at("items.1.content").is_null());
    CHECK(listed.text("items.1.title") == "Lesson 2");
    const auto closed = who.get("/lessons/" + course.lessons[1]);
    REQUIRE_STATUS(closed, 200);
    CHECK(closed.at("video_url").is_null());
    CHECK(closed.at("content").is_null());
    CHECK(who.get("/lessons/" + course.lessons[0]).text("content") == "Text 1");
    CHECK(who.get("/courses/" + course.id).body.find("Text 2") == std::string::npos);
  }
  for (const auto& who : {lms(learner), lms(author), lms(administrator())}) {
    CHECK(who.get(path).text("items.1.video_url") == "https://player.example.com/2");
    CHECK(who.get("/lessons/" + course.lessons[1]).text("content") == "Text 2");
  }
  const auto draft = lms_course_of(author, 1, false);
  CHECK_LMS_REFUSED(lms(stranger).get("/courses/" + draft.id + "/lessons"), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(stranger).get("/lessons/" + draft.lessons[0]), 404, "LESSON_NOT_FOUND");
  CHECK(lms(stranger).get("/lessons/" + draft.lessons[0]).body == lms(stranger).get("/lessons/none").body);
}

TEST_CASE("lms lessons: who may write them, and what", "[lms][lessons]") {
  const auto author = fresh_instructor(shared_server()), other = fresh_instructor(shared_server());
  const auto student = fresh_account();
  const auto open = lms_course_of(author, 2), draft = lms_course_of(author, 1, false);
  const auto path = "/courses/" + open.id + "/lessons", lesson = "/lessons/" + open.lessons[0];
  const auto reversed = order_of(open.id, {open.lessons[1], open.lessons[0]});
  CHECK_LMS_REFUSED(lms(other).post(path, documented_lesson()), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms(other).patch(lesson, object({{"title", "x"}})), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms(other).del(lesson), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms(other).patch("/lessons/reorder", reversed), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms(student).post(path, documented_lesson()), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms(student).patch("/lessons/reorder", reversed), 403, "PERMISSION_DENIED");
  CHECK_LMS_REFUSED(lms().post(path, documented_lesson()), 401, "AUTHENTICATION_REQUIRED");
  CHECK_LMS_REFUSED(lms().patch(lesson, "{}"), 401, "AUTHENTICATION_REQUIRED");
  CHECK_LMS_REFUSED(lms().del(lesson), 401, "AUTHENTICATION_REQUIRED");
  CHECK_LMS_REFUSED(lms().patch("/lessons/reorder", reversed), 401, "AUTHENTICATION_REQUIRED");
  CHECK_LMS_REFUSED(lms(other).post("/courses/" + draft.id + "/lessons", documented_lesson()), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(other).patch("/lessons/" + draft.lessons[0], object({{"title", "x"}})), 404,
                    "LESSON_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(author).post("/courses/none/lessons", documented_lesson()), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(author).patch("/lessons/" + std::string(unknown_id), "{}"), 404, "LESSON_NOT_FOUND");

  const auto bad = lms(author).post(
      path, object({{"content_type", "hologram"}, {"video_url", "ftp://x"}, {"duration_minutes", "long"}}));
  for (const char* field : {"title", "content_type", "video_url", "duration_minutes"}) CHECK_INVALID(bad, field);
}

TEST_CASE("lms lessons: reordered as a whole or not at all", "[lms][lessons]") {
  const auto author = fresh_instructor(shared_server());
  const auto me = lms(author);
  const auto course = lms_course_of(author, 3), other = lms_course_of(author, 1);
  const auto& l = course.lessons;
  const std::vector<std::string> wanted{l[2], l[0], l[1]};
  const auto done = me.patch("/lessons/reorder", order_of(course.id, wanted));
  REQUIRE_STATUS(done, 200);
  CHECK_SHAPE(done, shape{{"total", "integer"}} + below("items.*", lesson_shape));
  CHECK(ids_in(done) == wanted);
  CHECK(lessons_of(author, course.id) == wanted);
  CHECK(me.get("/lessons/" + l[2]).integer("order") == 1);
  CHECK(me.get("/courses/" + course.id).text("lessons.0.id") == l[2]);
  CHECK(me.get("/lessons/" + l[2]).text("content") == "Text 3");

  const std::vector<std::vector<std::string>> not_exact{{},
                                                        {l[0], l[1]},
                                                        {l[0], l[0], l[1]},
                                                        {l[0], l[1], l[2], l[0]},
                                                        {l[0], l[1], other.lessons[0]},
                                                        {l[0], l[1], unknown_id}};
  for (const auto& wrong : not_exact)
    CHECK_INVALID(me.patch("/lessons/reorder", order_of(course.id, wrong)), "lesson_ids");
  CHECK_STATUS(me.patch("/lessons/reorder", order_of(course.id, {l[0], l[1], "lesson-3"})), 422);
  CHECK_INVALID(me.patch("/lessons/reorder", object({{"course_id", course.id}})), "lesson_ids");
  CHECK_LMS_REFUSED(me.patch("/lessons/reorder", order_of(unknown_id, wanted)), 404, "COURSE_NOT_FOUND");
  CHECK(lessons_of(author, course.id) == wanted);
}

TEST_CASE("lms lessons: twenty orders at once leave one of them", "[lms][lessons][races]") {
  const auto author = fresh_instructor(shared_server());
  const auto course = lms_course_of(author, 8);
  std::vector<std::vector<std::string>> orders(20, course.lessons);
  std::vector<response> answers(20);
  all_at_once(20, [&](int i) {
    auto& order = orders[static_cast<std::size_t>(i)];
    std::rotate(order.begin(), order.begin() + i % 8, order.end());
    if (i >= 8) std::reverse(order.begin(), order.end());
    if (i >= 16) std::swap(order[1], order[5]);
    answers[static_cast<std::size_t>(i)] = lms(author).patch("/lessons/reorder", order_of(course.id, order));
  });
  for (const auto& answer : answers) CHECK_STATUS(answer, 200);
  CHECK(std::count(orders.begin(), orders.end(), lessons_of(author, course.id)) == 1);
  CHECK(
      sql(shared_server(), "select string_agg(position::text, ',' order by position) from lesson where course_id = '" +
                               course.id + "'") == "1,2,3,4,5,6,7,8");
}

TEST_CASE("lms lessons: twenty first lessons at once share a section", "[lms][lessons][races]") {
  const auto author = fresh_instructor(shared_server());
  const auto course = lms_course_of(author, 0, false);
  std::vector<response> answers(20);
  all_at_once(20, [&](int i) {
    answers[static_cast<std::size_t>(i)] =
        lms(author).post("/courses/" + course.id + "/lessons", object({{"title", "Lesson " + std::to_string(i)}}));
  });
  for (const auto& answer : answers) CHECK_STATUS(answer, 201);
  CHECK(lessons_of(author, course.id).size() == 20);
  CHECK(sql(shared_server(), "select count(*) from section where course_id = '" + course.id + "'") == "1");
}

TEST_CASE("lms lessons: one row across the sections of another door", "[lms][lessons]") {
  course_plan plan;
  plan.sections = 2;
  plan.lessons = 2;
  const auto author = fresh_instructor(shared_server());
  const auto course = build_course(author, plan);
  CHECK(lessons_of(author, course.id) == course.lessons);
  CHECK(lms(author).get("/lessons/" + course.lessons[2]).integer("order") == 3);
  const auto added = lms(author).post("/courses/" + course.id + "/lessons", documented_lesson());
  REQUIRE_STATUS(added, 201);
  CHECK(added.integer("order") == 5);
  const auto& l = course.lessons;
  const std::vector<std::string> wanted{l[3], l[2], l[1], added.text("id"), l[0]};
  REQUIRE_STATUS(lms(author).patch("/lessons/reorder", order_of(course.id, wanted)), 200);
  const auto shown = learnflow(author).get("/courses/" + course.id + "/");
  CHECK(shown.at("curriculum.0.lessons").items().size() == 2);
  CHECK(shown.text("curriculum.0.lessons.0.id") == l[3]);
  CHECK(shown.text("curriculum.1.lessons.2.id") == l[0]);
  CHECK(shown.integer("curriculum.1.lessons.2.order") == 3);
}

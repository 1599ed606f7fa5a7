#include <algorithm>

#include "tests/api/lms/lms.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape course_shape = {{"id", "uuid"},
                            {"title", "text"},
                            {"slug", "text"},
                            {"description", "string"},
                            {"category", "text|null"},
                            {"difficulty_level", "text"},
                            {"is_published", "boolean"},
                            {"thumbnail_url", "url|null"},
                            {"estimated_duration_minutes", "integer"},
                            {"instructor_id", "uuid"},
                            {"created_at", "time"},
                            {"updated_at", "time"}};

std::string documented_course(const std::string& category = "Programming") {
  return object({{"title", "Python Basics"},
                 {"description", "Learn Python fundamentals"},
                 {"category", category},
                 {"difficulty_level", "beginner"},
                 {"estimated_duration_minutes", 120},
                 {"thumbnail_url", "https://example.com/thumb.jpg"}});
}

std::string escaped(std::string text) {
  for (std::size_t at; (at = text.find(' ')) != text.npos;) text.replace(at, 1, "%20");
  return text;
}

bool lists(const response& page, const std::string& id) {
  const auto& items = page.at("items").items();
  return std::any_of(items.begin(), items.end(), [&](const json& one) { return find_at(one, "id")->text() == id; });
}

}  // namespace

TEST_CASE("lms courses: as documented from the first request to the publication", "[lms][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto me = lms(author);
  const auto made = me.post("/courses", documented_course());
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, course_shape);
  CHECK(made.text("title") == "Python Basics");
  CHECK(made.text("slug").starts_with("python-basics"));
  CHECK(made.text("description") == "Learn Python fundamentals");
  CHECK(made.text("category") == "Programming");
  CHECK(made.text("difficulty_level") == "beginner");
  CHECK_FALSE(made.truth("is_published"));
  CHECK(made.text("thumbnail_url") == "https://example.com/thumb.jpg");
  CHECK(made.integer("estimated_duration_minutes") == 120);
  CHECK(made.text("instructor_id") == author.id);

  const auto path = "/courses/" + made.text("id");
  CHECK_LMS_REFUSED(me.post(path + "/publish"), 400, "COURSE_NOT_READY");
  REQUIRE_STATUS(me.post(path + "/lessons", object({{"title", "Introduction"}, {"duration_minutes", 15}})), 201);
  const auto published = me.post(path + "/publish");
  REQUIRE_STATUS(published, 200);
  CHECK(published.truth("is_published"));
  CHECK(published.text("title") == "Python Basics");

  const auto shown = lms().get(path);
  REQUIRE_STATUS(shown, 200);
  CHECK_SHAPE(shown, course_shape + shape{{"lessons.*.id", "uuid"},
                                          {"lessons.*.title", "text"},
                                          {"lessons.*.order", "integer"},
                                          {"lessons.*.duration_minutes", "integer"}});
  CHECK(shown.text("lessons.0.title") == "Introduction");
  CHECK(shown.integer("lessons.0.order") == 1);
  CHECK(shown.integer("lessons.0.duration_minutes") == 15);
  // The same course at another door.
  CHECK_STATUS(learnflow().get(path + "/"), 200);

  const auto changed =
      me.patch(path, object({{"title", "Python Fundamentals"}, {"description", "Updated description"}}));
  REQUIRE_STATUS(changed, 200);
  CHECK_SHAPE(changed, course_shape);
  CHECK(changed.text("title") == "Python Fundamentals");
  CHECK(changed.text("description") == "Updated description");
  CHECK(changed.text("category") == "Programming");
}

TEST_CASE("lms courses: a title is enough, null empties what may be empty", "[lms][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto made = lms(author).post("/courses", object({{"title", unique("Bare")}}));
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, course_shape);
  CHECK(made.at("thumbnail_url").is_null());
  CHECK(made.at("category").is_null());
  CHECK(made.integer("estimated_duration_minutes") == 0);
  const auto path = "/courses/" + made.text("id");
  REQUIRE_STATUS(lms(author).post(path + "/lessons", object({{"title", "One"}, {"duration_minutes", 25}})), 201);
  CHECK(lms(author).get(path).integer("estimated_duration_minutes") == 25);

  const auto filled = lms(author).patch(path, documented_course());
  REQUIRE_STATUS(filled, 200);
  CHECK(filled.integer("estimated_duration_minutes") == 120);
  const auto emptied = lms(author).patch(path, object({{"description", nullptr},
                                                       {"category", nullptr},
                                                       {"estimated_duration_minutes", nullptr},
                                                       {"thumbnail_url", nullptr}}));
  REQUIRE_STATUS(emptied, 200);
  CHECK(emptied.text("description").empty());
  CHECK(emptied.at("category").is_null());
  CHECK(emptied.at("thumbnail_url").is_null());
  CHECK(emptied.integer("estimated_duration_minutes") == 25);
  CHECK_INVALID(lms(author).patch(path, object({{"title", nullptr}})), "title");
  CHECK_INVALID(lms(author).patch(path, object({{"difficulty_level", nullptr}})), "difficulty_level");
}

TEST_CASE("lms courses: the list by category, level and page", "[lms][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto category = unique("Shelf");
  std::vector<std::string> ids;
  for (const char* level : {"beginner", "beginner", "advanced"}) {
    const auto course = lms_course_of(author, 1, false);
    const auto path = "/courses/" + course.id;
    REQUIRE_STATUS(lms(author).patch(path, object({{"category", category},
                                                   {"difficulty_level", level},
                                                   {"description", "All that a beginner needs."},
                                                   {"estimated_duration_minutes", 90},
                                                   {"thumbnail_url", "https://images.example.com/course.jpg"}})),
                   200);
    REQUIRE_STATUS(lms(author).post(path + "/publish"), 200);
    ids.push_back(course.id);
  }
  const auto draft = lms_course_of(author, 1, false);
  REQUIRE_STATUS(lms(author).patch("/courses/" + draft.id, object({{"category", category}})), 200);

  const auto all = lms().get("/courses?category=" + escaped(category));
  REQUIRE_STATUS(all, 200);
  CHECK_SHAPE(all, shape{{"total", "integer"}, {"page", "integer"}, {"page_size", "integer"}, {"pages", "integer"}} +
                       below("items.*", course_shape));
  CHECK(all.integer("total") == 3);
  CHECK(all.integer("page") == 1);
  CHECK(all.integer("page_size") == 20);
  CHECK(all.integer("pages") == 1);
  CHECK(all.text("items.0.description") == "All that a beginner needs.");
  CHECK(all.integer("items.0.estimated_duration_minutes") == 90);
  CHECK_FALSE(lists(all, draft.id));
  CHECK_FALSE(lists(lms(author).get("/courses?category=" + escaped(category)), draft.id));

  const auto hard = lms().get("/courses?difficulty_level=ADVANCED&category=" + escaped(category));
  CHECK(hard.integer("total") == 1);
  CHECK(hard.text("items.0.id") == ids[2]);
  const auto second = lms().get("/courses?page=2&page_size=2&category=" + escaped(category));
  CHECK(second.integer("total") == 3);
  CHECK(second.integer("pages") == 2);
  CHECK(second.at("items").items().size() == 1);
  const auto behind = lms().get("/courses?page=9&category=" + escaped(category));
  REQUIRE_STATUS(behind, 200);
  CHECK(behind.at("items").items().empty());
  CHECK(behind.integer("total") == 3);
  CHECK(lms().get("/courses?page_size=1000").integer("page_size") == 100);
  CHECK_INVALID(lms().get("/courses?page=none"), "page");
  CHECK_INVALID(lms().get("/courses?difficulty_level=godlike"), "difficulty_level");
  CHECK_INVALID(lms().get("/courses?mine=perhaps"), "mine");
}

TEST_CASE("lms courses: one's own, drafts included", "[lms][courses]") {
  const auto author = fresh_instructor(shared_server()), other = fresh_instructor(shared_server());
  const auto draft = lms_course_of(author, 1, false), open = lms_course_of(author, 1), theirs = lms_course_of(other, 1);
  const auto category = unique("Own");
  REQUIRE_STATUS(lms(author).patch("/courses/" + draft.id, object({{"category", category}})), 200);

  const auto mine = lms(author).get("/courses?mine=true");
  REQUIRE_STATUS(mine, 200);
  CHECK_SHAPE(mine, below("items.*", course_shape));
  CHECK(mine.integer("total") == 2);
  CHECK(mine.text("items.0.id") == open.id);
  CHECK(mine.text("items.1.id") == draft.id);
  CHECK_FALSE(mine.truth("items.1.is_published"));
  CHECK_FALSE(lists(mine, theirs.id));
  const auto shelved = lms(author).get("/courses?mine=true&category=" + escaped(category));
  CHECK(shelved.integer("total") == 1);
  CHECK(shelved.text("items.0.id") == draft.id);
  CHECK(lms(author).get("/courses?mine=true&difficulty_level=advanced").integer("total") == 0);
  CHECK(lms(author).get("/courses?mine=true&category=nowhere-at-all").integer("total") == 0);
  const auto behind = lms(author).get("/courses?mine=true&page=3");
  CHECK(behind.integer("total") == 2);
  CHECK(behind.at("items").items().empty());
  CHECK(lms(author).get("/courses?mine=true&page=2&page_size=1").text("items.0.id") == draft.id);
  CHECK(lms(fresh_account()).get("/courses?mine=true").integer("total") == 0);
  CHECK_LMS_REFUSED(lms().get("/courses?mine=true"), 401, "AUTHENTICATION_REQUIRED");
  CHECK_STATUS(lms().get("/courses?mine=false"), 200);
}

TEST_CASE("lms courses: who may write them", "[lms][courses]") {
  const auto student = fresh_account();
  const auto author = fresh_instructor(shared_server()), other = fresh_instructor(shared_server());
  const auto admin = administrator();
  CHECK_LMS_REFUSED(lms().post("/courses", documented_course()), 401, "AUTHENTICATION_REQUIRED");
  const auto forbidden = lms(student).post("/courses", documented_course());
  CHECK_LMS_REFUSED(forbidden, 403, "PERMISSION_DENIED");
  CHECK(forbidden.text("detail") == "Not authorized to perform this action");

  const auto open = lms_course_of(author, 1), draft = lms_course_of(author, 1, false);
  const auto rename = object({{"title", "Mine now"}});
  for (const auto& course : {open, draft}) {
    const auto path = "/courses/" + course.id;
    const bool seen = course.id == open.id;
    const int status = seen ? 403 : 404;
    const std::string code = seen ? "PERMISSION_DENIED" : "COURSE_NOT_FOUND";
    CHECK_LMS_REFUSED(lms(other).patch(path, rename), status, code);
    CHECK_LMS_REFUSED(lms(other).post(path + "/publish"), status, code);
    CHECK_LMS_REFUSED(lms(other).post(path + "/unpublish"), status, code);
    CHECK_LMS_REFUSED(lms(other).del(path), status, code);
    CHECK_LMS_REFUSED(lms(student).patch(path, rename), 403, "PERMISSION_DENIED");
    CHECK_LMS_REFUSED(lms(student).del(path), 403, "PERMISSION_DENIED");
    CHECK_LMS_REFUSED(lms().patch(path, rename), 401, "AUTHENTICATION_REQUIRED");
    CHECK_LMS_REFUSED(lms().del(path), 401, "AUTHENTICATION_REQUIRED");
    CHECK_LMS_REFUSED(lms().post(path + "/publish"), 401, "AUTHENTICATION_REQUIRED");
    CHECK_STATUS(lms(admin).patch(path, object({{"description", "Looked over"}})), 200);
  }
  // A draft is nobody's but its author's and the administrators'.
  CHECK_LMS_REFUSED(lms().get("/courses/" + draft.id), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(other).get("/courses/" + draft.id), 404, "COURSE_NOT_FOUND");
  CHECK(lms().get("/courses/" + draft.id).body == lms().get("/courses/" + std::string(unknown_id)).body);
  CHECK_STATUS(lms(author).get("/courses/" + draft.id), 200);
  CHECK_STATUS(lms(admin).get("/courses/" + draft.id), 200);
  const auto missing = lms().get("/courses/course-001");
  CHECK_LMS_REFUSED(missing, 404, "COURSE_NOT_FOUND");
  CHECK(missing.text("detail") == "Resource not found");
  CHECK_LMS_REFUSED(lms(author).patch("/courses/" + std::string(unknown_id), rename), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(author).del("/courses/" + std::string(unknown_id)), 404, "COURSE_NOT_FOUND");
}

TEST_CASE("lms courses: what is wrong with a body is told all at once", "[lms][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto refused = lms(author).post("/courses", object({{"difficulty_level", "godlike"},
                                                            {"estimated_duration_minutes", -1},
                                                            {"thumbnail_url", "javascript:alert(1)"}}));
  for (const char* field : {"title", "difficulty_level", "estimated_duration_minutes", "thumbnail_url"})
    CHECK_INVALID(refused, field);
  CHECK(refused.at("detail").items().size() == 4);
  CHECK(refused.at("detail.0.loc").items().at(0).text() == "body");
  CHECK_INVALID(lms(author).post("/courses", object({{"title", std::string(201, 'x')}})), "title");
  CHECK_INVALID(lms(author).post("/courses", object({{"title", "   "}})), "title");
  CHECK_STATUS(lms(author).post("/courses", "{"), 400);
}

TEST_CASE("lms courses: taken away, and gone for everybody but its learners", "[lms][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto learner = fresh_account(), late = fresh_account();
  const auto admin = administrator();
  const auto course = lms_course_of(author, 2);
  const auto path = "/courses/" + course.id;
  const auto entered = lms(learner).post("/enrollments", object({{"course_id", course.id}}));
  REQUIRE_STATUS(entered, 201);
  const auto gone = lms(author).del(path);
  REQUIRE_STATUS(gone, 204);
  CHECK(gone.body.empty());

  for (const auto& who : {lms(), lms(author), lms(admin), lms(late)}) {
    CHECK_LMS_REFUSED(who.get(path), 404, "COURSE_NOT_FOUND");
    CHECK_LMS_REFUSED(who.get(path + "/lessons"), 404, "COURSE_NOT_FOUND");
    CHECK_LMS_REFUSED(who.get("/lessons/" + course.lessons[0]), 404, "LESSON_NOT_FOUND");
  }
  CHECK_LMS_REFUSED(lms(author).del(path), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(author).patch(path, object({{"title", "Back"}})), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(author).post(path + "/publish"), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(author).post(path + "/lessons", object({{"title", "x"}})), 404, "COURSE_NOT_FOUND");
  CHECK_LMS_REFUSED(lms(author).patch("/lessons/" + course.lessons[0], object({{"title", "x"}})), 404,
                    "LESSON_NOT_FOUND");
  CHECK(lms(author).get("/courses?mine=true").integer("total") == 0);
  CHECK_FALSE(lists(lms().get("/courses?page_size=100"), course.id));
  CHECK_STATUS(learnflow().get(path + "/"), 404);
  CHECK_STATUS(learnflow(author).get(path + "/"), 404);
  CHECK_LMS_REFUSED(lms(late).post("/enrollments", object({{"course_id", course.id}})), 404, "COURSE_NOT_FOUND");

  // Who learns in it goes on.
  CHECK_STATUS(lms(learner).get(path), 200);
  CHECK(lms(learner).get("/lessons/" + course.lessons[1]).text("video_url") == "https://player.example.com/2");
  CHECK_STATUS(lms(learner).post("/enrollments/" + entered.text("id") + "/lessons/" + course.lessons[0] + "/complete"),
               200);
  CHECK(lms(learner).get("/enrollments/my-courses").integer("items.0.progress_percentage") == 50);
}

TEST_CASE("lms courses: withdrawn ones stay with their learners", "[lms][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto learner = fresh_account();
  const auto course = lms_course_of(author, 1);
  REQUIRE_STATUS(lms(learner).post("/enrollments", object({{"course_id", course.id}})), 201);
  const auto back = lms(author).post("/courses/" + course.id + "/unpublish");
  REQUIRE_STATUS(back, 200);
  CHECK_FALSE(back.truth("is_published"));
  CHECK_LMS_REFUSED(lms().get("/courses/" + course.id), 404, "COURSE_NOT_FOUND");
  CHECK_STATUS(lms(learner).get("/courses/" + course.id), 200);
  CHECK_STATUS(learnflow(learner).get("/courses/" + course.id + "/"), 200);
  CHECK(lms(learner).get("/courses/" + course.id + "/lessons").text("items.0.content") == "Text 1");
}

#include "tests/api/classic/classic.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape lesson_shape = {{"id", "integer"},         {"course_id", "integer"},        {"title", "text"},
                            {"description", "string"}, {"content_type", "text"},        {"content", "text|null"},
                            {"video_url", "url|null"}, {"duration_minutes", "integer"}, {"order", "integer"},
                            {"is_preview", "boolean"}, {"created_at", "time"}};

std::string lesson_path(const classic_course& c, std::size_t index) {
  return c.path + "lessons/" + std::to_string(c.lessons.at(index)) + "/";
}

}  // namespace

TEST_CASE("classic lessons: added, listed, read, changed and taken out", "[classic][lessons]") {
  const auto author = fresh_instructor(shared_server());
  const auto me = classic(author);
  const auto course = classic_course_of(author, 0, false);
  const auto path = course.path + "lessons/";
  CHECK(me.get(path).integer("count") == 0);
  const auto made = me.post(path, object({{"title", "Models"},
                                          {"description", "Tables as classes"},
                                          {"content_type", "article"},
                                          {"content", "A model is..."},
                                          {"duration_minutes", 25}}));
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, lesson_shape);
  CHECK(made.integer("course_id") == course.id);
  CHECK(made.text("content") == "A model is...");
  CHECK(made.integer("order") == 1);
  const auto second = me.post(path, object({{"title", "Views"}}));
  REQUIRE_STATUS(second, 201);
  CHECK(second.integer("order") == 2);

  const auto page = me.get(path);
  REQUIRE_STATUS(page, 200);
  CHECK_SHAPE(page,
              shape{{"count", "integer"}, {"next", "null"}, {"previous", "null"}} + below("results.*", lesson_shape));
  CHECK(page.integer("count") == 2);
  CHECK(me.get(path + "?page=2&page_size=1").text("results.0.title") == "Views");
  CHECK_CLASSIC_INVALID(me.get(path + "?page=0"), "page");

  const auto one = path + std::to_string(made.integer("id")) + "/";
  CHECK_SHAPE(me.get(one), lesson_shape);
  const auto changed = me.put(one, object({{"title", "Models and fields"}, {"content", nullptr}}));
  REQUIRE_STATUS(changed, 200);
  CHECK(changed.text("title") == "Models and fields");
  CHECK(changed.at("content").is_null());
  CHECK(changed.integer("duration_minutes") == 25);
  REQUIRE_STATUS(me.del(one), 204);
  CHECK_CLASSIC_REFUSED(me.get(one), 404, "LESSON_NOT_FOUND");
  CHECK(me.get(path).integer("results.0.order") == 1);
}

TEST_CASE("classic lessons: each at its place", "[classic][lessons]") {
  const auto author = fresh_instructor(shared_server());
  const auto me = classic(author);
  const auto course = classic_course_of(author, 3, false);
  const auto path = course.path + "lessons/";
  const auto order = [&] {
    std::vector<std::int64_t> out;
    const auto page = me.get(path);
    for (const auto& one : page.at("results").items()) out.push_back(*find_at(one, "id")->as_integer());
    return out;
  };
  const auto& l = course.lessons;
  const auto moved = me.put(lesson_path(course, 2), object({{"order", 1}}));
  REQUIRE_STATUS(moved, 200);
  CHECK(moved.integer("order") == 1);
  CHECK(order() == std::vector{l[2], l[0], l[1]});
  CHECK(me.put(lesson_path(course, 2), object({{"order", 99}})).integer("order") == 3);
  CHECK(order() == l);
  CHECK(me.put(lesson_path(course, 1), object({{"order", 2}, {"title", "Stays"}})).integer("order") == 2);
  const auto between = me.post(path, object({{"title", "Between"}, {"order", 2}}));
  REQUIRE_STATUS(between, 201);
  CHECK(between.integer("order") == 2);
  CHECK(order() == std::vector{l[0], between.integer("id"), l[1], l[2]});
  CHECK_CLASSIC_INVALID(me.put(lesson_path(course, 1), object({{"order", 0}})), "order");
  CHECK_CLASSIC_INVALID(me.put(lesson_path(course, 1), object({{"order", nullptr}})), "order");
}

TEST_CASE("classic lessons: what they hold is for those who have them", "[classic][lessons]") {
  const auto author = fresh_instructor(shared_server());
  const auto course = classic_course_of(author, 2);
  REQUIRE_STATUS(classic(author).put(lesson_path(course, 0), object({{"is_preview", true}})), 200);
  const auto path = course.path + "lessons/";
  const auto learner = fresh_account();
  for (const auto& who : {classic(), classic(learner)}) {
    const auto page = who.get(path);
    CHECK(page.text("results.0.content") == "Text 1");
    CHECK(page.at("results.1.content").is_null());
    CHECK(page.at("results.1.video_url").is_null());
    CHECK(who.get(lesson_path(course, 1)).at("content").is_null());
  }
  enter(learner, course);
  CHECK(classic(learner).get(path).text("results.1.content") == "Text 2");
  CHECK(classic(learner).get(lesson_path(course, 1)).text("video_url") == "https://player.example.com/2");
}

TEST_CASE("classic lessons: refusals", "[classic][lessons]") {
  const auto author = fresh_instructor(shared_server()), other = fresh_instructor(shared_server());
  const auto student = fresh_account();
  const auto open = classic_course_of(author, 1), draft = classic_course_of(author, 1, false);
  const auto body = object({{"title", "Mine"}});
  for (const auto& [who, status, code] :
       {std::tuple{classic(), 401, "AUTHENTICATION_REQUIRED"}, std::tuple{classic(student), 403, "PERMISSION_DENIED"},
        std::tuple{classic(other), 403, "PERMISSION_DENIED"}}) {
    CHECK_CLASSIC_REFUSED(who.post(open.path + "lessons/", body), status, code);
    CHECK_CLASSIC_REFUSED(who.put(lesson_path(open, 0), body), status, code);
    CHECK_CLASSIC_REFUSED(who.del(lesson_path(open, 0)), status, code);
  }
  for (const auto& hidden : {draft.path + "lessons/", "/courses/" + std::string(unknown_number) + "/lessons/"}) {
    CHECK_CLASSIC_REFUSED(classic().get(hidden), 404, "COURSE_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(other).post(hidden, body), 404, "COURSE_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(other).get(hidden + std::to_string(draft.lessons[0]) + "/"), 404, "COURSE_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(other).put(hidden + "1/", body), 404, "COURSE_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(other).del(hidden + "1/"), 404, "COURSE_NOT_FOUND");
  }
  // Another course's lesson is none of this one's.
  const auto foreign = open.path + "lessons/" + std::to_string(draft.lessons[0]) + "/";
  for (const auto& at : {foreign, open.path + "lessons/one/"}) {
    CHECK_CLASSIC_REFUSED(classic(author).get(at), 404, "LESSON_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(author).put(at, body), 404, "LESSON_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(author).del(at), 404, "LESSON_NOT_FOUND");
  }
  CHECK_CLASSIC_REFUSED(classic(author).del(lesson_path(open, 0)), 400, "COURSE_NOT_READY");
  CHECK_CLASSIC_INVALID(classic(author).post(open.path + "lessons/", "{}"), "title");
  CHECK_CLASSIC_INVALID(
      classic(author).post(open.path + "lessons/", object({{"title", "x"}, {"video_url", "ftp://x"}})), "video_url");
  CHECK_CLASSIC_INVALID(classic(author).put(lesson_path(open, 0), object({{"content_type", "poem"}})), "content_type");
}

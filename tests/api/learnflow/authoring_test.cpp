#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::string escaped(std::string text) {
  for (std::size_t at; (at = text.find(' ')) != text.npos;) text.replace(at, 1, "%20");
  return text;
}

/// Whether somebody finds the course anywhere: by itself, in lists, by search, among recommendations.
struct sightings {
  bool by_id, by_slug, listed, searched, counted, recommended;
};

sightings look_for(const client& as, const built_course& c, const std::string& category) {
  const auto holds = [&](const response& list) {
    for (const auto& one : list.at("results").items())
      if (find_at(one, "id")->text() == c.id) return true;
    return false;
  };
  const auto list = as.get("/courses/?category=" + escaped(category));
  const auto recommended = as.get("/dashboard/recommendations/");
  return {as.get("/courses/" + c.id + "/").status == 200,
          as.get("/courses/" + c.slug + "/").status == 200,
          holds(list),
          holds(as.get("/courses/?search=" + escaped(c.title))),
          list.integer("count") > 0,
          recommended.status == 200 && holds(recommended)};
}

bool nowhere(const sightings& s) {
  return !s.by_id && !s.by_slug && !s.listed && !s.searched && !s.counted && !s.recommended;
}
bool everywhere(const sightings& s) { return s.by_id && s.by_slug && s.listed && s.searched && s.counted; }

}  // namespace

TEST_CASE("authoring: a course from its title to its publication", "[learnflow][authoring]") {
  const auto author = fresh_instructor(shared_server());
  const auto stranger = fresh_account();
  const auto me = learnflow(author);
  const auto category = unique("Craft");

  const auto made = me.post("/courses/", object({{"title", "My Course"}}));
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(
      made,
      {{"id", "uuid"}, {"title", "text"}, {"slug", "text"}, {"is_published", "boolean"}, {"curriculum", "array"}});
  CHECK(made.text("title") == "My Course");
  CHECK_FALSE(made.truth("is_published"));
  const std::string path = "/courses/" + made.text("id") + "/";
  CHECK_REFUSED(me.post(path + "publish/"), 400, "COURSE_NOT_READY");

  const auto named = me.patch(path, object({{"title", unique("Weaving")},
                                            {"category", category},
                                            {"level", "INTERMEDIATE"},
                                            {"price", 49.99},
                                            {"outcomes", std::vector<std::string>{"Weave"}}}));
  REQUIRE_STATUS(named, 200);
  CHECK(named.text("category") == category);
  CHECK(named.text("level") == "Intermediate");
  CHECK(named.at("price").text() == "49.99");

  const auto first = me.post(path + "sections/", object({{"title", "Looms"}, {"description", "Which and why"}}));
  REQUIRE_STATUS(first, 201);
  CHECK_SHAPE(first, {{"id", "uuid"}, {"title", "text"}, {"description", "text"}, {"order", "integer"}});
  CHECK(first.integer("order") == 1);
  const auto second = me.post(path + "sections/", object({{"title", "Before looms"}, {"order", 1}}));
  REQUIRE_STATUS(second, 201);
  CHECK(second.integer("order") == 1);

  const auto lesson =
      me.post("/sections/" + first.text("id") + "/lessons/",
              object({{"title", "Warp"}, {"duration_minutes", 20}, {"video_url", "https://v.example.com/warp"}}));
  REQUIRE_STATUS(lesson, 201);
  CHECK_SHAPE(lesson, {{"id", "uuid"},
                       {"title", "text"},
                       {"duration_minutes", "integer"},
                       {"order", "integer"},
                       {"is_preview", "boolean"},
                       {"video_url", "url"}});
  const auto gone = me.post("/sections/" + second.text("id") + "/lessons/", object({{"title", "A mistake"}}));
  REQUIRE_STATUS(gone, 201);
  REQUIRE_STATUS(
      me.patch("/lessons/" + lesson.text("id") + "/", object({{"title", "Warp and weft"}, {"is_preview", true}})), 200);
  REQUIRE_STATUS(me.del("/lessons/" + gone.text("id") + "/"), 204);
  REQUIRE_STATUS(me.patch("/sections/" + first.text("id") + "/", object({{"title", "The loom"}, {"order", 1}})), 200);
  REQUIRE_STATUS(me.del("/sections/" + second.text("id") + "/"), 204);

  const auto draft = me.get(path);
  REQUIRE_STATUS(draft, 200);
  CHECK_FALSE(draft.truth("is_published"));
  CHECK(draft.at("curriculum").items().size() == 1);
  CHECK(draft.text("curriculum.0.title") == "The loom");
  CHECK(draft.integer("curriculum.0.order") == 1);
  CHECK(draft.text("curriculum.0.lessons.0.title") == "Warp and weft");
  CHECK(draft.truth("curriculum.0.lessons.0.is_preview"));
  CHECK(draft.integer("duration_hours") == 1);

  const built_course course{draft.text("id"), draft.text("title"), draft.text("slug"), {}, {}};
  CHECK(nowhere(look_for(learnflow(stranger), course, category)));
  CHECK(nowhere(look_for(learnflow(), course, category)));
  const auto published = me.post(path + "publish/");
  REQUIRE_STATUS(published, 200);
  CHECK(published.truth("is_published"));
  CHECK_STATUS(me.post(path + "publish/"), 200);
  CHECK(everywhere(look_for(learnflow(stranger), course, category)));
  CHECK(everywhere(look_for(learnflow(), course, category)));

  const auto retitled = me.patch(path, object({{"short_description", "Now shorter"}, {"original_price", 59.99}}));
  REQUIRE_STATUS(retitled, 200);
  CHECK(learnflow(stranger).get(path).text("short_description") == "Now shorter");
  CHECK(learnflow(stranger).get(path).integer("discount_percent") == 16);

  const auto withdrawn = me.post(path + "unpublish/");
  REQUIRE_STATUS(withdrawn, 200);
  CHECK_FALSE(withdrawn.truth("is_published"));
  CHECK(nowhere(look_for(learnflow(stranger), course, category)));
  CHECK_REFUSED(learnflow(stranger).get(path), 404, "COURSE_NOT_FOUND");
  CHECK(learnflow(stranger).get(path).body == learnflow(stranger).get("/courses/unknown/").body);
  REQUIRE_STATUS(me.get(path), 200);
}

TEST_CASE("authoring: drafts are nobody else's business", "[learnflow][authoring]") {
  const auto category = unique("Secret");
  course_plan plan;
  plan.category = category;
  plan.title = unique("Hidden");
  plan.published = false;
  plan.price = "0";
  plan.original_price = "";
  const auto draft = build_course(teacher(), plan);
  const auto stranger = fresh_account(), colleague = fresh_instructor(shared_server());
  for (const auto& asking : {learnflow(), learnflow(stranger), learnflow(colleague)})
    CHECK(nowhere(look_for(asking, draft, category)));
  const std::string path = "/courses/" + draft.id + "/";
  for (const auto& asking : {learnflow(stranger), learnflow(colleague)}) {
    CHECK_REFUSED(asking.post(path + "enroll/"), 404, "COURSE_NOT_FOUND");
    CHECK_REFUSED(asking.get(path + "reviews/"), 404, "COURSE_NOT_FOUND");
    CHECK_REFUSED(asking.post("/cart/items/", object({{"course_id", draft.id}})), 404, "COURSE_NOT_FOUND");
    CHECK_REFUSED(asking.post("/wishlist/items/", object({{"course_id", draft.id}})), 404, "COURSE_NOT_FOUND");
    CHECK(asking.post(path + "reviews/", R"({"rating": 5, "title": "x", "comment": "y"})").status >= 403);
  }
  CHECK_REFUSED(learnflow(colleague).patch(path, object({{"title", "Mine now"}})), 404, "COURSE_NOT_FOUND");
  CHECK_REFUSED(learnflow(colleague).post(path + "publish/"), 404, "COURSE_NOT_FOUND");
  REQUIRE_STATUS(learnflow(teacher()).get(path), 200);
}

TEST_CASE("authoring: only instructors, and only their own", "[learnflow][authoring]") {
  const auto student = fresh_account(), colleague = fresh_instructor(shared_server());
  CHECK_REFUSED(learnflow(student).post("/courses/", R"({ "title": "My Course" })"), 403, "PERMISSION_DENIED");
  CHECK_REFUSED(learnflow().post("/courses/", R"({ "title": "My Course" })"), 401, "AUTHENTICATION_REQUIRED");
  const auto course = paid_course();
  const std::string path = "/courses/" + course.id + "/";
  const std::string section = "/sections/" + course.sections[0] + "/", lesson = "/lessons/" + course.lessons[0] + "/";
  for (const auto& asking : {learnflow(student), learnflow(colleague)}) {
    CHECK_REFUSED(asking.patch(path, object({{"price", 0}})), 403, "PERMISSION_DENIED");
    CHECK_REFUSED(asking.post(path + "publish/"), 403, "PERMISSION_DENIED");
    CHECK_REFUSED(asking.post(path + "unpublish/"), 403, "PERMISSION_DENIED");
    CHECK_REFUSED(asking.post(path + "sections/", object({{"title", "Mine"}})), 403, "PERMISSION_DENIED");
    // Of another's course the parts are denied or unknown, never changed.
    for (const int status : {asking.patch(section, object({{"title", "Mine"}})).status, asking.del(section).status,
                             asking.post(section + "lessons/", object({{"title", "Mine"}})).status,
                             asking.patch(lesson, object({{"title", "Mine"}})).status, asking.del(lesson).status})
      CHECK((status == 403 || status == 404));
  }
  const auto shown = learnflow().get(path);
  CHECK(shown.at("price").text() == "89.99");
  CHECK(shown.text("curriculum.0.title") == "Section 1");
  CHECK(shown.at("curriculum.0.lessons").items().size() == 2);
}

TEST_CASE("authoring: what a course cannot be", "[learnflow][authoring]") {
  const auto me = learnflow(teacher());
  const auto missing = me.post("/courses/", "{}");
  CHECK_REFUSED(missing, 422, "VALIDATION_ERROR");
  CHECK_SHAPE(missing, {{"error.details.title.*", "text"}});
  for (const char* bad :
       {R"({"title": ""})", R"({"title": "   "})", R"({"title": 5})", R"({"title": "x", "price": -1})",
        R"({"title": "x", "price": "free"})", R"({"title": "x", "price": 9.999})",
        R"({"title": "x", "level": "expert"})", R"({"title": "x", "outcomes": "one"})",
        R"j({"title": "x", "thumbnail": "javascript:alert(1)"})j",
        R"({"title": "x", "preview_video_url": "ftp://example.com/x"})",
        R"({"title": "x", "price": 50, "original_price": 40})"})
    CHECK_REFUSED(me.post("/courses/", bad), 422, "VALIDATION_ERROR");
  CHECK_REFUSED(me.post("/courses/", object({{"title", std::string(5000, 'x')}})), 422, "VALIDATION_ERROR");

  const auto course = paid_course();
  CHECK_REFUSED(me.post("/courses/" + course.id + "/sections/"), 422, "VALIDATION_ERROR");
  CHECK_REFUSED(me.post("/sections/" + course.sections[0] + "/lessons/"), 422, "VALIDATION_ERROR");
  CHECK_REFUSED(
      me.post("/sections/" + course.sections[0] + "/lessons/", object({{"title", "x"}, {"duration_minutes", -1}})), 422,
      "VALIDATION_ERROR");
  CHECK_REFUSED(me.post("/sections/" + course.sections[0] + "/lessons/",
                        object({{"title", "x"}, {"video_url", "file:///etc/passwd"}})),
                422, "VALIDATION_ERROR");
  CHECK_STATUS(me.post("/sections/unknown/lessons/", object({{"title", "x"}})), 404);
  CHECK_STATUS(me.patch("/lessons/unknown/", object({{"title", "x"}})), 404);
  CHECK_STATUS(me.del("/sections/3f0b7f7e-0000-7000-8000-000000000000/"), 404);
  CHECK_REFUSED(me.patch("/courses/unknown/", object({{"title", "x"}})), 404, "COURSE_NOT_FOUND");
}

TEST_CASE("authoring: two of one title have two slugs", "[learnflow][authoring]") {
  course_plan plan;
  plan.title = unique("Schwarzm\xC3\xBCller's Way");
  const auto first = build_course(teacher(), plan), second = build_course(teacher(), plan);
  CHECK(first.slug != second.slug);
  CHECK(first.slug.starts_with("schwarzmullers-way"));
  CHECK(learnflow().get("/courses/" + second.slug + "/").text("id") == second.id);
}

TEST_CASE("authoring: learners keep what was withdrawn", "[learnflow][authoring]") {
  const auto who = fresh_account();
  const auto course = paid_course();
  buy(who, {course});
  const auto id = learnflow(who).get("/enrollments/").text("results.0.id");
  REQUIRE_STATUS(learnflow(teacher()).post("/courses/" + course.id + "/unpublish/"), 200);
  const auto mine = learnflow(who).get("/enrollments/" + id + "/");
  REQUIRE_STATUS(mine, 200);
  CHECK(mine.text("course.curriculum.0.lessons.1.video_url") == "https://player.example.com/1-2");
  CHECK_STATUS(
      learnflow(who).post("/enrollments/" + id + "/mark-lesson-complete/", object({{"lesson_id", course.lessons[0]}})),
      200);
}

TEST_CASE("authoring: administrators see, enter and change everything", "[learnflow][authoring]") {
  person admin;
  admin.email = fresh_email("admin");
  admin.password = "SecurePassword123!";
  const auto added = run_stoa({"user", "add", "--data", shared_server().data(), "--email", admin.email, "--password",
                               admin.password, "--role", "admin", "--name", "Ada Admin"});
  INFO(added.errors);
  REQUIRE(added.status == 0);
  const auto in = learnflow().post("/auth/login/", object({{"email", admin.email}, {"password", admin.password}}));
  REQUIRE_STATUS(in, 200);
  CHECK(in.text("user.id") + "\n" == added.output);
  admin.access = in.text("access_token");

  const auto course = paid_course();
  const std::string path = "/courses/" + course.id + "/";
  CHECK(learnflow(admin).get(path).text("curriculum.0.lessons.1.video_url") == "https://player.example.com/1-2");
  CHECK_STATUS(learnflow(admin).post(path + "enroll/"), 201);
  CHECK_STATUS(learnflow(admin).patch(path, object({{"title", unique("Renamed")}})), 200);
  course_plan plan;
  plan.published = false;
  CHECK_STATUS(learnflow(admin).get("/courses/" + build_course(teacher(), plan).id + "/"), 200);
}

TEST_CASE("authoring: PUT is a whole course", "[learnflow][authoring]") {
  const auto course = paid_course();
  course_plan plan;
  plan.title = unique("Replaced");
  plan.price = "12.34";
  plan.original_price = "";
  const auto put = learnflow(teacher()).put("/courses/" + course.id + "/", course_body(plan));
  REQUIRE_STATUS(put, 200);
  CHECK(put.text("title") == plan.title);
  CHECK(put.at("price").text() == "12.34");
  CHECK(put.at("original_price").is_null());
  CHECK_REFUSED(learnflow(teacher()).put("/courses/" + course.id + "/", "{}"), 422, "VALIDATION_ERROR");
}

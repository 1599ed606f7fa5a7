#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client at_unpuzzle(const person& who) { return shared_server().client().below("/unpuzzle/api/v1").as(who.access); }

std::string on(const std::string& lesson, const std::string& visibility = "private") {
  return object({{"lesson_id", lesson},
                 {"type", "puzzle"},
                 {"content", "This concept reminds me of..."},
                 {"tags", std::vector<std::string>{"hooks", "state-management"}},
                 {"visibility", visibility}});
}

struct classroom {
  person author = fresh_instructor(shared_server()), ada = fresh_account(), bob = fresh_account();
  built_course course = make();

  built_course make() {
    course_plan plan;
    plan.price = "0";
    plan.original_price = "";
    auto made = build_course(author, plan);
    enroll(ada, made);
    enroll(bob, made);
    return made;
  }
};

const shape made_shape{{"id", "uuid"},    {"lesson_id", "uuid"},  {"type", "text"},      {"content", "text"},
                       {"tags", "array"}, {"visibility", "text"}, {"created_at", "time"}};
const shape item_shape{{"id", "uuid"},
                       {"lesson.id", "uuid"},
                       {"lesson.title", "text"},
                       {"lesson.course_title", "text"},
                       {"type", "text"},
                       {"content", "text"},
                       {"tags", "array"},
                       {"visibility", "text"},
                       {"author.id", "uuid"},
                       {"author.full_name", "text"},
                       {"replies_count", "integer"},
                       {"created_at", "time"},
                       {"updated_at", "time"}};

}  // namespace

TEST_CASE("reflections: created and listed as documented", "[unpuzzle][reflections]") {
  const classroom in;
  const auto& lesson = in.course.lessons[0];
  const auto made = at_unpuzzle(in.ada).post("/reflections/", on(lesson));
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, made_shape);
  CHECK(made.text("lesson_id") == lesson);
  CHECK(made.text("visibility") == "private");
  CHECK(made.text("tags.1") == "state-management");

  const auto list = at_unpuzzle(in.ada).get("/reflections/?course_id=" + in.course.id + "&type=puzzle");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list, shape{{"count", "integer"}} + below("results.*", item_shape));
  CHECK(list.integer("count") == 1);
  CHECK(list.text("results.0.lesson.course_title") == in.course.title);
  CHECK(at_unpuzzle(in.ada).get("/reflections/?lesson_id=" + in.course.lessons[1]).integer("count") == 0);
  CHECK(at_unpuzzle(in.ada).get("/reflections/?type=note").integer("count") == 0);
  CHECK(at_unpuzzle(in.bob).get("/reflections/").integer("count") == 0);

  // The same request once more is the same reflection.
  const auto once = at_unpuzzle(in.bob).with("Idempotency-Key", unique("reflection"));
  const auto first = once.post("/reflections/", on(lesson)), second = once.post("/reflections/", on(lesson));
  REQUIRE_STATUS(first, 201);
  CHECK(second.text("id") == first.text("id"));
  CHECK(at_unpuzzle(in.bob).get("/reflections/").integer("count") == 1);
}

TEST_CASE("reflections: read by whom they are for, answered by the instructor", "[unpuzzle][reflections]") {
  const classroom in;
  const auto& lesson = in.course.lessons[0];
  const auto to_teacher = at_unpuzzle(in.ada).post("/reflections/", on(lesson, "instructor"));
  const auto to_all = at_unpuzzle(in.ada).post("/reflections/", on(lesson, "public"));
  REQUIRE_STATUS(at_unpuzzle(in.ada).post("/reflections/", on(lesson)), 201);
  REQUIRE_STATUS(to_all, 201);
  const auto seen = [&](const person& who) {
    return at_unpuzzle(who).get("/reflections/?scope=course&course_id=" + in.course.id).integer("count");
  };
  CHECK(seen(in.ada) == 3);
  CHECK(seen(in.author) == 2);
  CHECK(seen(in.bob) == 1);
  CHECK(seen(fresh_account()) == 0);

  const auto path = "/reflections/" + to_teacher.text("id") + "/";
  const auto reply = at_unpuzzle(in.author).post(path + "replies/", object({{"content", "Well seen."}}));
  REQUIRE_STATUS(reply, 201);
  CHECK_SHAPE(reply, {{"id", "uuid"}, {"author.id", "uuid"}, {"content", "text"}, {"created_at", "time"}});
  const auto shown = at_unpuzzle(in.ada).get(path);
  REQUIRE_STATUS(shown, 200);
  CHECK_SHAPE(shown, item_shape + shape{{"replies.*.content", "text"}});
  CHECK(shown.integer("replies_count") == 1);
  CHECK(at_unpuzzle(in.ada).get("/reflections/").integer("results.1.replies_count") +
            at_unpuzzle(in.ada).get("/reflections/").integer("results.2.replies_count") ==
        1);

  const auto changed = at_unpuzzle(in.ada).patch(path, object({{"content", "On second thought"}, {"tags", nullptr}}));
  REQUIRE_STATUS(changed, 200);
  CHECK(changed.text("content") == "On second thought");
  CHECK(changed.at("tags").items().empty());
  REQUIRE_STATUS(at_unpuzzle(in.author).del(path + "replies/" + reply.text("id") + "/"), 204);
  REQUIRE_STATUS(at_unpuzzle(in.ada).del(path), 204);
  CHECK_STATUS(at_unpuzzle(in.ada).get(path), 404);
}

TEST_CASE("reflections: refusals in unpuzzle's envelope, and foreign users", "[unpuzzle][reflections]") {
  const classroom in;
  const auto& lesson = in.course.lessons[0];
  const auto made = at_unpuzzle(in.ada).post("/reflections/", on(lesson));
  REQUIRE_STATUS(made, 201);
  const auto path = "/reflections/" + made.text("id") + "/", reply = path + "replies/" + made.text("id") + "/";
  const auto open = at_unpuzzle(in.ada).post("/reflections/", on(lesson, "public"));
  const auto refused = [](const response& r, int status, const std::string& code) {
    INFO(r.asked << " -> " << r.status << " " << r.body);
    CHECK(r.status == status);
    CHECK(r.text("status") == "error");
    CHECK(r.text("error.code") == code);
  };
  const auto content = object({{"content", "mine"}});
  const auto nobody = shared_server().client().below("/unpuzzle/api/v1");
  for (const auto& r :
       {nobody.get("/reflections/"), nobody.post("/reflections/", on(lesson)), nobody.get(path),
        nobody.patch(path, content), nobody.del(path), nobody.post(path + "replies/", content), nobody.del(reply)})
    CHECK_STATUS(r, 401);
  for (const auto& who : {in.bob, in.author, fresh_account()})
    for (const auto& at : {path, std::string("/reflections/reflection_uuid/")}) {
      refused(at_unpuzzle(who).get(at), 404, "REFLECTION_NOT_FOUND");
      refused(at_unpuzzle(who).patch(at, content), 404, "REFLECTION_NOT_FOUND");
      refused(at_unpuzzle(who).del(at), 404, "REFLECTION_NOT_FOUND");
      refused(at_unpuzzle(who).post(at + "replies/", content), 404, "REFLECTION_NOT_FOUND");
      refused(at_unpuzzle(who).del(at + "replies/" + made.text("id") + "/"), 404, "REFLECTION_NOT_FOUND");
    }
  refused(at_unpuzzle(in.bob).post("/reflections/" + open.text("id") + "/replies/", content), 403, "PERMISSION_DENIED");
  refused(at_unpuzzle(fresh_account()).post("/reflections/", on(lesson)), 403, "NOT_ENROLLED");
  refused(at_unpuzzle(in.ada).post("/reflections/", on("lesson_uuid")), 404, "LESSON_NOT_FOUND");
  const auto bad = at_unpuzzle(in.ada).post("/reflections/", object({{"lesson_id", lesson}, {"type", "joke"}}));
  refused(bad, 422, "VALIDATION_ERROR");
  CHECK(bad.text("error.details.0.field") == "type");
  CHECK(bad.text("error.details.1.field") == "content");
  for (const char* query : {"?type=joke", "?course_id=c", "?scope=all", "?scope=course", "?page=0"})
    CHECK_STATUS(at_unpuzzle(in.ada).get(std::string("/reflections/") + query), 422);
  CHECK(at_unpuzzle(in.ada).get("/reflections/").integer("count") == 2);
}

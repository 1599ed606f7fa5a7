#include <unistd.h>

#include "tests/api/classic/classic.hpp"
#include "tests/api/lms/lms.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape item_shape = {{"id", "integer"},
                          {"title", "text"},
                          {"slug", "text"},
                          {"description", "string"},
                          {"category", "text|null"},
                          {"level", "text"},
                          {"status", "text"},
                          {"duration_weeks", "integer|null"},
                          {"thumbnail_url", "url|null"},
                          {"instructor.id", "integer"},
                          {"instructor.first_name", "string"},
                          {"instructor.last_name", "string"},
                          {"created_at", "time"},
                          {"updated_at", "time"},
                          {"published_at", "time|null"}};
const shape course_shape = item_shape + shape{{"lessons", "array"}};
const shape page_shape = {{"count", "integer"}, {"next", "url|null"}, {"previous", "url|null"}, {"results", "array"}};

std::string documented_course(const std::string& slug) {
  return object({{"title", "Django Basics"},
                 {"slug", slug},
                 {"description", "Learn Django fundamentals"},
                 {"category", "Web Development"},
                 {"level", "beginner"},
                 {"duration_weeks", 4}});
}

std::string escaped(std::string text) {
  for (std::size_t at; (at = text.find(' ')) != text.npos;) text.replace(at, 1, "%20");
  return text;
}

std::string slug_now() {
  static int made = 0;
  return "django-basics-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
}

}  // namespace

TEST_CASE("classic courses: as documented from the first request to the publication", "[classic][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto me = classic(author);
  const auto slug = slug_now();
  const auto made = me.post("/courses/", documented_course(slug));
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, course_shape);
  CHECK(made.integer("id") > 0);
  CHECK(made.text("title") == "Django Basics");
  CHECK(made.text("slug") == slug);
  CHECK(made.text("description") == "Learn Django fundamentals");
  CHECK(made.text("category") == "Web Development");
  CHECK(made.text("level") == "beginner");
  CHECK(made.integer("duration_weeks") == 4);
  CHECK(made.text("status") == "draft");
  CHECK(made.integer("instructor.id") == classic(author).get("/users/profile/").integer("id"));

  const auto path = "/courses/" + std::to_string(made.integer("id")) + "/";
  CHECK_CLASSIC_REFUSED(me.put(path, object({{"status", "published"}})), 400, "COURSE_NOT_READY");
  REQUIRE_STATUS(me.post(path + "lessons/", object({{"title", "Introduction"}, {"duration_minutes", 15}})), 201);
  const auto published = me.put(path, object({{"status", "published"}, {"title", "Django Fundamentals"}}));
  REQUIRE_STATUS(published, 200);
  CHECK_SHAPE(published, course_shape);
  CHECK(published.text("status") == "published");
  CHECK(published.text("title") == "Django Fundamentals");
  CHECK(published.text("description") == "Learn Django fundamentals");

  const auto shown = classic().get(path);
  REQUIRE_STATUS(shown, 200);
  CHECK_SHAPE(shown, course_shape + shape{{"lessons.*.id", "integer"},
                                          {"lessons.*.title", "text"},
                                          {"lessons.*.order", "integer"},
                                          {"lessons.*.duration_minutes", "integer"}});
  CHECK(shown.integer("id") == made.integer("id"));
  // Told once, as what it is, though the title changed with it.
  CHECK(sql(shared_server(), "select count(*) from outbox o join course c on c.id = o.entity where c.slug = '" + slug +
                                 "' and o.kind = 'course.published'") == "1");
  // The same course at another door.
  CHECK(learnflow().get("/courses/" + slug + "/").text("title") == "Django Fundamentals");
}

TEST_CASE("classic courses: one list for everybody, by level and words", "[classic][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto word = unique("Quokka");
  std::vector<std::int64_t> ids;
  for (const char* level : {"beginner", "beginner", "advanced"}) {
    const auto course = classic_course_of(author, 1, false);
    REQUIRE_STATUS(classic(author).put(
                       course.path, object({{"title", word + " " + level}, {"level", level}, {"status", "published"}})),
                   200);
    ids.push_back(course.id);
  }
  const auto draft = classic_course_of(author, 1, false);
  REQUIRE_STATUS(classic(author).put(draft.path, object({{"title", word + " draft"}})), 200);

  const auto by_word = "/courses/?search=" + escaped(word);
  const auto all = classic().get(by_word);
  REQUIRE_STATUS(all, 200);
  CHECK_SHAPE(all, page_shape + below("results.*", item_shape));
  CHECK(all.integer("count") == 3);
  CHECK_FALSE(lists(all, draft.id));
  CHECK(classic(author).get(by_word).integer("count") == 3);
  CHECK(classic().get(by_word + "&status=published").integer("count") == 3);
  const auto hard = classic().get(by_word + "&level=Advanced");
  CHECK(hard.integer("count") == 1);
  CHECK(hard.integer("results.0.id") == ids[2]);

  const auto first = classic().get(by_word + "&page=1&page_size=2");
  REQUIRE_STATUS(first, 200);
  CHECK(first.at("results").items().size() == 2);
  CHECK(first.at("previous").is_null());
  const auto next = first.text("next");
  CHECK(next.starts_with(shared_server().url() + "/classic/api/courses/?"));
  CHECK(next.find("page=2") != next.npos);
  const auto second = client("").get(next);
  REQUIRE_STATUS(second, 200);
  CHECK(second.at("results").items().size() == 1);
  CHECK(second.at("next").is_null());
  CHECK(second.text("previous").find("page=1") != std::string::npos);
  const auto behind = classic().get(by_word + "&page=9");
  REQUIRE_STATUS(behind, 200);
  CHECK(behind.integer("count") == 3);
  CHECK(behind.at("results").items().empty());
  CHECK(classic().get("/courses/?page_size=1000").status == 200);

  CHECK_CLASSIC_INVALID(classic().get("/courses/?page=none"), "page");
  CHECK_CLASSIC_INVALID(classic().get("/courses/?page_size=0"), "page_size");
  CHECK_CLASSIC_INVALID(classic().get("/courses/?level=godlike"), "level");
  CHECK_CLASSIC_INVALID(classic().get("/courses/?status=secret"), "status");
  CHECK_CLASSIC_INVALID(classic().get("/courses/?search=" + std::string(201, 'x')), "search");
  CHECK_CLASSIC_INVALID(classic(author).get("/courses/?status=draft&search=" + std::string(201, 'x')), "search");
  CHECK(classic(author).get("/courses/?status=draft&search='").integer("count") == 0);
}

TEST_CASE("classic courses: drafts and archived ones are listed for their owner and administrators",
          "[classic][courses]") {
  const auto author = fresh_instructor(shared_server()), other = fresh_instructor(shared_server());
  const auto admin = administrator();
  const auto word = unique("Numbat");
  const auto draft = classic_course_of(author, 1, false), kept = classic_course_of(author, 1),
             open = classic_course_of(author, 1);
  for (const auto& c : {draft, kept, open})
    REQUIRE_STATUS(classic(author).put(c.path, object({{"title", word + " " + std::to_string(c.id)}})), 200);
  const auto archived = classic(author).put(kept.path, object({{"status", "archived"}}));
  REQUIRE_STATUS(archived, 200);
  CHECK(archived.text("status") == "archived");

  const auto words = escaped(word);
  const auto drafts = "/courses/?status=draft&search=" + words, old = "/courses/?status=archived&search=" + words;
  for (const auto& who : {author, admin}) {
    const auto page = classic(who).get(drafts);
    REQUIRE_STATUS(page, 200);
    CHECK_SHAPE(page, below("results.*", item_shape));
    CHECK(page.integer("count") == 1);
    CHECK(lists(page, draft.id));
    CHECK(page.text("results.0.status") == "draft");
    CHECK(lists(classic(who).get(old), kept.id));
    CHECK(classic(who).get(old).integer("count") == 1);
    CHECK(classic(who).get(drafts + "&level=advanced").integer("count") == 0);
    CHECK_STATUS(classic(who).get(draft.path), 200);
    CHECK_STATUS(classic(who).get(kept.path), 200);
  }
  for (const auto& who : {classic(), classic(other), classic(fresh_account())}) {
    CHECK(who.get(drafts).integer("count") == 0);
    CHECK(who.get(old).integer("count") == 0);
    CHECK_CLASSIC_REFUSED(who.get(draft.path), 404, "COURSE_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(who.get(kept.path), 404, "COURSE_NOT_FOUND");
    CHECK(who.get("/courses/?search=" + words).integer("count") == 1);
  }
  // What was archived can be put on sale again.
  REQUIRE_STATUS(classic(author).put(kept.path, object({{"status", "published"}})), 200);
  CHECK_STATUS(classic().get(kept.path), 200);
  REQUIRE_STATUS(classic(author).put(kept.path, object({{"status", "draft"}})), 200);
  CHECK_STATUS(classic().get(kept.path), 404);
}

TEST_CASE("classic courses: slugs, and what null empties", "[classic][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto me = classic(author);
  const auto slug = slug_now();
  const auto made = me.post("/courses/", documented_course(slug));
  REQUIRE_STATUS(made, 201);
  const auto path = "/courses/" + std::to_string(made.integer("id")) + "/";
  CHECK_CLASSIC_REFUSED(me.post("/courses/", documented_course(slug)), 409, "SLUG_TAKEN");
  const auto bare = me.post("/courses/", object({{"title", "Django Basics"}}));
  REQUIRE_STATUS(bare, 201);
  CHECK_SHAPE(bare, course_shape);
  CHECK(bare.text("slug").starts_with("django-basics"));
  CHECK(bare.text("level") == "beginner");
  for (const char* missing : {"category", "duration_weeks", "thumbnail_url", "published_at"})
    CHECK(bare.at(missing).is_null());
  const auto other = "/courses/" + std::to_string(bare.integer("id")) + "/";
  CHECK_CLASSIC_REFUSED(me.put(other, object({{"slug", slug}})), 409, "SLUG_TAKEN");

  const auto emptied =
      me.put(path, object({{"description", nullptr}, {"category", nullptr}, {"duration_weeks", nullptr}}));
  REQUIRE_STATUS(emptied, 200);
  CHECK(emptied.text("description").empty());
  CHECK(emptied.at("category").is_null());
  CHECK(emptied.at("duration_weeks").is_null());
  CHECK(emptied.text("title") == "Django Basics");
  const auto unchanged = me.put(path, "{}");
  REQUIRE_STATUS(unchanged, 200);
  CHECK(unchanged.text("slug") == slug);
  CHECK_CLASSIC_INVALID(me.put(path, object({{"title", nullptr}})), "title");
  CHECK_CLASSIC_INVALID(me.put(path, object({{"status", nullptr}})), "status");
  CHECK_CLASSIC_INVALID(me.put(path, object({{"status", "removed"}})), "status");
  CHECK_CLASSIC_INVALID(me.put(path, object({{"duration_weeks", -1}})), "duration_weeks");
  const auto bad =
      me.post("/courses/", object({{"slug", "Not A Slug"}, {"level", "godlike"}, {"duration_weeks", "many"}}));
  for (const char* field : {"title", "level", "duration_weeks"}) CHECK_CLASSIC_INVALID(bad, field);
  CHECK_CLASSIC_INVALID(me.post("/courses/", object({{"title", "x"}, {"slug", "Not A Slug"}})), "slug");
  // Another contract's course has weeks no more than it has a slug that somebody chose.
  const auto theirs = lms_course_of(author, 1);
  const auto number = sql(shared_server(), "select number from course where id = '" + theirs.id + "'");
  CHECK(classic().get("/courses/" + number + "/").at("duration_weeks").is_null());
}

TEST_CASE("classic courses: who may write them", "[classic][courses]") {
  const auto student = fresh_account();
  const auto author = fresh_instructor(shared_server()), other = fresh_instructor(shared_server());
  const auto admin = administrator();
  CHECK_CLASSIC_REFUSED(classic().post("/courses/", documented_course(slug_now())), 401, "AUTHENTICATION_REQUIRED");
  CHECK_CLASSIC_REFUSED(classic(student).post("/courses/", documented_course(slug_now())), 403, "PERMISSION_DENIED");
  const auto open = classic_course_of(author, 1), draft = classic_course_of(author, 1, false);
  const auto rename = object({{"title", "Mine now"}});
  CHECK_CLASSIC_REFUSED(classic(other).put(open.path, rename), 403, "PERMISSION_DENIED");
  CHECK_CLASSIC_REFUSED(classic(other).del(open.path), 403, "PERMISSION_DENIED");
  CHECK_CLASSIC_REFUSED(classic(other).put(draft.path, rename), 404, "COURSE_NOT_FOUND");
  CHECK_CLASSIC_REFUSED(classic(other).del(draft.path), 404, "COURSE_NOT_FOUND");
  CHECK_CLASSIC_REFUSED(classic(student).put(open.path, rename), 403, "PERMISSION_DENIED");
  CHECK_CLASSIC_REFUSED(classic().put(open.path, rename), 401, "AUTHENTICATION_REQUIRED");
  CHECK_CLASSIC_REFUSED(classic().del(open.path), 401, "AUTHENTICATION_REQUIRED");
  REQUIRE_STATUS(classic(admin).put(draft.path, rename), 200);
  CHECK(classic(author).get(draft.path).text("title") == "Mine now");
  for (const std::string& id : {std::string(unknown_number), std::string("0"), std::string("-1"), std::string("one"),
                                std::string("99999999999999999999999")}) {
    const auto path = "/courses/" + id + "/";
    CHECK_CLASSIC_REFUSED(classic().get(path), 404, "COURSE_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(author).put(path, rename), 404, "COURSE_NOT_FOUND");
    CHECK_CLASSIC_REFUSED(classic(author).del(path), 404, "COURSE_NOT_FOUND");
  }
}

TEST_CASE("classic courses: one that learners have entered is archived, not taken away", "[classic][courses]") {
  const auto author = fresh_instructor(shared_server());
  const auto learner = fresh_account();
  const auto course = classic_course_of(author, 1);
  enter(learner, course);
  CHECK_CLASSIC_REFUSED(classic(author).del(course.path), 409, "COURSE_HAS_LEARNERS");
  CHECK_STATUS(classic().get(course.path), 200);
  REQUIRE_STATUS(classic(author).put(course.path, object({{"status", "archived"}})), 200);
  CHECK_STATUS(classic().get(course.path), 404);
  CHECK_STATUS(classic(learner).get(course.path), 200);
  CHECK_STATUS(classic(author).get(course.path), 200);
  CHECK_CLASSIC_REFUSED(
      classic(fresh_account()).post("/enrollments/", object({{"course_id", static_cast<int>(course.id)}})), 404,
      "COURSE_NOT_FOUND");

  const auto alone = classic_course_of(author, 1);
  const auto gone = classic(author).del(alone.path);
  REQUIRE_STATUS(gone, 204);
  CHECK(gone.body.empty());
  CHECK_CLASSIC_REFUSED(classic(author).get(alone.path), 404, "COURSE_NOT_FOUND");
  CHECK_CLASSIC_REFUSED(classic(author).del(alone.path), 404, "COURSE_NOT_FOUND");
  CHECK_FALSE(lists(classic(author).get("/courses/?status=archived&page_size=100"), alone.id));
}

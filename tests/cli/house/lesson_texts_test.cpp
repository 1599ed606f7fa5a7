// What lessons hold is read where it is shown, and no part of the courses that are kept in memory.
#include <catch2/catch.hpp>

#include "runtime/store/plain.hpp"
#include "tests/cli/house/house_shop.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

/// A free course with an open lesson and a long one for those who entered, over HTTP.
struct long_course {
  explicit long_course(std::vector<std::string> overrides = {}) : house(std::move(overrides), database) {
    teacher = teacher_at(house);
    id = course_at(house, teacher, "0.00");
    const auto author = signed_in_at(house, teacher);
    section = author.get(path()).text("curriculum.0.id");
    open = lesson("Open to all.", true);
    closed = lesson(long_text, false);
  }

  std::string path() const { return "/courses/" + id + "/"; }
  std::string lesson(const std::string& content, bool preview) const {
    const auto made = signed_in_at(house, teacher)
                          .post("/sections/" + section + "/lessons/",
                                object({{"title", "A lesson"}, {"is_preview", preview}, {"content", content}}));
    REQUIRE_STATUS(made, 201);
    CHECK(made.text("content") == content);
    return made.text("id");
  }
  testing::client anybody() const { return house.client().below(learnflow_base); }
  std::int64_t version() const {
    runtime::plain_connection db(database);
    return std::stoll(*db.run("select version from course where id = $1", {id}).at(0).at(0));
  }
  double bytes_in_memory() const {
    const auto page = house.operators().get("/metrics").body;
    const std::string name = "stoa_entity_bytes{entity=\"course\"} ";
    const auto at = page.find(name);
    REQUIRE(at != page.npos);
    return std::stod(page.substr(at + name.size()));
  }

  const std::string long_text = std::string(90'000, 'w') + " \u00e9nd";
  const std::string database = test_postgres::shared().fresh_database();
  test_house house;
  person teacher;
  std::string id, section, open, closed;
};

}  // namespace

TEST_CASE("a lesson's content is shown where it may be seen, and the course in memory is without it",
          "[house][lesson_texts]") {
  long_course c;
  const auto check = [&](const test_house& house) {
    const auto seen = house.client().below(learnflow_base).get(c.path());
    CHECK(seen.text("curriculum.0.lessons.1.content") == "Open to all.");
    CHECK(seen.at("curriculum.0.lessons.0.content").is_null());
    CHECK(seen.at("curriculum.0.lessons.2.content").is_null());
    CHECK(seen.body.find("www") == std::string::npos);
    const auto author = signed_in_at(house, c.teacher).get(c.path());
    CHECK(author.text("curriculum.0.lessons.1.content") == "Open to all.");
    CHECK(author.text("curriculum.0.lessons.2.content") == c.long_text);
    CHECK(author.at("curriculum.0.lessons.0.content").is_null());
  };
  check(c.house);
  const auto reader = account_at(c.house.client());
  const auto me = signed_in_at(c.house, reader);
  REQUIRE_STATUS(me.post(c.path() + "enroll/", "{}"), 201);
  CHECK(me.get(c.path()).text("curriculum.0.lessons.2.content") == c.long_text);
  const auto mine = me.get("/enrollments/" + me.get("/enrollments/").text("results.0.id") + "/");
  CHECK(mine.text("course.curriculum.0.lessons.0.content").empty());
  CHECK(mine.text("course.curriculum.0.lessons.1.content") == "Open to all.");
  CHECK(mine.text("course.curriculum.0.lessons.2.content") == c.long_text);
  CHECK(c.bytes_in_memory() < 20'000);
  // Read from the rows by a server that has written none of them.
  const test_house other({}, c.database);
  check(other);
}

TEST_CASE("a content stays where a change leaves it out, and goes where it is emptied", "[house][lesson_texts]") {
  long_course c;
  const auto author = signed_in_at(c.house, c.teacher);
  const auto path = "/lessons/" + c.closed + "/";
  const auto shown = [&] { return author.get(c.path()).at("curriculum.0.lessons.2.content"); };

  const auto renamed = author.patch(path, object({{"title", "Renamed"}}));
  REQUIRE_STATUS(renamed, 200);
  CHECK(renamed.text("content") == c.long_text);
  CHECK(shown().text() == c.long_text);
  const auto moved = author.patch("/sections/" + c.section + "/", object({{"title", "Part"}}));
  REQUIRE_STATUS(moved, 200);
  CHECK(moved.text("lessons.1.content") == "Open to all.");
  CHECK(moved.text("lessons.2.content") == c.long_text);

  // What it holds already is no change.
  const auto before = c.version();
  REQUIRE_STATUS(author.patch(path, object({{"content", c.long_text}})), 200);
  CHECK(c.version() == before);
  // As long, but other words.
  const auto other = std::string(c.long_text.size(), 'o');
  const auto rewritten = author.patch(path, object({{"content", other}}));
  REQUIRE_STATUS(rewritten, 200);
  CHECK(rewritten.text("content") == other);
  CHECK(c.version() == before + 1);
  CHECK(shown().text() == other);

  const auto emptied = author.patch(path, object({{"content", ""}}));
  REQUIRE_STATUS(emptied, 200);
  CHECK(emptied.at("content").is_null());
  CHECK(shown().is_null());
  const auto again = c.version();
  REQUIRE_STATUS(author.patch(path, object({{"content", ""}})), 200);
  CHECK(c.version() == again);
}

TEST_CASE("what lessons hold counts toward the course's bound of bytes wherever it is", "[house][lesson_texts]") {
  long_course c({"courses.max_bytes=100KiB"});
  const auto author = signed_in_at(c.house, c.teacher);
  const auto more = author.post("/sections/" + c.section + "/lessons/",
                                object({{"title", "Too much"}, {"content", std::string(20'000, 'm')}}));
  CHECK_STATUS(more, 400);
  CHECK(more.text("error.code") == "COURSE_TOO_LARGE");
}

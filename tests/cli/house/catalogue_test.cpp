// The catalogue in memory over a real database, through the front door.
#include <algorithm>
#include <string>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "tests/cli/house/house_shop.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

/// A server, its database, and somebody who teaches.
struct academy {
  std::string database = test_postgres::shared().fresh_database();
  test_house house;
  person teacher = teacher_at(house);

  explicit academy(std::vector<std::string> overrides = {}) : house(std::move(overrides), database) {}

  /// A published course, written past the server.
  std::string by_sql(const std::string& title, const std::string& text = "", const std::string& more = "") {
    runtime::plain_connection db(database);
    const auto id = course_id::make().str();
    db.run(
        "insert into course (id, instructor_id, title, slug, short_description, status, created_at, updated_at, "
        "published_at) "
        "values ($1::text::uuid, $2::uuid, $3, $1::text, $4, 'published', now(), now(), now())",
        {id, teacher.id, title, text});
    if (!more.empty()) db.run(more);
    return id;
  }
  void sql(const std::string& text) { runtime::plain_connection(database).run(text); }

  std::vector<std::string> titles(const std::string& query) const {
    const auto list = house.client().get(learnflow_base + "/courses/" + query);
    REQUIRE_STATUS(list, 200);
    std::vector<std::string> out;
    for (const auto& one : list.at("results").items()) out.push_back(find_at(one, "title")->text());
    return out;
  }
  bool lists(const std::string& query, const std::vector<std::string>& wanted) const {
    return eventually([&] { return titles(query) == wanted; });
  }
  std::int64_t version() { return house->areas().use<stoa::catalog>().version(); }
};

}  // namespace

TEST_CASE("what is written past the server is found soon: new, changed, withdrawn and deleted courses",
          "[house][catalogue]") {
  academy a;
  CHECK(a.titles("").empty());
  const auto first = a.by_sql("First"), second = a.by_sql("Second");
  CHECK(a.lists("?ordering=title", {"First", "Second"}));
  // No version rises, no event is told.
  a.sql("update course set title = 'Zeroth' where id = '" + first + "'");
  CHECK(a.lists("?ordering=title", {"Second", "Zeroth"}));
  a.sql("update course_numbers set students = 7 where course_id = '" + first + "'");
  a.sql("insert into course_numbers (course_id, students) values ('" + first +
        "', 7) on conflict (course_id) do update set students = 7");
  CHECK(a.lists("?ordering=-students", {"Zeroth", "Second"}));
  a.sql("update course set status = 'draft' where id = '" + second + "'");
  CHECK(a.lists("", {"Zeroth"}));
  a.sql("delete from course");
  CHECK(a.lists("", {}));
}

TEST_CASE("a course is in the catalogue with its publication, and out of it with its withdrawal",
          "[house][catalogue]") {
  academy a;
  const auto id = course_at(a.house, a.teacher, "10.00");
  CHECK(a.titles("") == std::vector<std::string>{"A course for 10.00"});
  const auto author = signed_in_at(a.house, a.teacher);
  REQUIRE_STATUS(author.patch("/courses/" + id + "/", object({{"title", "Another name"}})), 200);
  CHECK(a.titles("?search=another") == std::vector<std::string>{"Another name"});
  CHECK(a.titles("?search=course%20for").empty());
  REQUIRE_STATUS(author.post("/courses/" + id + "/unpublish/", "{}"), 200);
  CHECK(a.titles("").empty());
  REQUIRE_STATUS(author.post("/courses/" + id + "/publish/", "{}"), 200);
  CHECK(a.titles("?search=another") == std::vector<std::string>{"Another name"});
}

TEST_CASE("a search puts the title it names first, then titles, then texts; an order that is asked for wins",
          "[house][catalogue]") {
  academy a;
  a.by_sql("Gardens", "");
  a.by_sql("Cooking", "Herbs from gardens of the south");
  a.by_sql("Gardens of the north", "");
  a.by_sql("Sewing", "Nothing green");
  CHECK(a.lists("?ordering=title", {"Cooking", "Gardens", "Gardens of the north", "Sewing"}));
  CHECK(a.titles("?search=GARDENS") == std::vector<std::string>{"Gardens", "Gardens of the north", "Cooking"});
  CHECK(a.titles("?search=gardens&ordering=title") ==
        std::vector<std::string>{"Cooking", "Gardens", "Gardens of the north"});
  CHECK(a.titles("?search=gardens&page_size=1&page=3") == std::vector<std::string>{"Cooking"});
  // Kept words follow what is written afterwards.
  a.sql("update course set short_description = 'Gardens in cloth' where title = 'Sewing'");
  CHECK(eventually([&] { return a.titles("?search=gardens").size() == 4; }));
  // Words that are nowhere find what looks like them; words that are somewhere do not.
  CHECK(a.titles("?search=gardns").size() >= 2);
  CHECK(a.titles("?search=cooking") == std::vector<std::string>{"Cooking"});
  CHECK(a.titles("?search=xylophone").empty());
  CHECK(a.titles("?search=gardens%20%26%20north") == std::vector<std::string>{"Gardens of the north"});
}

TEST_CASE("words with signs are words", "[house][catalogue]") {
  academy a;
  a.by_sql("C from scratch");
  a.by_sql("C++ from scratch");
  a.by_sql("C# from scratch");
  a.by_sql("Services in .NET");
  CHECK(eventually([&] { return a.titles("").size() == 4; }));
  CHECK(a.titles("?search=C%2B%2B") == std::vector<std::string>{"C++ from scratch"});
  CHECK(a.titles("?search=c%23") == std::vector<std::string>{"C# from scratch"});
  CHECK(a.titles("?search=c%20%26%20c%23") == std::vector<std::string>{"C# from scratch"});
  CHECK(a.titles("?search=%26").empty());
  CHECK(a.titles("?search=.net") == std::vector<std::string>{"Services in .NET"});
  CHECK(a.titles("?search=scratch%20C%2B%2B") == std::vector<std::string>{"C++ from scratch"});
}

TEST_CASE("titles are listed in the order of a dictionary", "[house][catalogue]") {
  academy a;
  for (const char* title : {"Zebra", "\u00c9cole", "Ecologie", "ecole", "apple"}) a.by_sql(title);
  CHECK(a.lists("?ordering=title", {"apple", "ecole", "\u00c9cole", "Ecologie", "Zebra"}));
  CHECK(a.titles("?ordering=-title") == std::vector<std::string>{"Zebra", "Ecologie", "\u00c9cole", "ecole", "apple"});
}

TEST_CASE("a catalogue that may keep nothing answers all the same", "[house][catalogue]") {
  academy a({"catalog.page_cache=0", "catalog.row_memory=0"});
  a.by_sql("Only one");
  CHECK(a.lists("", {"Only one"}));
  CHECK(a.titles("?search=only") == std::vector<std::string>{"Only one"});
}

TEST_CASE("who patches a profile again and again does not touch the catalogue unless it shows the name",
          "[house][catalogue]") {
  academy a;
  const auto id = course_at(a.house, a.teacher, "10.00");
  // Somebody with a draft, and somebody with a review.
  const auto drafter = teacher_at(a.house);
  REQUIRE_STATUS(signed_in_at(a.house, drafter).post("/courses/", object({{"title", "A draft"}, {"price", "1.00"}})),
                 201);
  const auto reader = account_at(a.house.client());
  a.sql(
      "set stoa.acting = 'system'; insert into review (id, course_id, user_id, rating, created_at) values "
      "(gen_random_uuid(), '" +
      id + "', '" + reader.id + "', 5, now())");
  CHECK(a.titles("").size() == 1);
  // The catalogue has heard all of the above when it shows a course written after it.
  a.by_sql("A sign");
  CHECK(a.lists("?search=sign", {"A sign"}));
  const auto before = a.version();
  for (const auto& who : {drafter, reader})
    for (int i = 0; i < 3; ++i)
      REQUIRE_STATUS(
          signed_in_at(a.house, who).patch("/auth/me/", object({{"first_name", "Name" + std::to_string(i)}})), 200);
  a.by_sql("Another sign");
  CHECK(a.lists("?search=another", {"Another sign"}));
  CHECK(a.version() == before + 1);
  // The name that it does show follows.
  REQUIRE_STATUS(signed_in_at(a.house, a.teacher).patch("/auth/me/", object({{"first_name", "Zenobia"}})), 200);
  CHECK(eventually([&] {
    const auto list = a.house.client().get(learnflow_base + "/courses/?search=course");
    return list.text("results.0.instructor.first_name") == "Zenobia";
  }));
  CHECK(eventually([&] {
    return a.house.client().get(learnflow_base + "/courses/" + id + "/").text("instructor.first_name") == "Zenobia";
  }));
}

TEST_CASE("a category is its name: signs tell names apart, case and accents do not", "[house][catalogue]") {
  academy a({"courses.new_categories=5"});
  const auto author = signed_in_at(a.house, a.teacher);
  const auto named = [&](const std::string& category) {
    return author.post("/courses/",
                       object({{"title", "About " + category}, {"category", category}, {"price", "1.00"}}));
  };
  const auto filed = [&](const std::string& category) {
    const auto made = named(category);
    REQUIRE_STATUS(made, 201);
    return made.text("category");
  };
  CHECK(filed("C") == "C");
  CHECK(filed("C++") == "C++");
  CHECK(filed("C#") == "C#");
  CHECK(filed("c++") == "C++");
  CHECK(filed("\u00c9cole") == "\u00c9cole");
  CHECK(filed("ecole") == "\u00c9cole");
  CHECK(filed("R&D") == "R&D");
  // Five are brought: there is no sixth, but those there are can be named by anybody.
  const auto refused = named("R D");
  CHECK_STATUS(refused, 422);
  CHECK(refused.body.find("category") != std::string::npos);
  CHECK(filed("r&d") == "R&D");
  const auto other = teacher_at(a.house);
  const auto theirs = signed_in_at(a.house, other)
                          .post("/courses/", object({{"title", "Research"}, {"category", "R D"}, {"price", "1.00"}}));
  REQUIRE_STATUS(theirs, 201);
  CHECK(theirs.text("category") == "R D");
  runtime::plain_connection db(a.database);
  const auto slugs = db.run("select slug from category order by slug");
  std::vector<std::string> all;
  for (const auto& row : slugs) all.push_back(*row[0]);
  CHECK(all == std::vector<std::string>{"c", "cplusplus", "csharp", "ecole", "r-d", "r-d-2"});
  // The filter knows them apart, too.
  a.sql("update course set status = 'published', published_at = now()");
  CHECK(eventually([&] { return a.titles("?category=C%2B%2B").size() == 2; }));
  CHECK(a.titles("?category=c%23") == std::vector<std::string>{"About C#"});
  CHECK(a.titles("?category=C") == std::vector<std::string>{"About C"});
  CHECK(a.titles("?category=ECOLE").size() == 2);
  CHECK(a.titles("?category=csharp") == std::vector<std::string>{"About C#"});
}

TEST_CASE("a course has a bound of bytes that the answer names", "[house][catalogue]") {
  academy a({"courses.max_bytes=64KiB"});
  const auto id = course_at(a.house, a.teacher, "10.00");
  const auto author = signed_in_at(a.house, a.teacher);
  const auto part = author.post("/courses/" + id + "/sections/", object({{"title", "Two"}}));
  REQUIRE_STATUS(part, 201);
  const auto lesson = [&](std::size_t size) {
    return author.post("/sections/" + part.text("id") + "/lessons/",
                       object({{"title", "Long"}, {"content", std::string(size, 'x')}}));
  };
  REQUIRE_STATUS(lesson(40'000), 201);
  const auto refused = lesson(40'000);
  CHECK_STATUS(refused, 400);
  CHECK(refused.text("error.code") == "COURSE_TOO_LARGE");
  CHECK_STATUS(lesson(10'000), 201);
}

TEST_CASE("one's own numbers follow the curriculum and the days of one's zone", "[house][catalogue]") {
  academy a;
  // Half past eleven in the evening of UTC: in Tokyo the next morning.
  const auto today = std::chrono::floor<days>(a.house.clock.now());
  a.house.clock.set(today + days{1} + hours{23} + minutes{30});
  const auto id = course_at(a.house, a.teacher, "0.00");
  const auto reader = account_at(a.house.client());
  const auto me = [&] { return signed_in_at(a.house, reader); };
  REQUIRE_STATUS(me().patch("/auth/me/", object({{"timezone", "Asia/Tokyo"}})), 200);
  REQUIRE_STATUS(me().post("/courses/" + id + "/enroll/", "{}"), 201);
  const auto entered = me().get("/enrollments/").text("results.0.id");
  const auto lesson = me().get("/courses/" + id + "/").text("curriculum.0.lessons.0.id");
  REQUIRE_STATUS(me().post("/enrollments/" + entered + "/mark-lesson-complete/", object({{"lesson_id", lesson}})), 200);
  CHECK(me().get("/auth/me/").integer("profile.courses_completed") == 1);
  // At ten in the morning of the day after the next in Tokyo, the row has ended; in UTC that is the day after.
  a.house.clock.set(today + days{3} + hours{1});
  CHECK(me().get("/auth/me/").integer("profile.current_streak_days") == 1);
  a.house.clock.set(today + days{3} + hours{16});
  CHECK(me().get("/auth/me/").integer("profile.current_streak_days") == 0);

  const auto author = signed_in_at(a.house, a.teacher);
  const auto part = author.get("/courses/" + id + "/").text("curriculum.0.id");
  REQUIRE_STATUS(
      author.post("/sections/" + part + "/lessons/", object({{"title", "Second"}, {"duration_minutes", 10}})), 201);
  CHECK(me().get("/auth/me/").integer("profile.courses_completed") == 0);
}

TEST_CASE("a server with demo data is ready when its catalogue shows it", "[house][catalogue]") {
  temp_dir data;
  const auto settings = house_settings(data.path(), {});
  const system_clock time;
  cli::house_options options;
  options.demo = true;
  cli::house h(settings, time, runtime::make_logger({log_level::error, runtime::log_style::automatic}), options);
  h.open();
  h.start();
  REQUIRE(eventually([&] { return h.unready().empty(); }));
  const testing::client front(h.url());
  CHECK_STATUS(front.get("/ready"), 200);
  const auto list = front.get(learnflow_base + "/courses/?page_size=100");
  REQUIRE_STATUS(list, 200);
  CHECK(list.integer("count") == 60);
  CHECK(list.at("results").items().size() == 60);
  h.stop();
}

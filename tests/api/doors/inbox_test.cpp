// One inbox at every door, each in its dialect's style.
#include "tests/api/doors/doors.hpp"
#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

struct inbox_door {
  std::string name, slash, list, count;  ///< `list`, `count`: the members of its page envelope
  bool numbered = false;
  client as(const person& who) const { return door_named(name).at(shared_server()).as(who.access); }
  client nobody() const { return door_named(name).at(shared_server()); }
  std::string id_in(const response& r, int n) const {
    const auto at = list + "." + std::to_string(n) + ".id";
    return numbered ? std::to_string(r.integer(at)) : r.text(at);
  }
};

const std::vector<inbox_door> doors{{"unpuzzle", "/", "results", "count", false},
                                    {"learnflow", "/", "results", "count", false},
                                    {"lms", "", "items", "total", false},
                                    {"classic", "/", "results", "count", true},
                                    {"apranova", "/", "results", "count", true}};

std::int64_t unread(const inbox_door& d, const person& who) {
  return d.as(who).get("/notifications/unread-count" + d.slash).integer("unread_count");
}

}  // namespace

TEST_CASE("the inbox is the same at every door", "[notifications][doors]") {
  const auto who = fresh_account(), other = fresh_account();
  for (int i = 0; i < 3; ++i) enroll(who, free_course());
  for (const auto& d : doors) {
    INFO(d.name);
    REQUIRE(eventually([&] { return d.as(who).get("/notifications" + d.slash).integer(d.count) == 3; }));
    const auto page = d.as(who).get("/notifications" + d.slash + "?page_size=2&page=2");
    REQUIRE_STATUS(page, 200);
    CHECK(page.integer(d.count) == 3);
    CHECK_SHAPE(page, below(d.list + ".*", {{"id", d.numbered ? "integer" : "uuid"},
                                            {"type", "text"},
                                            {"title", "text"},
                                            {"message", "text"},
                                            {"is_read", "boolean"},
                                            {"action_url", "text"},
                                            {"icon", "text"},
                                            {"created_at", "time"}}));
    CHECK(d.as(other).get("/notifications" + d.slash).integer(d.count) == 0);
    CHECK(d.as(who).get("/notifications" + d.slash + "?type=payment").integer(d.count) == 0);
    CHECK_STATUS(d.as(who).get("/notifications" + d.slash + "?type=gossip"), door_named(d.name).invalid_status);
    CHECK_STATUS(d.as(who).get("/notifications" + d.slash + "?page=0"), door_named(d.name).invalid_status);
  }
}

TEST_CASE("marking at one door is seen at every other, and nobody marks another's", "[notifications][doors]") {
  const auto who = fresh_account(), other = fresh_account();
  for (std::size_t i = 0; i < doors.size(); ++i) enroll(who, free_course());
  auto left = static_cast<std::int64_t>(doors.size());
  for (const auto& d : doors) {
    INFO(d.name);
    REQUIRE(eventually([&] { return d.as(who).get("/notifications" + d.slash).integer(d.count) == 5; }));
    const auto open = d.as(who).get("/notifications" + d.slash + "?unread_only=true");
    CHECK(open.integer(d.count) == left);
    const auto id = d.id_in(open, 0);
    const auto at = "/notifications/" + id + "/read" + d.slash;
    CHECK_STATUS(d.as(other).put(at, "{}"), 404);
    CHECK_STATUS(d.as(other).put("/notifications/no-such-thing/read" + d.slash, "{}"), 404);
    CHECK_STATUS(d.nobody().put(at, "{}"), 401);
    const auto marked = d.as(who).put(at, "{}");
    REQUIRE_STATUS(marked, 200);
    CHECK(marked.text("message") == "Notification marked as read");
    CHECK_STATUS(d.as(who).put(at, "{}"), 200);
    --left;
    for (const auto& seen : doors) CHECK(unread(seen, who) == left);
  }
}

TEST_CASE("all are read and preferences are kept at every door", "[notifications][doors]") {
  for (const auto& d : doors) {
    INFO(d.name);
    const auto who = fresh_account();
    CHECK(unread(d, who) == 0);
    enroll(who, free_course());
    REQUIRE(eventually([&] { return unread(d, who) == 1; }));
    const auto all = d.as(who).put("/notifications/read-all" + d.slash, "{}");
    REQUIRE_STATUS(all, 200);
    CHECK(all.integer("updated_count") == 1);
    CHECK(unread(d, who) == 0);

    const auto prefs = "/notifications/preferences" + d.slash;
    CHECK_SHAPE(d.as(who).get(prefs),
                below("preferences.*", {{"type", "text"}, {"in_app", "boolean"}, {"email", "boolean"}}));
    const auto changed =
        d.as(who).put(prefs, R"({"preferences": [{"type": "course", "in_app": false, "email": false}]})");
    REQUIRE_STATUS(changed, 200);
    for (const auto& seen : doors)
      CHECK_FALSE(seen.as(who).get("/notifications/preferences" + seen.slash).truth("preferences.0.in_app"));
    CHECK_STATUS(d.as(who).put(prefs, R"({"preferences": [{"type": "x", "in_app": true, "email": true}]})"),
                 door_named(d.name).invalid_status);
    for (const auto* path : {"/notifications/unread-count", "/notifications/preferences"})
      CHECK_STATUS(d.nobody().get(path + d.slash), 401);
    CHECK_STATUS(d.nobody().get("/notifications" + d.slash), 401);
    CHECK_STATUS(d.nobody().put("/notifications/read-all" + d.slash, "{}"), 401);
    CHECK_STATUS(d.nobody().put(prefs, "{}"), 401);
  }
}

TEST_CASE("learners hear of a new lesson and of a change, strangers and drafts' do not", "[notifications][doors]") {
  const auto author = fresh_instructor(shared_server());
  course_plan plan;
  plan.price = "0";
  plan.original_price = "";
  const auto course = build_course(author, plan);
  const auto learner = fresh_account(), stranger = fresh_account();
  enroll(learner, course);
  const auto& d = doors.front();
  const auto titles = [&](const person& who) {
    std::string all;
    const auto list = d.as(who).get("/notifications/?type=course");
    for (std::int64_t i = 0; i < list.integer("count"); ++i)
      all += list.text("results." + std::to_string(i) + ".title") + ";";
    return all;
  };
  REQUIRE(eventually([&] { return titles(learner) == "Welcome to your new course;"; }));
  REQUIRE_STATUS(learnflow(author).post("/sections/" + course.sections[0] + "/lessons/",
                                        object({{"title", "One more"}, {"duration_minutes", 10}})),
                 201);
  CHECK(eventually([&] { return titles(learner) == "New lesson available;Welcome to your new course;"; }));
  CHECK(d.as(learner).get("/notifications/").text("results.0.message") ==
        "A new lesson has been added to '" + course.title + "': 'One more'.");
  for (int i = 0; i < 2; ++i)
    REQUIRE_STATUS(learnflow(author).patch("/courses/" + course.id + "/",
                                           object({{"short_description", "Changed " + std::to_string(i)}})),
                   200);
  CHECK(eventually(
      [&] { return titles(learner) == "Your course was updated;New lesson available;Welcome to your new course;"; }));
  CHECK(titles(stranger).empty());
}

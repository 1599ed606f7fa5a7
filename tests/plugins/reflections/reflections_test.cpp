#include <catch2/catch.hpp>

#include "tests/plugins/support/plugin_bench.hpp"

extern "C" const stoa::plugin_entry* stoa_reflections_entry();

using namespace stoa;
using namespace stoa::testing;

namespace {

const std::string one_path = "/reflections/{reflection_id}/";
const std::string replies_path = "/reflections/{reflection_id}/replies/";
const std::string reply_path = "/reflections/{reflection_id}/replies/{reply_id}/";

std::vector<std::string> contents(const json& page) {
  std::vector<std::string> out;
  for (const auto& r : page.find("results")->items()) out.push_back(r.find("content")->text());
  return out;
}

/// A course with two learners, its instructor, and somebody who is a stranger to it.
class bench : public plugin_bench {
 public:
  explicit bench(const written& settings = {}) : plugin_bench(*stoa_reflections_entry(), nobody_there, settings) {
    course = courses.add(teacher.user, "C++");
    other = courses.add(user_id::make(), "Go");
    learners.enter(ada.user, course->id);
    learners.enter(bob.user, course->id);
    host.people.add(ada.user, "Ada", "Lovelace");
    host.people.add(teacher.user, "Bjarne", "S");
  }

  result<reply> post(const caller& who, const std::string& body) {
    return call(dialect("unpuzzle"), verb::post, "/reflections/", who, body);
  }
  std::string on(const lesson_id& lesson, const std::string& content, const std::string& more = "") {
    return R"({"lesson_id":")" + lesson.str() + R"(","type":"note","content":")" + content + "\"" + more + "}";
  }
  const lesson& first() const { return course->sections[0].lessons[0]; }
  const lesson& second() const { return course->sections[0].lessons[1]; }
  std::string write(const caller& who, const std::string& content, const std::string& visibility) {
    time.advance(seconds{1});
    return text(body_of(post(who, on(first().id, content, R"(,"visibility":")" + visibility + "\""))), "id");
  }
  result<reply> listing(const caller& who, parameters query = {}) {
    return call(dialect("unpuzzle"), verb::get, "/reflections/", who, "", {}, std::move(query));
  }
  std::vector<std::string> listed(const caller& who, parameters query = {}) {
    return contents(body_of(listing(who, std::move(query))));
  }
  result<reply> at(verb v, const std::string& pattern, const caller& who, const std::string& id,
                   const std::string& body = "", const std::string& reply = "") {
    parameters path{{"reflection_id", id}};
    if (!reply.empty()) path.emplace_back("reply_id", reply);
    return call(dialect("unpuzzle"), v, pattern, who, body, std::move(path));
  }
  std::string told(const std::string& kind) {
    return one("select count(*)::text from outbox where kind = '" + kind + "'");
  }

  const caller ada = signed_in(user_id::make()), bob = signed_in(user_id::make()),
               stranger = signed_in(user_id::make()), teacher = signed_in(user_id::make(), {role::instructor}),
               admin = signed_in(user_id::make(), {role::admin});
  course_ptr course, other;

 private:
  static inline no_http nobody_there;
};

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a reflection is written as the contract has it", "[reflections]") {
  bench b;
  const auto made = b.post(b.ada, R"({"lesson_id":")" + b.first().id.str() +
                                      R"(","type":"puzzle","content":"This reminds me of...\nit",)"
                                      R"("tags":["hooks","state-management","Hooks"],"timestamp_seconds":245})");
  REQUIRE(made);
  CHECK(made.value().status == 201);
  const auto r = bench::body_of(made);
  CHECK(bench::text(r, "lesson_id") == b.first().id.str());
  CHECK(bench::text(r, "type") == "puzzle");
  CHECK(bench::text(r, "content") == "This reminds me of...\nit");
  CHECK(r.find("tags")->dump() == R"(["hooks","state-management"])");
  CHECK(bench::text(r, "visibility") == "private");
  CHECK(r.find("timestamp_seconds")->as_integer() == 245);
  CHECK(bench::text(r, "created_at") == "2026-01-27T16:05:00Z");

  const auto page = bench::body_of(b.listing(b.ada));
  const auto& item = page.find("results")->items().at(0);
  CHECK(bench::text(item, "id") == bench::text(r, "id"));
  CHECK(bench::text(*item.find("lesson"), "id") == b.first().id.str());
  CHECK(bench::text(*item.find("lesson"), "title") == "C++, lesson 1");
  CHECK(bench::text(*item.find("lesson"), "course_title") == "C++");
  CHECK(bench::text(*item.find("author"), "full_name") == "Ada Lovelace");
  CHECK(item.find("replies_count")->as_integer() == 0);
  CHECK(bench::text(item, "updated_at") == "2026-01-27T16:05:00Z");
  CHECK(item.find("tags")->dump() == r.find("tags")->dump());

  // A lesson that is no more keeps the title it had.
  auto shorter = *b.course;
  shorter.title = "Modern C++";
  shorter.sections[0].lessons.erase(shorter.sections[0].lessons.begin());
  b.courses.put(shorter);
  const auto after = bench::body_of(b.listing(b.ada));
  const auto& lesson = *after.find("results")->items().at(0).find("lesson");
  CHECK(bench::text(lesson, "title") == "C++, lesson 1");
  CHECK(bench::text(lesson, "course_title") == "Modern C++");
}

TEST_CASE("reflections are refused with the field that is wrong", "[reflections]") {
  bench b;
  CHECK(bench::bad_fields(b.post(b.ada, "{}")) == "lesson_id type content");
  CHECK(bench::bad_fields(b.post(b.ada, b.on(b.first().id, "x", R"(,"visibility":"friends","tags":[""])"))) ==
        "tags.0 visibility");
  CHECK(bench::bad_fields(b.post(b.ada, b.on(b.first().id, "  "))) == "content");
  CHECK(bench::bad_fields(b.post(b.ada, b.on(b.first().id, std::string(10'001, 'x')))) == "content");
  CHECK(b.post(b.ada, b.on(b.first().id, std::string(10'000, 'x'))));
  std::string many;
  for (int i = 0; i < 21; ++i) many += (i ? ",\"t" : "\"t") + std::to_string(i) + "\"";
  CHECK(bench::bad_fields(b.post(b.ada, b.on(b.first().id, "x", ",\"tags\":[" + many + "]"))) == "tags");
  CHECK(bench::bad_fields(b.post(b.ada, b.on(b.first().id, "x", R"(,"timestamp_seconds":-1)"))) == "timestamp_seconds");
  CHECK(bench::bad_fields(b.post(b.ada, b.on(b.first().id, "x", R"(,"timestamp_seconds":1860)"))) ==
        "timestamp_seconds");

  CHECK(bench::refusal(b.post(b.ada, b.on(lesson_id::make(), "x"))) == "LESSON_NOT_FOUND");
  CHECK(bench::refusal(b.post(b.ada, R"({"lesson_id":"lesson_uuid","type":"note","content":"x"})")) ==
        "LESSON_NOT_FOUND");
  CHECK(bench::refusal(b.post(b.stranger, b.on(b.first().id, "x"))) == "NOT_ENROLLED");
  const auto draft = b.courses.add(b.teacher.user, "Draft", course_status::draft);
  const auto hidden = draft->sections[0].lessons[0].id;
  CHECK(bench::refusal(b.post(b.ada, b.on(hidden, "x"))) == "LESSON_NOT_FOUND");
  CHECK(b.post(b.teacher, b.on(hidden, "x")));
  CHECK(b.post(b.admin, b.on(hidden, "x")));
}

TEST_CASE("one's own reflections are listed by course, lesson, type, tag and page", "[reflections]") {
  bench b;
  b.learners.enter(b.ada.user, b.other->id);
  const auto add = [&](const lesson& l, const std::string& content, const std::string& more = "") {
    b.time.advance(seconds{1});
    REQUIRE(b.post(b.ada, b.on(l.id, content, more)));
  };
  add(b.first(), "one", R"(,"tags":["Hooks"])");
  add(b.second(), "two", R"(,"visibility":"public")");
  add(b.other->sections[0].lessons[0], "three");
  b.time.advance(seconds{1});
  REQUIRE(b.post(b.ada, R"({"lesson_id":")" + b.first().id.str() + R"(","type":"question","content":"four"})"));
  REQUIRE(b.post(b.bob, b.on(b.first().id, "bob's", R"(,"visibility":"public")")));

  CHECK(b.listed(b.ada) == texts{"four", "three", "two", "one"});
  CHECK(b.listed(b.ada, {{"course_id", b.course->id.str()}}) == texts{"four", "two", "one"});
  CHECK(b.listed(b.ada, {{"lesson_id", b.first().id.str()}}) == texts{"four", "one"});
  CHECK(b.listed(b.ada, {{"course_id", b.other->id.str()}, {"lesson_id", b.first().id.str()}}).empty());
  CHECK(b.listed(b.ada, {{"type", "question"}}) == texts{"four"});
  CHECK(b.listed(b.ada, {{"type", "puzzle"}}).empty());
  CHECK(b.listed(b.ada, {{"tag", "hooks"}}) == texts{"one"});
  CHECK(b.listed(b.ada, {{"visibility", "public"}}) == texts{"two"});
  CHECK(b.listed(b.ada, {{"page_size", "3"}, {"page", "2"}}) == texts{"one"});
  CHECK(b.listed(b.ada, {{"page", "7"}}).empty());
  CHECK(bench::body_of(b.listing(b.ada, {{"page_size", "1"}})).find("count")->as_integer() == 4);
  CHECK(b.listed(b.ada, {{"course_id", course_id::make().str()}}).empty());
  CHECK(bench::bad_fields(b.listing(b.ada, {{"course_id", "c"}, {"type", "joke"}, {"scope", "all"}, {"page", "0"}})) ==
        "course_id type scope page");
}

TEST_CASE("a course's reflections are shown by their visibility", "[reflections]") {
  bench b;
  b.write(b.ada, "ada private", "private");
  b.write(b.ada, "ada instructor", "instructor");
  b.write(b.ada, "ada public", "public");
  b.write(b.bob, "bob private", "private");
  b.write(b.bob, "bob instructor", "instructor");
  b.write(b.bob, "bob public", "public");
  const bench::parameters of_course{{"scope", "course"}, {"course_id", b.course->id.str()}};
  const bench::parameters of_lesson{{"scope", "course"}, {"lesson_id", b.first().id.str()}};
  for (const auto& where : {of_course, of_lesson}) {
    CHECK(b.listed(b.ada, where) == texts{"bob public", "ada public", "ada instructor", "ada private"});
    CHECK(b.listed(b.teacher, where) == texts{"bob public", "bob instructor", "ada public", "ada instructor"});
    CHECK(b.listed(b.admin, where) == texts{"bob public", "bob instructor", "ada public", "ada instructor"});
    CHECK(b.listed(b.stranger, where).empty());
  }
  auto instructors = of_course;
  instructors.emplace_back("visibility", "instructor");
  CHECK(b.listed(b.ada, instructors) == texts{"ada instructor"});
  CHECK(b.listed(b.teacher, instructors) == texts{"bob instructor", "ada instructor"});

  CHECK(bench::bad_fields(b.listing(b.ada, {{"scope", "course"}})) == "course_id");
  CHECK(bench::refusal(b.listing(b.ada, {{"scope", "course"}, {"lesson_id", lesson_id::make().str()}})) ==
        "LESSON_NOT_FOUND");
  CHECK(bench::refusal(b.listing(
            b.ada, {{"scope", "course"}, {"course_id", b.other->id.str()}, {"lesson_id", b.first().id.str()}})) ==
        "LESSON_NOT_FOUND");
  const auto draft = b.courses.add(b.teacher.user, "Draft", course_status::draft);
  const bench::parameters of_draft{{"scope", "course"}, {"course_id", draft->id.str()}};
  CHECK(bench::refusal(b.listing(b.ada, of_draft)) == "COURSE_NOT_FOUND");
  CHECK(b.listed(b.teacher, of_draft).empty());
}

TEST_CASE("one's own reflection is changed and taken away", "[reflections]") {
  bench b;
  const auto id = b.write(b.ada, "before", "private");
  const auto patch = [&](const std::string& body) { return b.at(verb::patch, one_path, b.ada, id, body); };
  const auto changed = bench::body_of(
      patch(R"({"content":"after","type":"question","tags":["x"],"visibility":"public","timestamp_seconds":7})"));
  CHECK(bench::text(changed, "content") == "after");
  CHECK(bench::text(changed, "type") == "question");
  CHECK(changed.find("tags")->dump() == R"(["x"])");
  CHECK(bench::text(changed, "visibility") == "public");
  CHECK(changed.find("timestamp_seconds")->as_integer() == 7);
  const auto emptied = bench::body_of(patch(R"({"tags":null,"timestamp_seconds":null})"));
  CHECK(emptied.find("tags")->items().empty());
  CHECK(emptied.find("timestamp_seconds")->is_null());
  CHECK(bench::text(emptied, "content") == "after");
  CHECK(bench::bad_fields(patch(R"({"content":null,"type":"joke","visibility":null})")) == "type content visibility");
  CHECK(bench::bad_fields(patch(R"({"timestamp_seconds":5000})")) == "timestamp_seconds");
  REQUIRE(b.at(verb::post, replies_path, b.teacher, id, R"({"content":"Well seen."})"));

  CHECK(b.at(verb::del, one_path, b.ada, id).value().status == 204);
  CHECK(bench::refusal(b.at(verb::del, one_path, b.ada, id)) == "REFLECTION_NOT_FOUND");
  CHECK(b.one("select count(*)::text from plugin_reflections.reply") == "0");
}

TEST_CASE("the instructor replies, and its author is told", "[reflections]") {
  bench b;
  const auto id = b.write(b.ada, "Why?", "instructor");
  CHECK(b.told("reflection.posted") == "1");
  const auto reply = bench::body_of(b.at(verb::post, replies_path, b.teacher, id, R"({"content":"Because."})"));
  CHECK(bench::text(*reply.find("author"), "full_name") == "Bjarne S");
  CHECK(bench::text(reply, "content") == "Because.");
  CHECK(b.one("select user_id::text || payload::text from outbox where kind = 'reflection.replied'")
            .starts_with(b.ada.user.str()));
  CHECK(b.one("select payload->>'reply_id' from outbox where kind = 'reflection.replied'") == bench::text(reply, "id"));
  CHECK(b.one("select payload->>'instructor_id' from outbox where kind = 'reflection.replied'") ==
        b.teacher.user.str());

  const auto seen = bench::body_of(b.at(verb::get, one_path, b.ada, id));
  REQUIRE(seen.find("replies")->items().size() == 1);
  CHECK(bench::text(seen.find("replies")->items()[0], "content") == "Because.");
  CHECK(seen.find("replies_count")->as_integer() == 1);
  CHECK(bench::body_of(b.listing(b.ada)).find("results")->items()[0].find("replies_count")->as_integer() == 1);

  CHECK(bench::refusal(b.at(verb::post, replies_path, b.ada, id, R"({"content":"x"})")) == "PERMISSION_DENIED");
  CHECK(bench::bad_fields(b.at(verb::post, replies_path, b.teacher, id, R"({"content":" "})")) == "content");
  const auto reply_id = bench::text(reply, "id");
  CHECK(bench::refusal(b.at(verb::del, reply_path, b.ada, id, "", reply_id)) == "REPLY_NOT_FOUND");
  CHECK(bench::refusal(b.at(verb::del, reply_path, b.teacher, id, "", "one")) == "REPLY_NOT_FOUND");
  CHECK(b.at(verb::del, reply_path, b.teacher, id, "", reply_id).value().status == 204);
  CHECK(bench::body_of(b.at(verb::get, one_path, b.ada, id)).find("replies")->items().empty());
}

TEST_CASE("what others may read is told when they may first", "[reflections]") {
  bench b;
  const auto id = b.write(b.ada, "x", "private");
  CHECK(b.told("reflection.posted") == "0");
  const auto show_to = [&](const std::string& visibility) {
    REQUIRE(b.at(verb::patch, one_path, b.ada, id, R"({"visibility":")" + visibility + "\"}"));
  };
  show_to("instructor");
  CHECK(b.told("reflection.posted") == "1");
  show_to("public");
  CHECK(b.told("reflection.posted") == "1");
  CHECK(b.one("select payload->>'visibility' from outbox where kind = 'reflection.posted'") == "instructor");
  // Whoever answers their own hears nothing of it.
  const auto own = b.write(b.teacher, "for all", "public");
  REQUIRE(b.at(verb::post, replies_path, b.teacher, own, R"({"content":"And more."})"));
  CHECK(b.told("reflection.replied") == "0");
}

TEST_CASE("another person's reflection is as good as none, at every route", "[reflections]") {
  bench b;
  const auto hidden = b.write(b.ada, "private", "private"), between = b.write(b.ada, "two of us", "instructor"),
             open = b.write(b.ada, "for all", "public");
  const auto unknown = uuid::make_v7().str();
  const auto code = [&](verb v, const std::string& pattern, const caller& who, const std::string& id,
                        const std::string& body = "", const std::string& reply = "") {
    return bench::refusal(b.at(v, pattern, who, id, body, reply));
  };
  const auto none_at_all = [&](const caller& who, const std::string& id) {
    INFO(id);
    CHECK(code(verb::get, one_path, who, id) == "REFLECTION_NOT_FOUND");
    CHECK(code(verb::patch, one_path, who, id, R"({"content":"mine"})") == "REFLECTION_NOT_FOUND");
    CHECK(code(verb::del, one_path, who, id) == "REFLECTION_NOT_FOUND");
    CHECK(code(verb::post, replies_path, who, id, R"({"content":"x"})") == "REFLECTION_NOT_FOUND");
    CHECK(code(verb::del, reply_path, who, id, "", unknown) == "REFLECTION_NOT_FOUND");
  };
  for (const auto& id : {hidden, between, unknown, std::string("reflection_uuid")}) none_at_all(b.bob, id);
  for (const auto& id : {hidden, between, open, unknown}) none_at_all(b.stranger, id);
  none_at_all(b.teacher, hidden);
  none_at_all(b.admin, hidden);
  // What may be read is changed by its author alone.
  for (const auto& who : {b.bob, b.teacher, b.admin}) {
    CHECK(b.at(verb::get, one_path, who, open));
    CHECK(code(verb::patch, one_path, who, open, R"({"content":"mine"})") == "REFLECTION_NOT_FOUND");
    CHECK(code(verb::del, one_path, who, open) == "REFLECTION_NOT_FOUND");
  }
  CHECK(code(verb::post, replies_path, b.bob, open, R"({"content":"x"})") == "PERMISSION_DENIED");
  CHECK(b.listed(b.ada) == texts{"for all", "two of us", "private"});
}

TEST_CASE("there is a most of everything", "[reflections]") {
  bench b({{"per_lesson", "2"}, {"replies", "1"}});
  const auto id = b.write(b.ada, "one", "public");
  b.write(b.ada, "two", "public");
  CHECK(bench::refusal(b.post(b.ada, b.on(b.first().id, "three"))) == "REFLECTION_LIMIT_REACHED");
  CHECK(b.post(b.ada, b.on(b.second().id, "three")));
  CHECK(b.post(b.bob, b.on(b.first().id, "one")));
  REQUIRE(b.at(verb::post, replies_path, b.teacher, id, R"({"content":"x"})"));
  CHECK(bench::refusal(b.at(verb::post, replies_path, b.teacher, id, R"({"content":"y"})")) == "REPLY_LIMIT_REACHED");
}

TEST_CASE("the rows of reflections answer to their author, and replies to whom they are for", "[reflections]") {
  bench b;
  const auto id = b.write(b.ada, "one", "public");
  REQUIRE(b.at(verb::post, replies_path, b.teacher, id, R"({"content":"x"})"));
  const std::string reflections = "select count(*)::text from plugin_reflections.reflection",
                    replies = "select count(*)::text from plugin_reflections.reply";
  CHECK(b.one(reflections, acts_as(b.ada.user)) == "1");
  CHECK(b.one(replies, acts_as(b.ada.user)) == "1");
  CHECK(b.one(reflections, acts_as(b.teacher.user)) == "0");
  CHECK(b.one(replies, acts_as(b.teacher.user)) == "1");
  for (const auto& who : {acts_as(b.bob.user), acting{}}) {
    CHECK(b.one(reflections, who) == "0");
    CHECK(b.one(replies, who) == "0");
  }
}

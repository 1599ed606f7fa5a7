// Named handlers: typed path parameters, pages, and the inputs beside them.
#include <catch2/catch.hpp>

#include <stdexcept>

#include "stoa/areas/courses.hpp"
#include "stoa/routes.hpp"

using namespace stoa;

namespace {

struct shop {
  int asked = 0;
};

struct shelf_filter {
  std::optional<std::string> search;
  wire::word_or<"all", "sold", "all"> state;
};
BOOST_DESCRIBE_STRUCT(shelf_filter, (), (search, state))

struct shown {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(shown, (), (text))

fault no_such_shelf() { return {fault_kind::not_found, "SHELF_NOT_FOUND", "There is no such shelf."}; }

task<shown> both(shop& s, const request&, in_path<"review_id", review_id> review, in_path<"id", course_id> course) {
  ++s.asked;
  shown out{course->str() + " " + review->str()};
  co_return out;
}

task<shown> shelf(shop&, const request&, in_path<"number", std::int64_t, no_such_shelf> number) {
  shown out{std::to_string(*number)};
  co_return out;
}

task<shown> file(shop&, const request&, in_path<"name", std::string> name) {
  shown out{*name};
  co_return out;
}

task<shown> change(shop&, const request&, in_path<"id", course_id> id, shown in) {
  shown out{in.text + id->str()};
  co_return out;
}

task<page_of<shown>> list(shop&, const request&, paged<shelf_filter> in) {
  page_of<shown> out{in.asked, 45, {}};
  out.items.push_back({in.search.value_or("") + "/" + in.state.text()});
  co_return out;
}

struct silent_change {
  std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(silent_change, (), (text))

struct telling_change {
  wire::emptiable<std::string> text;
  wire::given<std::string> name;
  wire::change<std::string> note;
};
BOOST_DESCRIBE_STRUCT(telling_change, (), (text, name, note))

task<shown> change_silently(shop&, const request&, silent_change) {
  shown out{"x"};
  co_return out;
}

task<shown> change_tellingly(shop&, const request&, telling_change) {
  shown out{"x"};
  co_return out;
}

task<shown> nothing_taken(shop&, const request&) {
  shown out{"x"};
  co_return out;
}

struct fixture {
  shop shared;
  route_table table;
  area_routes<shop> at = table.area("shop", shared);
  request q;

  /// Runs the last route; none of these waits for anybody.
  result<reply> run() {
    result<reply> out = fault::unavailable("It waits.");
    detach<reply>(table.all().back().run(q), [&out](result<reply> r) { out = std::move(r); });
    return out;
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "path parameters come by name, typed", "[routes]") {
  at.get("/courses/{id}/reviews/{review_id}/", {}, both);
  const auto c = course_id::make();
  const auto r = review_id::make();
  q.path_params = {{"id", c.str()}, {"review_id", r.str()}};
  CHECK(run()->body_text() == "{\"text\":\"" + c.str() + " " + r.str() + "\"}");
  CHECK(table.all().back().options.tag == "shop");
}

TEST_CASE_METHOD(fixture, "a parameter that is none answers like one nobody has", "[routes]") {
  at.get("/courses/{id}/reviews/{review_id}/", {}, both);
  q.path_params = {{"id", "x"}, {"review_id", "y"}};
  // In the order of the handler's arguments.
  CHECK(run().refusal().code == "REVIEW_NOT_FOUND");
  q.path_params = {{"id", "x"}, {"review_id", review_id::make().str()}};
  CHECK(run().refusal().code == "COURSE_NOT_FOUND");
  CHECK(shared.asked == 0);

  at.get("/shelves/{number}/", {}, shelf);
  q.path_params = {{"number", "7"}};
  CHECK(run()->body_text() == "{\"text\":\"7\"}");
  for (const char* bad : {"", "7x", "seven", "99999999999999999999"}) {
    q.path_params = {{"number", bad}};
    CHECK(run().refusal().code == "SHELF_NOT_FOUND");
  }
  at.get("/files/{name...}", {}, file);
  q.path_params = {{"name", "a/b"}};
  CHECK(run()->body_text() == "{\"text\":\"a/b\"}");
}

TEST_CASE_METHOD(fixture, "a pattern that does not fit its handler is refused when it is declared", "[routes]") {
  CHECK_THROWS_AS(at.get("/courses/{id}/reviews/{review}/", {}, both), std::logic_error);
  CHECK_THROWS_AS(at.get("/courses/{id}/", {}, both), std::logic_error);
  CHECK_THROWS_AS(at.get("/courses/{id}/reviews/{review_id}/{more}/", {}, both), std::logic_error);
  CHECK_THROWS_AS(at.get("/courses/{course}/", {}, nothing_taken), std::logic_error);
  CHECK_THROWS_AS(at.get("/shelves/", {}, shelf), std::logic_error);
  CHECK_THROWS_AS(at.get("/shelves/{number}/{number}/", {}, shelf), std::logic_error);
  CHECK(table.all().empty());
  CHECK_NOTHROW(at.get("/shelves/{number}/", {}, shelf));
}

TEST_CASE_METHOD(fixture, "the input stands beside the path and is checked before it", "[routes]") {
  at.patch("/courses/{id}/", {}, change);
  q.path_params = {{"id", "x"}};
  q.headers = {{"content-type", "application/json"}};
  q.body = "{}";
  CHECK(run().refusal().kind == fault_kind::invalid);
  q.body = "{\"text\":\"a\"}";
  CHECK(run().refusal().code == "COURSE_NOT_FOUND");
  const auto id = course_id::make();
  q.path_params = {{"id", id.str()}};
  CHECK(run()->body_text() == "{\"text\":\"a" + id.str() + "\"}");
}

TEST_CASE_METHOD(fixture, "a page is read and written in one place", "[routes]") {
  at.get("/shelves/", {}, list);
  CHECK(table.all().back().takes_page);
  CHECK(run()->body_text() == R"({"count":45,"page":1,"page_size":20,"total_pages":3,"results":[{"text":"/all"}]})");
  q.query_params = {{"page", "2"}, {"page_size", "1000"}, {"search", "s"}, {"state", "SOLD"}};
  CHECK(run()->body_text() == R"({"count":45,"page":2,"page_size":100,"total_pages":1,"results":[{"text":"s/sold"}]})");
  q.query_params = {{"page", "0"}, {"page_size", "x"}, {"state", "burnt"}};
  CHECK(run().refusal().fields.size() == 3);
  q.query_params = {{"page", "99999999999999999999999"}};
  CHECK(run().ok());

  // Where the dialect says how, its envelope is used, also around items that are encoded already.
  static constexpr page_envelope terse{[](json_writer& w, const request&, const page_request& asked, std::int64_t total,
                                          const std::function<void()>& items) {
                                         w.begin_object();
                                         w.key("items"), items();
                                         w.key("of"), w.integer(asked.pages(total));
                                         w.end_object();
                                       },
                                       [](json_writer& w, const std::function<void()>& items) { items(), (void)w; }};
  q.pages = &terse;
  q.query_params.clear();
  CHECK(run()->body_text() == R"({"items":[{"text":"/all"}],"of":3})");
  const auto frame = frame_of(q, {}, 45);
  CHECK(frame.before == R"({"items":)");
  CHECK(frame.behind == R"(,"of":3})");
}

TEST_CASE("a change that does not say what null means is refused when it is declared", "[routes]") {
  route_table routes;
  auto at = routes.area("shop", std::make_shared<shop>());
  CHECK_THROWS_AS(at.patch("/a/", {}, change_silently), std::logic_error);
  CHECK_THROWS_AS(at.put("/a/", {}, change_silently), std::logic_error);
  CHECK_NOTHROW(at.post("/a/", {}, change_silently));
  CHECK_NOTHROW(at.patch("/a/", {}, change_tellingly));
}

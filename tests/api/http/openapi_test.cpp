#include "api/http/openapi.hpp"

#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "api/http/example_schema.hpp"
#include "support.hpp"

using namespace stoa;

namespace {

struct shelf_filter {
  std::optional<std::string> search;
  wire::word_or<"all", "sold", "all"> state;
  std::optional<bool> signed_copy;
};
BOOST_DESCRIBE_STRUCT(shelf_filter, (), (search, state, signed_copy))

struct volume {
  std::string title;
};
BOOST_DESCRIBE_STRUCT(volume, (), (title))

struct library {
  struct volume {
    int pages = 0;
    BOOST_DESCRIBE_CLASS(volume, (), (pages), (), ())
  };
};

task<page_of<volume>> shelves(library&, const request&, paged<shelf_filter> in) {
  page_of<volume> out{in.asked, 0, {}};
  co_return out;
}

task<volume> show(library&, const request&, in_path<"id", course_id>) {
  volume out;
  co_return out;
}

task<answer<volume>> order_one(library&, const request&, in_path<"id", course_id>, volume in) {
  answer<volume> out;
  out.body = std::move(in);
  co_return out;
}

task<reply> scan(library&, const request&, in_path<"id", course_id>) {
  reply out;
  co_return out;
}

task<volume> news(library&, const request&, raw_body) {
  volume out;
  co_return out;
}

task<library::volume> other(library&, const request&) {
  library::volume out;
  co_return out;
}

}  // namespace

TEST_CASE("the OpenAPI document tells every query parameter, its words and its default", "[openapi]") {
  test::house h;
  library books;
  route_table t;
  t.area("books", books).get("/books/", {}, shelves).get("/books/{id}/", {}, show);
  h.add(dialect("lms"), t);
  const auto doc = json::parse(http::openapi_document(h.routes, dialect("lms"), "1.0.0"));
  REQUIRE(doc.ok());
  std::map<std::string, json> told;
  for (const auto& p : doc->find("paths")->find("/books/")->find("get")->find("parameters")->items())
    told[p.find("name")->text()] = *p.find("schema");
  REQUIRE(told.size() == 5);
  CHECK(told.at("state").dump() == R"({"type":"string","enum":["sold","all"],"default":"all"})");
  CHECK(told.at("signed_copy").find("type")->text() == "boolean");
  CHECK(told.at("page").find("default")->text() == "1");
  CHECK(told.at("page_size").find("default")->text() == "20");
  CHECK(told.at("page_size").find("maximum")->text() == "100");
  const auto& id = doc->find("paths")->find("/books/{id}/")->find("get")->find("parameters")->items().front();
  CHECK(id.find("schema")->find("format")->text() == "uuid");
  CHECK(doc->find("components")->find("schemas")->find("lms.books.volume"));
}

TEST_CASE("the OpenAPI document tells refusals by design, other successes, files and signed bodies", "[openapi]") {
  test::house h;
  library books;
  route_table t;
  auto at = t.area("books", books);
  at.post("/books/{id}/",
          {.auth = auth::required, .status = 201, .refuses = {fault_kind::payment_required}, .also = {200}}, order_one);
  at.get("/books/{id}/scan", {.produces = "image/png"}, scan);
  at.post("/news/", {.refuses = {fault_kind::rejected}}, news);
  t.area("others", books).get("/other/", {}, other);
  h.add(dialect("lms"), t);
  const auto doc = json::parse(http::openapi_document(h.routes, dialect("lms"), "1.0.0"));
  REQUIRE(doc.ok());
  const auto operation = [&](const char* path, const char* method) {
    return *doc->find("paths")->find(path)->find(method);
  };
  const auto statuses = [&](const json& of) {
    std::string all;
    for (const auto& [status, answer] : of.find("responses")->members()) all += (all.empty() ? "" : " ") + status;
    return all;
  };
  const auto order = operation("/books/{id}/", "post");
  for (const char* status : {"200", "201", "400", "401", "402", "404", "409", "413", "415", "422", "503"}) {
    INFO(status << " of " << statuses(order));
    CHECK(order.find("responses")->find(status));
  }
  CHECK(order.find("responses")->find("200")->find("content")->dump() ==
        order.find("responses")->find("201")->find("content")->dump());
  CHECK_FALSE(operation("/other/", "get").find("responses")->find("402"));
  CHECK_FALSE(operation("/other/", "get").find("responses")->find("409"));

  const auto picture = operation("/books/{id}/scan", "get");
  CHECK(picture.find("responses")->find("200")->find("content")->find("image/png"));
  for (const char* status : {"206", "304", "416"}) CHECK(picture.find("responses")->find(status));
  const auto signed_news = operation("/news/", "post");
  CHECK(signed_news.find("requestBody")->find("content")->find("application/json"));

  // Refusals have typed bodies.
  const auto* schemas = doc->find("components")->find("schemas");
  const auto* missing = schemas->find("error_401");
  REQUIRE(missing);
  CHECK(missing->find("type")->text() == "object");
  CHECK_FALSE(missing->find("properties")->members().empty());
  CHECK(doc->find("components")->find("responses")->find("error_401")->find("content")->dump().find("error_401") !=
        std::string::npos);
}

TEST_CASE("the OpenAPI document tells where a redirect leads, and what a form holds", "[openapi]") {
  test::house h;
  library books;
  route_table t;
  auto at = t.area("books", books);
  at.get("/books/{id}/scan", {.also = {302}, .produces = "image/png"}, scan);
  at.post("/news/", {.consumes = "multipart/form-data"}, news);
  h.add(dialect("lms"), t);
  const auto doc = json::parse(http::openapi_document(h.routes, dialect("lms"), "1.0.0"));
  REQUIRE(doc.ok());
  const auto* paths = doc->find("paths");
  const auto* answers = paths->find("/books/{id}/scan")->find("get")->find("responses");
  CHECK(answers->find("200")->find("content"));
  CHECK_FALSE(answers->find("200")->find("headers"));
  CHECK(answers->find("302")->find("headers")->find("Location"));
  CHECK_FALSE(answers->find("302")->find("content"));
  const auto* form = paths->find("/news/")->find("post")->find("requestBody")->find("content");
  CHECK(form->find("multipart/form-data")->find("schema")->find("properties")->find("file"));
}

TEST_CASE("a schema of examples fits each of them", "[openapi]") {
  const auto of = [](std::vector<const char*> texts) {
    std::vector<json> all;
    for (const char* t : texts) all.push_back(json::parse(t).value());
    return http::schema_of_examples(all);
  };
  CHECK(of({R"({"a":"x","b":1})"}) ==
        R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a","b"]})");
  CHECK(of({R"({"email":["no"],"name":["no"]})"}) ==
        R"({"type":"object","additionalProperties":{"type":"array","items":{"type":"string"}}})");
  CHECK(of({R"("text")", R"("other")"}) == R"({"type":"string"})");
  CHECK(of({R"("text")", "null"}) == R"({"anyOf":[{"type":"string"},{"type":"null"}]})");
  CHECK(of({R"(["body",0])"}) == R"({"type":"array","items":{"anyOf":[{"type":"string"},{"type":"integer"}]}})");
}

TEST_CASE("two types of one name refuse to mount", "[openapi]") {
  test::house h;
  library books;
  route_table t;
  t.area("books", books).get("/books/{id}/", {}, show).get("/other/", {}, other);
  CHECK_THROWS_AS(h.add(dialect("lms"), t), std::logic_error);
  // In an area of its own it is told apart.
  test::house apart;
  route_table fine;
  fine.area("books", books).get("/books/{id}/", {}, show);
  fine.area("others", books).get("/other/", {}, other);
  CHECK_NOTHROW(apart.add(dialect("lms"), fine));
}

TEST_CASE("the area of a route is a name, or its document would not be valid", "[openapi]") {
  for (const char* area : {"question bank", "a/b", "\xc3\xa4"}) {
    test::house h;
    library books;
    route_table t;
    t.area(area, books).get("/books/{id}/", {}, show);
    INFO(area);
    CHECK_THROWS_AS(h.add(dialect("lms"), t), std::logic_error);
  }
}

TEST_CASE("operations have the examples of a book", "[openapi]") {
  const auto file = std::filesystem::temp_directory_path() / ("stoa-book-" + std::to_string(::getpid()) + ".json");
  std::ofstream(file) << R"({"post_books_id": {"request": {"title": "Birds"}, "response": {"title": "Birds"}}})";
  const auto book = http::example_book::read(file);
  std::filesystem::remove(file);
  CHECK(http::example_book::read(file).find("post_books_id") == nullptr);
  test::house h;
  library books;
  route_table t;
  t.area("books", books).post("/books/{id}/", {.status = 201}, order_one).get("/books/{id}/", {}, show);
  h.add(dialect("lms"), t);
  const auto doc = json::parse(http::openapi_document(h.routes, dialect("lms"), "1.0.0", {}, book));
  REQUIRE(doc.ok());
  const auto* order = doc->find("paths")->find("/books/{id}/")->find("post");
  const auto example_in = [](const json* of) {
    return of->find("content")->find("application/json")->find("example")->dump();
  };
  CHECK(example_in(order->find("requestBody")) == R"({"title":"Birds"})");
  CHECK(example_in(order->find("responses")->find("201")) == R"({"title":"Birds"})");
  const auto* shown = doc->find("paths")->find("/books/{id}/")->find("get")->find("responses")->find("200");
  CHECK(shown->find("content")->find("application/json")->find("example") == nullptr);
}

TEST_CASE("what is no book of examples is refused", "[openapi]") {
  const auto file = std::filesystem::temp_directory_path() / ("stoa-no-book-" + std::to_string(::getpid()) + ".json");
  std::ofstream(file) << "[]";
  CHECK_THROWS_AS(http::example_book::read(file), std::runtime_error);
  std::filesystem::remove(file);
}

#include "api/http/openapi.hpp"

#include <catch2/catch.hpp>

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

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/http/docs.hpp"
#include "support.hpp"

using namespace stoa;

TEST_CASE("a folder of pages is served with its index, its folders and nothing beside it", "[docs]") {
  char folder[] = "/tmp/stoa-pages-XXXXXX";
  REQUIRE(mkdtemp(folder));
  const std::filesystem::path at(folder);
  std::filesystem::create_directories(at / "pages" / "deep");
  std::ofstream(at / "secret.html") << "secret";
  std::ofstream(at / "pages" / "index.html") << "<p>the index</p>";
  std::ofstream(at / "pages" / "deep" / "style.css") << "p {}";
  std::ofstream(at / "pages" / "notes.unknown") << "?";
  test::house h;
  route_table plain;
  http::add_pages(plain, "/docs/sdk/", at / "pages");
  http::add_pages(plain, "/docs/none/", at / "nowhere");
  h.routes.add_plain(plain);
  h.open();
  const auto index = h.ask("GET", "/docs/sdk/");
  CHECK(index.status == 200);
  CHECK(h.ask("GET", "/docs/sdk/deep/style.css").status == 200);
  for (const char* path : {"/docs/sdk/secret.html", "/docs/sdk/../secret.html", "/docs/sdk/%2e%2e/secret.html",
                           "/docs/sdk/..%2fsecret.html", "/docs/sdk/notes.unknown", "/docs/sdk/deep", "/docs/none/"})
    CHECK(h.ask("GET", path).status == 404);
  std::filesystem::remove_all(at);
}

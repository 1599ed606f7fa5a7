// Pages behind a proxy that serves the house below a path of its own.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "api/http/docs.hpp"
#include "api/http/front_page.hpp"
#include "api/http/openapi.hpp"
#include "support.hpp"

using namespace stoa;

namespace {

/// Every address behind `mark` in a text, up to the next quote.
std::vector<std::string> addresses(const std::string& text, const std::string& mark) {
  std::vector<std::string> all;
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) {
    const auto from = at + mark.size();
    all.push_back(text.substr(from, text.find('"', from) - from));
  }
  return all;
}

}  // namespace

TEST_CASE("every link of the house's own pages begins with the public path", "[docs][front]") {
  char folder[] = "/tmp/stoa-docs-XXXXXX";
  REQUIRE(mkdtemp(folder));
  for (const char* name : {"swagger-ui-bundle.js", "swagger-ui.css", "swagger-ui-standalone-preset.js"})
    std::ofstream(std::filesystem::path(folder) / name) << "x";
  for (const std::string path : {"", "/learn/api"}) {
    test::house h;
    h.add(dialect("lms"), {});
    http::front_page front;
    front.public_path = http::path_of("https://example.com" + path);
    CHECK(front.public_path == path);
    front.dialects.push_back({"lms", "/lms/api/v1", "/api/v1"});
    const auto document = http::openapi_document(h.routes, dialect("lms"), "1", path);
    CHECK(addresses(document, R"({"url":")") == std::vector<std::string>{path + "/lms/api/v1", path + "/api/v1"});
    route_table plain;
    http::add_docs(plain, folder, {{"lms", document}}, path);
    http::add_front_page(plain, front);
    h.routes.add_plain(plain);
    h.open();
    // The proxy takes the path away.
    const auto page = h.ask("GET", "/docs").body;
    auto links = addresses(page, "src=\"");
    for (const auto& href : addresses(page, "href=\"")) links.push_back(href);
    CHECK(links.size() == 4);
    for (const auto& link : links) {
      CHECK(link.starts_with(path + "/docs/"));
      CHECK(h.ask("GET", link.substr(path.size())).status == 200);
    }
    const auto start = h.ask("GET", "/docs/start.js").body;
    CHECK(addresses(start, R"("url":")") == std::vector<std::string>{path + "/lms/openapi.json"});
    CHECK(h.ask("GET", "/lms/openapi.json").status == 200);
    const auto html = h.ask("GET", "/", {{"Host", "x"}, {"Accept", "text/html"}}).body;
    CHECK(addresses(html, "href=\"").size() == 5);
    for (const auto& link : addresses(html, "href=\"")) CHECK(link.starts_with(path + "/"));
    const auto summary = h.ask("GET", "/", {{"Host", "x"}}).parsed();
    for (const char* name : {"docs", "health", "ready"}) CHECK(summary.find(name)->text() == path + "/" + name);
    CHECK(summary.find("dialects")->items()[0].find("openapi")->text() == path + "/lms/openapi.json");
  }
  std::filesystem::remove_all(folder);
}

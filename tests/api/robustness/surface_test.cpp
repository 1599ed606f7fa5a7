#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "tests/api/robustness/robustness.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr const char* known_origin = "https://app.unpuzzle.com";

json parsed(const std::string& text) {
  json::limits wide;
  wide.depth = 100;
  wide.values = 1'000'000;
  auto document = json::parse(text, wide);
  REQUIRE(document.ok());
  return std::move(document).value();
}

std::string nameless(const std::string& pattern) {
  return std::regex_replace(pattern, std::regex("\\{[^}]*\\}"), "{}");
}

std::string lower(std::string text) {
  for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

TEST_CASE("openapi: five documents with every route", "[surface]") {
  for (const auto& d : all_dialects()) {
    const auto answer = shared_server().client().get("/" + d.name + "/openapi.json");
    REQUIRE(answer.status == 200);
    CHECK(answer.header("content-type").value_or("").starts_with("application/json"));
    const auto doc = parsed(answer.body);
    CHECK(doc.find("openapi")->text().starts_with("3.1"));
    for (const char* path : {"info.title", "info.version", "paths", "components", "servers"}) {
      INFO(d.name << " " << path);
      CHECK(find_at(doc, path));
    }
    std::set<std::string> documented, ids;
    for (const auto& [path, operations] : doc.find("paths")->members()) {
      CHECK(path.starts_with("/"));
      for (const auto& [method, operation] : operations.members()) {
        if (!operation.find("responses")) continue;
        documented.insert(method + " " + nameless(path));
        CHECK(ids.insert(operation.find("operationId")->text()).second);
        CHECK_FALSE(operation.find("responses")->members().empty());
        // Every parameter of the path is told.
        const std::string pattern = path;
        const std::regex parameter("\\{([^}]*)\\}");
        for (std::sregex_iterator it(pattern.begin(), pattern.end(), parameter), end; it != end; ++it) {
          bool told = false;
          if (const auto* parameters = operation.find("parameters"))
            for (const auto& p : parameters->items()) told = told || p.find("name")->text() == (*it)[1].str();
          INFO(d.name << " " << path << " " << (*it)[1].str());
          CHECK(told);
        }
      }
    }
    int routes = 0;
    for (const auto& route : all_routes()) {
      if (route.owner() != d.name) continue;
      ++routes;
      INFO(d.name << " " << route.method << " " << route.path);
      CHECK(documented.contains(lower(route.method) + " " + nameless(route.path.substr(d.prefix.size()))));
    }
    CHECK(routes >= 5);
    CHECK(static_cast<int>(documented.size()) == routes);

    // Every reference leads somewhere.
    const std::regex reference("\"\\$ref\":\"#/([^\"]*)\"");
    std::set<std::string> targets;
    for (std::sregex_iterator it(answer.body.begin(), answer.body.end(), reference), end; it != end; ++it)
      targets.insert((*it)[1]);
    for (auto target : targets) {
      const auto name = target.substr(target.rfind('/') + 1);
      auto group = target.substr(0, target.rfind('/'));
      std::replace(group.begin(), group.end(), '/', '.');
      const auto* home = find_at(doc, group);
      INFO(d.name << " " << target);
      CHECK((home && home->find(name)));
    }
    const auto printed = run_stoa({"openapi", d.name});
    CHECK(printed.status == 0);
    // The limits of the suite's server are off: only their refusals may differ.
    CHECK(parsed(printed.output).find("paths")->members().size() == doc.find("paths")->members().size());
  }
}

TEST_CASE("openapi: query parameters with their words and defaults, each word accepted", "[surface]") {
  const auto doc = parsed(shared_server().client().get("/learnflow/openapi.json").body);
  const auto who = fresh_account();
  const auto parameters_of = [&](const std::string& path) {
    std::map<std::string, json> out;
    for (const auto& p : doc.find("paths")->find(path)->find("get")->find("parameters")->items())
      if (p.find("in")->text() == "query") out[p.find("name")->text()] = *p.find("schema");
    return out;
  };
  const std::map<std::string, std::set<std::string>> lists{
      {"/courses/",
       {"category", "level", "min_price", "max_price", "rating_min", "search", "language", "is_free", "is_bestseller",
        "instructor", "ordering", "page", "page_size"}},
      {"/orders/", {"status", "page", "page_size"}},
      {"/enrollments/", {"status", "page", "page_size"}}};
  for (const auto& [path, expected] : lists) {
    INFO(path);
    const auto told = parameters_of(path);
    std::set<std::string> names;
    for (const auto& [name, schema] : told) {
      names.insert(name);
      const auto* words = schema.find("enum");
      if (!words) continue;
      for (const auto& word : words->items()) {
        INFO(name << "=" << word.text());
        CHECK(shared_server()
                  .client()
                  .as(who.access)
                  .get("/learnflow/api/v1" + path + "?" + name + "=" + word.text())
                  .status == 200);
      }
      if (const auto* usual = schema.find("default")) {
        bool listed = false;
        for (const auto& word : words->items()) listed = listed || word.text() == usual->text();
        CHECK(listed);
      }
    }
    CHECK(names == expected);
    CHECK(told.at("page").find("default")->text() == "1");
    CHECK(told.at("page_size").find("default")->text() == "20");
  }
  CHECK(parameters_of("/courses/{id}/reviews/").at("ordering").find("default")->text() == "-created_at");
  CHECK(parameters_of("/orders/").at("status").find("default")->text() == "all");
}

TEST_CASE("routes: both addresses of everything", "[surface]") {
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& r : all_routes()) {
    INFO(r.method << " " << r.path);
    CHECK(seen.insert({r.method, r.path}).second);
    CHECK(r.path.starts_with("/"));
  }
  for (const char* documented :
       {"/api/v1/courses/", "/api/v1/cart/items/", "/api/v1/orders/create-from-cart/",
        "/api/v1/payments/confirm-payment/", "/api/v1/dashboard/stats/", "/api/token/", "/learnflow/api/v1/courses/"})
    CHECK(std::any_of(all_routes().begin(), all_routes().end(), [&](const auto& r) { return r.path == documented; }));
}

TEST_CASE("docs: the page and all it needs", "[surface]") {
  const auto to = shared_server().client();
  const auto page = to.get("/docs");
  REQUIRE(page.status == 200);
  CHECK(page.header("content-type").value_or("").starts_with("text/html"));
  CHECK(page.header("x-content-type-options") == "nosniff");
  int assets = 0;
  const std::regex link("(?:src|href)=\"([^\"]+)\"");
  for (std::sregex_iterator it(page.body.begin(), page.body.end(), link), end; it != end; ++it) {
    const std::string address = (*it)[1];
    INFO(address);
    CHECK(address.starts_with("/"));  // nothing from elsewhere
    const auto asset = to.get(address);
    CHECK(asset.status == 200);
    CHECK(asset.body.size() > 10);
    ++assets;
  }
  CHECK(assets >= 4);
  if (std::filesystem::exists(build_folder() / "swagger-ui"))
    CHECK(page.body.find("swagger-ui-bundle.js") != std::string::npos);
  for (const char* no : {"/docs/../config", "/docs/%2e%2e%2fstoa", "/docs/nothing.js", "/docs/%00"}) {
    INFO(no);
    const auto refused = to.get(no);
    CHECK(refused.status >= 400);
    CHECK(refused.status < 500);
  }
  std::string start;
  for (std::sregex_iterator it(page.body.begin(), page.body.end(), link), end; it != end; ++it) {
    const auto asset = to.get((*it)[1]);
    if (asset.body.size() < 20'000) start += asset.body;
  }
  start += page.body;
  for (const auto& d : all_dialects()) CHECK(start.find("/" + d.name + "/openapi.json") != std::string::npos);
}

TEST_CASE("front page: a summary for programs, a page for browsers", "[surface]") {
  const auto to = shared_server().client();
  const auto summary = to.get("/");
  REQUIRE_STATUS(summary, 200);
  CHECK(summary.header("content-type").value_or("").starts_with("application/json"));
  CHECK(summary.header("cache-control") == "no-store");
  CHECK(summary.header("vary").value_or("").find("Accept") != std::string::npos);
  const auto told = parsed(summary.body);
  CHECK(told.find("name")->text() == "stoa");
  CHECK_FALSE(told.find("version")->text().empty());
  CHECK(told.find("docs")->text() == "/docs");
  CHECK(told.find("health")->text() == "/health");
  CHECK(told.find("ready")->text() == "/ready");
  std::set<std::string> bases;
  for (const auto& d : told.find("dialects")->items()) {
    bases.insert(d.find("name")->text() + " " + d.find("base")->text());
    CHECK(to.get(d.find("docs")->text()).status == 200);
    CHECK(to.get(d.find("openapi")->text()).status == 200);
  }
  for (const auto& d : all_dialects()) CHECK(bases.contains(d.name + " " + d.prefix));

  const auto page = to.with("Accept", "text/html,application/xhtml+xml,*/*;q=0.8").get("/");
  REQUIRE_STATUS(page, 200);
  CHECK(page.header("content-type") == "text/html; charset=utf-8");
  CHECK(page.header("cache-control") == "no-store");
  CHECK(page.header("vary").value_or("").find("Accept") != std::string::npos);
  CHECK(page.header("content-security-policy"));
  const std::regex link("href=\"([^\"]+)\"");
  int links = 0;
  for (std::sregex_iterator it(page.body.begin(), page.body.end(), link), end; it != end; ++it, ++links) {
    INFO((*it)[1].str());
    CHECK(to.get((*it)[1].str()).status == 200);
  }
  CHECK(links >= 8);
  // Nobody is named where there is no demo.
  CHECK(page.body.find("password") == std::string::npos);
  CHECK(page.body.find('@') == std::string::npos);
  CHECK(summary.body.find("password") == std::string::npos);

  // It stands at this address alone.
  for (const char* no : {"//", "/index.html", "/nothing"}) {
    const auto refused = to.with("Accept", "text/html").get(no);
    INFO(no);
    CHECK(refused.status == 404);
    CHECK(refused.header("content-type").value_or("").starts_with("application/json"));
  }
  CHECK(to.post("/").status == 405);
}

TEST_CASE("front page: with demo data it tells who can sign in", "[surface]") {
  const auto at = start_server({}, {"--demo"});
  const auto page = at->client().with("Accept", "text/html").get("/");
  REQUIRE_STATUS(page, 200);
  const std::regex code("<code>([^<]+)</code>");
  std::vector<std::string> emails;
  std::string last;
  for (std::sregex_iterator it(page.body.begin(), page.body.end(), code), end; it != end; ++it) {
    last = (*it)[1];
    if (last.find('@') != std::string::npos) emails.push_back(last);
  }
  REQUIRE(emails.size() >= 3);
  for (const auto& email : emails) {
    INFO(email);
    CHECK(at->client().post("/learnflow/api/v1/auth/login/", object({{"email", email}, {"password", last}})).status ==
          200);
  }
  CHECK(at->client().get("/").body.find('@') == std::string::npos);
}

TEST_CASE("operations: health, ready, metrics", "[surface]") {
  const auto to = shared_server().client();
  CHECK(to.get("/health").status == 200);
  CHECK(to.get("/ready").status == 200);
  REQUIRE(to.get("/learnflow/api/v1/courses/").status == 200);
  const auto operators = shared_server().operators();
  CHECK(operators.get("/health").status == 200);
  CHECK(operators.get("/ready").status == 200);
  CHECK(operators.get("/learnflow/api/v1/courses/").status == 404);
  CHECK(to.get("/metrics").status == 404);
  const auto metrics = operators.get("/metrics");
  REQUIRE(metrics.status == 200);
  CHECK(metrics.header("content-type").value_or("").starts_with("text/plain"));
  CHECK(metrics.body.find("stoa_http_requests_total{") != std::string::npos);
  CHECK(metrics.body.find("dialect=\"learnflow\"") != std::string::npos);
  CHECK(metrics.body.find("stoa_http_request_seconds_bucket") != std::string::npos);
  // Ids stay out of labels.
  CHECK_FALSE(std::regex_search(metrics.body, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-")));
}

TEST_CASE("headers: every answer has its id and forbids sniffing", "[surface]") {
  const auto to = shared_server().client();
  std::set<std::string> ids;
  for (const char* path : {"/health", "/docs", "/metrics", "/nothing", "/learnflow/api/v1/courses/",
                           "/lms/api/v1/users/me", "/learnflow/openapi.json"}) {
    const auto answer = to.get(path);
    INFO(path);
    CHECK(answer.header("x-content-type-options") == "nosniff");
    REQUIRE(answer.header("x-request-id"));
    CHECK(ids.insert(*answer.header("x-request-id")).second);
  }
  CHECK(to.with("X-Request-ID", "my-own.id_1").get("/health").header("x-request-id") == "my-own.id_1");
  CHECK(to.with("X-Request-ID", std::string(128, 'a')).get("/learnflow/api/v1/courses/").header("x-request-id") ==
        std::string(128, 'a'));
  for (const std::string& bad : {std::string(129, 'a'), std::string("with space"), std::string("a;b"),
                                 std::string("<x>"), std::string("\xC3\xA4")}) {
    const auto answer = to.with("X-Request-ID", bad).get("/learnflow/api/v1/courses/");
    INFO(bad);
    REQUIRE(answer.header("x-request-id"));
    CHECK(answer.header("x-request-id") != bad);
  }
}

TEST_CASE("headers: answers with tokens are not stored", "[surface]") {
  const auto who = fresh_account();
  const auto in = shared_server().client().post("/learnflow/api/v1/auth/login/",
                                                object({{"email", who.email}, {"password", who.password}}));
  REQUIRE_STATUS(in, 200);
  CHECK(in.header("cache-control").value_or("").find("no-store") != std::string::npos);
}

TEST_CASE("cors: the origins that were named, with credentials, never everybody", "[surface][cors]") {
  for (const auto& d : all_dialects()) {
    const auto to = shared_server().client().below(d.prefix);
    const auto asked = to.with("Origin", known_origin)
                           .with("Access-Control-Request-Method", "PATCH")
                           .with("Access-Control-Request-Headers", "Authorization, Content-Type, X-Request-ID")
                           .send("OPTIONS", "/courses/", std::nullopt);
    INFO(d.name);
    CHECK((asked.status == 204 || asked.status == 200));
    CHECK(asked.header("access-control-allow-origin") == known_origin);
    CHECK(asked.header("access-control-allow-credentials") == "true");
    CHECK(asked.header("vary").value_or("").find("Origin") != std::string::npos);
    const auto methods = asked.header("access-control-allow-methods").value_or("");
    for (const char* m : {"GET", "POST", "PUT", "PATCH", "DELETE"}) CHECK(methods.find(m) != std::string::npos);
    const auto headers = lower(asked.header("access-control-allow-headers").value_or(""));
    for (const char* h : {"authorization", "content-type", "x-request-id", "x-client-version", "x-api-dialect"})
      CHECK(headers.find(h) != std::string::npos);

    const auto stranger = to.with("Origin", "https://evil.example.com")
                              .with("Access-Control-Request-Method", "POST")
                              .send("OPTIONS", "/courses/", std::nullopt);
    CHECK_FALSE(stranger.header("access-control-allow-origin"));
    CHECK(stranger.status < 500);
  }
  const auto to = shared_server().client().below("/learnflow/api/v1");
  const auto good = to.with("Origin", known_origin).get("/courses/");
  CHECK(good.header("access-control-allow-origin") == known_origin);
  CHECK(good.header("vary").value_or("").find("Origin") != std::string::npos);
  // The refusals too, or a browser could not read them.
  CHECK(to.with("Origin", known_origin).get("/cart/").header("access-control-allow-origin") == known_origin);
  for (const char* bad : {"https://evil.example.com", "null", "https://app.unpuzzle.com.evil.example.com",
                          "http://app.unpuzzle.com", "*"}) {
    INFO(bad);
    const auto answer = to.with("Origin", bad).get("/courses/");
    CHECK(answer.status == 200);
    CHECK_FALSE(answer.header("access-control-allow-origin"));
  }
  const auto plain = to.send("OPTIONS", "/courses/", std::nullopt);
  CHECK(plain.status == 204);
  CHECK(plain.header("allow").value_or("").find("GET") != std::string::npos);
}

TEST_CASE("HEAD is GET without the body", "[surface]") {
  const auto to = shared_server().client();
  const auto head = to.send("HEAD", "/learnflow/api/v1/courses/", std::nullopt);
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.header("content-length"));
}

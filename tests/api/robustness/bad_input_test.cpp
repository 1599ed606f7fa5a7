#include <functional>
#include <map>
#include <sstream>

#include "tests/api/robustness/robustness.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

/// Whether the path is one of the pattern's, its parameters taken for anything.
bool takes(const std::string& pattern, const std::string& path) {
  std::istringstream wanted(pattern), given(path);
  std::string one, other;
  while (std::getline(wanted, one, '/')) {
    if (!std::getline(given, other, '/')) return false;
    if (one != other && !one.starts_with('{')) return false;
  }
  return !std::getline(given, other, '/') && pattern.ends_with('/') == path.ends_with('/');
}

struct bad_body {
  std::string name, bytes;
  std::string type = "application/json";
};

/// Bodies that are wrong whatever the route.
const std::vector<bad_body>& bad_bodies() {
  static const std::vector<bad_body> all = [] {
    std::vector<bad_body> out = {{"malformed", "{"},
                                 {"truncated", R"({"email": "a@example.co)"},
                                 {"no JSON", "hello"},
                                 {"trailing text", "{} {}"},
                                 {"trailing comma", R"({"a": 1,})"},
                                 {"single quotes", "{'a': 1}"},
                                 {"a list", "[]"},
                                 {"a string", R"("text")"},
                                 {"a number", "42"},
                                 {"null", "null"},
                                 {"duplicate keys", R"({"email": "a@example.com", "email": "b@example.com"})"},
                                 {"invalid UTF-8", "{\"email\": \"\xC3\x28\xFF\"}"},
                                 {"overlong UTF-8", "{\"email\": \"\xC0\xAF\"}"},
                                 {"a surrogate", R"({"email": "\ud800"})"},
                                 {"a bare control", "{\"email\": \"a\x01\"}"},
                                 {"a bare NUL", std::string("{\"email\": \"a\0b\"}", 16)},
                                 {"a huge number", R"({"rating": 1e999999})"},
                                 {"not a number", R"({"rating": NaN})"},
                                 {"UTF-16", std::string("\xFF\xFE{\0}\0", 6)},
                                 {"depth 10,000", std::string(10'000, '[') + std::string(10'000, ']')},
                                 {"objects 10,000 deep", ""},
                                 {"XML", "<?xml version=\"1.0\"?><a/>", "application/xml"},
                                 {"a form", "email=a%40example.com&password=x", "application/x-www-form-urlencoded"},
                                 {"text", "{}", "text/plain"},
                                 {"no such type", "{}", "nonsense"}};
    for (auto& b : out)
      if (b.name == "objects 10,000 deep") {
        for (int i = 0; i < 10'000; ++i) b.bytes += "{\"a\":";
        b.bytes += "1" + std::string(10'000, '}');
      }
    return out;
  }();
  return all;
}

bool takes_body(const listed_route& r) { return r.method == "POST" || r.method == "PUT" || r.method == "PATCH"; }

/// The schema of each route's body, by method and path below the prefix; absent where it takes none.
std::map<std::string, json> body_schemas(const dialect_door& d) {
  const auto answer = shared_server().client().get("/" + d.name + "/openapi.json");
  REQUIRE(answer.status == 200);
  json::limits wide;
  wide.depth = 100;
  wide.values = 1'000'000;
  const auto parsed = json::parse(answer.body, wide);
  REQUIRE(parsed.ok());
  const json& doc = *parsed;
  std::map<std::string, json> out;
  const auto* paths = doc.find("paths");
  REQUIRE(paths);
  for (const auto& [path, operations] : paths->members())
    for (const auto& [method, operation] : operations.members()) {
      const auto* content = find_at(operation, "requestBody.content");
      const auto* type = content ? content->find("application/json") : nullptr;
      const auto* schema = type ? type->find("schema") : nullptr;
      if (!schema) continue;
      if (const auto* ref = schema->find("$ref")) {
        const auto name = ref->text().substr(ref->text().rfind('/') + 1);
        const auto* components = find_at(doc, "components.schemas");
        schema = components ? components->find(name) : nullptr;
      }
      if (schema) out[method + " " + path] = *schema;
    }
  return out;
}

std::string lower(std::string text) {
  for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// `/x/{id}/y` with every parameter named alike.
std::string nameless(const std::string& pattern) {
  std::string out;
  bool inside = false;
  for (const char c : pattern) {
    if (c == '}') inside = false;
    if (!inside) out += c;
    if (c == '{') inside = true;
  }
  return out;
}

/// Somebody who may do most things, signed in anew where a test has signed them out.
client signed_in(const std::string& path) {
  static const person one = fresh_instructor(shared_server());
  const bool ends_the_session =
      path.find("logout") != path.npos || path.find("signout") != path.npos || path.find("password") != path.npos;
  return shared_server().client().as(ends_the_session ? fresh_account().access : one.access);
}

}  // namespace

TEST_CASE("bad input: every body of every route of every dialect", "[robustness]") {
  int asked = 0;
  for (const auto& d : all_dialects()) {
    const auto schemas = body_schemas(d);
    for (const auto& route : all_routes()) {
      if (route.owner() != d.name || !takes_body(route)) continue;
      std::string key = lower(route.method) + " " + nameless(route.path.substr(d.prefix.size()));
      const bool has_body =
          std::any_of(schemas.begin(), schemas.end(), [&](const auto& s) { return nameless(s.first) == key; });
      const auto caller = signed_in(route.path);
      for (const auto& bad : bad_bodies()) {
        const auto answer = caller.with("Content-Type", bad.type).send(route.method, route.filled(), bad.bytes);
        ++asked;
        INFO(bad.name << ": " << route.method << " " << route.path << " " << answer.body);
        // A body nobody reads cannot be wrong, but neither may it hurt.
        if (!has_body && answer.status < 300) continue;
        // A client of tus reads the header fields of this refusal, and no body.
        if (answer.status == 412 && answer.header("tus-version")) continue;
        // Nobody makes workspaces here, and no body is read to say so.
        if (answer.status == 503 && answer.text("code") == "WORKSPACES_OFF") continue;
        CHECK(not_an_error_of(d.name, answer) == "");
      }
    }
  }
  CHECK(asked > 500);
  CHECK(alive(shared_server()));
}

TEST_CASE("bad input: every member of every body with a wrong value", "[robustness]") {
  int asked = 0;
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"an object", R"({"a": {}})"},
      {"a list of lists", "[[1]]"},
      {"NUL", R"("a\u0000b")"},
      {"a control", R"("a\u0007b")"},
      {"too long", "\"" + std::string(200'000, 'x') + "\""}};
  for (const auto& d : all_dialects()) {
    for (const auto& [where, schema] : body_schemas(d)) {
      const auto* properties = schema.find("properties");
      if (!properties || properties->members().empty()) continue;
      const auto gap = where.find(' ');
      listed_route route{where.substr(0, gap), d.prefix + where.substr(gap + 1), {}};
      for (auto& c : route.method) c = static_cast<char>(c - 'a' + 'A');
      const auto caller = signed_in(route.path);
      for (const auto& [name, value] : wrong) {
        json_writer w;
        w.begin_object();
        for (const auto& [member, kind] : properties->members()) {
          (void)kind;
          w.key(member), w.raw(value);
        }
        w.end_object();
        const auto answer = caller.send(route.method, route.filled(), w.take());
        ++asked;
        INFO(name << ": " << where);
        // Whatever somebody presents as a token to sign out with: they are out.
        const bool out_anyway =
            route.path.find("logout") != route.path.npos && answer.status == 200 && value.starts_with('"');
        CHECK((out_anyway || not_an_error_of(d.name, answer) == ""));
      }
    }
  }
  CHECK(asked > 150);
  CHECK(alive(shared_server()));
}

TEST_CASE("bad input: bodies beyond the limit", "[robustness]") {
  const std::string ten_megabytes = R"({"email": ")" + std::string(10 * 1024 * 1024, 'a') + "\"}";
  for (const auto& route : all_routes()) {
    if (route.owner().empty() || !takes_body(route)) continue;
    const auto answer = signed_in(route.path).send(route.method, route.filled(), ten_megabytes);
    INFO(route.method << " " << route.path);
    // Who may not come in, or sends what the route does not take, is told that first.
    const auto small = signed_in(route.path).send(route.method, route.filled(), "{}");
    const bool before = small.status == 403 || small.status == 415;
    CHECK((answer.status == 413 || (before && answer.status == small.status)));
    CHECK(not_an_error_of(route.owner(), answer) == "");
  }
  for (const auto& d : all_dialects()) {
    // Without a length said beforehand: refused or cut off.
    const std::string head =
        "POST " + d.prefix + "/" +
        " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\n";
    std::string chunks;
    for (int i = 0; i < 40; ++i) chunks += "40000\r\n" + std::string(0x40000, 'a') + "\r\n";
    const auto cut = send_bytes(shared_server(), head + chunks + "0\r\n\r\n");
    CHECK((cut.empty() || cut.starts_with("HTTP/1.1 4")));
  }
  CHECK(alive(shared_server()));
}

TEST_CASE("bad input: unknown paths and methods", "[robustness]") {
  for (const auto& d : all_dialects()) {
    const auto to = shared_server().client().below(d.prefix);
    for (const char* path : {"/", "/nothing", "/nothing/at/all/", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "/%ff%fe",
                             "/users/%F0%9F%98%80/", "/a%2fb", "//"}) {
      const auto answer = to.get(path);
      INFO(path);
      CHECK(not_an_error_of(d.name, answer) == "");
    }
    CHECK(not_an_error_of(d.name, to.get("/" + std::string(6000, 'a'))) == "");
    CHECK(not_an_error_of(d.name, to.get("/nothing/?a=%zz&b=%ff")) == "");
    for (const char* method : {"DELETE", "PATCH", "PUT", "POST", "GET"}) {
      const auto answer = to.send(method, "/nothing/", std::nullopt);
      CHECK(answer.status == 404);
      CHECK(not_an_error_of(d.name, answer) == "");
    }
  }
  for (const auto& route : all_routes()) {
    if (route.owner().empty() || route.method == "DELETE") continue;
    // A parameter of another route takes a word, too: `/lessons/{lesson_id}` takes `/lessons/reorder`.
    const bool deletes = std::any_of(all_routes().begin(), all_routes().end(),
                                     [&](const auto& r) { return r.method == "DELETE" && takes(r.path, route.path); });
    if (deletes) continue;
    const auto answer = shared_server().client().send("DELETE", route.filled(), std::nullopt);
    INFO(route.path);
    CHECK(not_an_error_of(route.owner(), answer) == "");
    CHECK((answer.status == 405 || answer.status == 404));
    if (answer.status == 405) CHECK(answer.header("allow").value_or("").find(route.method) != std::string::npos);
  }
  CHECK(alive(shared_server()));
}

TEST_CASE("bad input: methods of other protocols", "[robustness]") {
  for (const char* method : {"TRACE", "CONNECT", "PROPFIND", "BREW", "get", "X"}) {
    for (const auto& d : all_dialects()) {
      const auto got = send_bytes(shared_server(),
                                  std::string(method) + " " + d.prefix +
                                      "/auth/login/ HTTP/1.1\r\nHost: localhost\r\n"
                                      "Connection: close\r\n\r\n",
                                  std::chrono::seconds{2});
      INFO(method << " " << d.name << ": " << got.substr(0, 200));
      CHECK((got.empty() || got.starts_with("HTTP/1.1 4")));
    }
  }
  CHECK(alive(shared_server()));
}

TEST_CASE("bad input: bytes that are no HTTP", "[robustness]") {
  const std::string many(200'000, 'h');
  for (const std::string& bytes :
       {std::string("\r\n\r\n"), std::string("hello\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string(5000, '\0'),
        "GET /health HTTP/1.1\r\nHost: x\r\nX: " + many + "\r\n\r\n",
        std::string("POST /learnflow/api/v1/auth/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n"),
        std::string(
            "POST /learnflow/api/v1/auth/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        std::string("POST /learnflow/api/v1/auth/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: "
                    "5\r\n\r\n{}  "),
        std::string(
            "POST /learnflow/api/v1/auth/login/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"),
        "GET /" + many + " HTTP/1.1\r\nHost: x\r\n\r\n",
        std::string("GET /docs/../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n")}) {
    const auto got = send_bytes(shared_server(), bytes, std::chrono::milliseconds{400});
    INFO(bytes.substr(0, 80) << " -> " << got.substr(0, 200));
    CHECK((got.empty() || got.starts_with("HTTP/1.1 4")));
  }
  CHECK(alive(shared_server()));
}

TEST_CASE("bad input: ids and queries that mean something elsewhere", "[robustness]") {
  const auto one = fresh_account();
  for (const auto& route : all_routes()) {
    if (route.owner().empty() || route.method != "GET" || route.path.find('{') == std::string::npos) continue;
    for (const char* id :
         {"%27%3B--", "..%2f..", "%00", "%C3%28", "1e3", "-1", "99999999999999999999", "null", "%7Bid%7D"}) {
      std::string path;
      bool inside = false;
      for (const char c : route.path) {
        if (c == '{') path += id, inside = true;
        if (!inside) path += c;
        if (c == '}') inside = false;
      }
      const auto answer = shared_server().client().as(one.access).get(path);
      INFO(path);
      CHECK(not_an_error_of(route.owner(), answer) == "");
    }
  }
  for (const auto& route : all_routes()) {
    if (route.owner().empty() || route.method != "GET") continue;
    if (route.path.ends_with("/stream/")) continue;  // a good answer of theirs does not end
    for (const char* query :
         {"?page=%27&page_size=%00&ordering=%C3%28&search=%ff", "?page=9223372036854775808&page_size=1e9", "?=&&&=x&%",
          "?page[]=1&page[]=2", "?page=1000000000", "?page=100000000000000", "?page=9223372036854775807&page_size=100",
          "?page=2147483648", "?page=4294967297&page_size=3"}) {
      const auto answer = shared_server().client().as(one.access).get(route.filled() + query);
      INFO(route.path << query);
      CHECK(answer.status < 500);
    }
  }
  CHECK(alive(shared_server()));
}

TEST_CASE("bad input: tokens that are none", "[robustness]") {
  for (const auto& d : all_dialects()) {
    const std::map<std::string, std::string> me = {{"learnflow", "/auth/me/"},
                                                   {"lms", "/users/me"},
                                                   {"unpuzzle", "/auth/profile/"},
                                                   {"apranova", "/users/profile/"},
                                                   {"classic", "/users/profile/"}};
    const auto to = shared_server().client().below(d.prefix);
    for (const std::string& value :
         {std::string("Bearer"), std::string("Bearer "), std::string("Bearer x"), std::string("Bearer a.b.c"),
          "Bearer " + std::string(5000, 'a'), std::string("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),
          std::string("Basic YTpi"), std::string("Token abc"), std::string("\xFF\xFE")}) {
      const auto answer = to.with("Authorization", value).get(me.at(d.name));
      INFO(value.substr(0, 60));
      CHECK(answer.status == 401);
      CHECK(not_an_error_of(d.name, answer) == "");
    }
  }
}

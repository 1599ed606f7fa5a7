#include "api/http/router.hpp"

#include <catch2/catch.hpp>

#include "support.hpp"

using namespace stoa;
using http::match;

namespace {

route_table at(std::initializer_list<const char*> patterns, verb v = verb::post) {
  route_table t;
  for (const char* p : patterns)
    t.add<wire::nothing, wire::nothing>(v, p, {.status = 204},
                                        [](const request&, wire::nothing) -> task<wire::nothing> {
                                          wire::nothing n;
                                          co_return n;
                                        });
  return t;
}

struct fixture {
  test::house h;
  std::string who(verb v, const char* path, const char* host = "", const char* asked = "") {
    const auto m = h.routes.find(v, path, host, asked);
    if (m.what == match::outcome::not_found) return "404";
    if (m.what == match::outcome::method_not_allowed) return "405";
    if (m.what == match::outcome::malformed) return "400";
    std::string out(m.target->policy ? name_of(m.target->policy->dialect) : "plain");
    for (const auto& v : m.values) out += " " + v;
    return out;
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a final slash decides where both forms are documented", "[router]") {
  h.add(dialect("learnflow"), at({"/auth/login/", "/only/"}));
  h.add(dialect("lms"), at({"/auth/login", "/bare"}));
  CHECK(who(verb::post, "/api/v1/auth/login/") == "learnflow");
  CHECK(who(verb::post, "/api/v1/auth/login") == "lms");
  CHECK(who(verb::post, "/api/v1/only") == "learnflow");
  CHECK(who(verb::post, "/api/v1/bare/") == "lms");
  CHECK(who(verb::post, "/learnflow/api/v1/auth/login") == "learnflow");
  CHECK(who(verb::post, "/lms/api/v1/auth/login/") == "lms");
  CHECK(who(verb::get, "/api/v1/auth/login") == "405");
  CHECK(who(verb::post, "/api/v1//auth/login") == "404");
  CHECK(who(verb::post, "/api/v1/auth/login//") == "404");
  CHECK(who(verb::post, "/api/v1/auth") == "404");
}

TEST_CASE("hosts, the header and the order decide between equals", "[router]") {
  test::house h;
  http::router r({{{"UP.example", dialect("unpuzzle")}}, {dialect("lms"), dialect("learnflow"), dialect("unpuzzle")}});
  for (const auto d : {dialect("learnflow"), dialect("unpuzzle"), dialect("lms")})
    r.add(h.policy(d), at({"/courses/"}));
  const auto who = [&](const char* host, const char* asked) {
    return r.find(verb::post, "/api/v1/courses/", host, asked).target->policy->dialect;
  };
  CHECK(who("", "") == dialect("lms"));
  CHECK(who("up.EXAMPLE:8000", "") == dialect("unpuzzle"));
  CHECK(who("up.example", "learnflow") == dialect("unpuzzle"));
  CHECK(who("other", "LearnFlow") == dialect("learnflow"));
  CHECK(who("other", "classic") == dialect("lms"));
  CHECK(r.find(verb::post, "/learnflow/api/v1/courses/", "up.example", "").target->policy->dialect ==
        dialect("learnflow"));
  const auto lines = r.table();
  const auto line = std::find_if(lines.begin(), lines.end(), [](auto& l) { return l.path == "/api/v1/courses/"; });
  REQUIRE(line != lines.end());
  CHECK(line->dialects == std::vector{dialect("lms"), dialect("learnflow"), dialect("unpuzzle")});
}

TEST_CASE_METHOD(fixture, "an addition yields an unprefixed path to the dialect that documents it", "[router]") {
  const auto additions = [](std::initializer_list<const char*> patterns) {
    route_table t;
    for (const char* p : patterns)
      t.add<wire::nothing, wire::nothing>(verb::post, p, {.status = 204, .addition = true},
                                          [](const request&, wire::nothing) -> task<wire::nothing> {
                                            wire::nothing n;
                                            co_return n;
                                          });
    return t;
  };
  h.add(dialect("learnflow"), additions({"/auth/refresh/", "/own/", "/courses/mine/", "/both/"}));
  h.add(dialect("learnflow"), at({"/users/{id}/"}));
  h.add(dialect("learnflow"), additions({"/users/me/"}));
  h.add(dialect("unpuzzle"), at({"/auth/refresh/", "/courses/{id}/"}));
  h.add(dialect("unpuzzle"), additions({"/both/"}));
  h.add(dialect("lms"), at({"/users/{id}/"}));
  CHECK(who(verb::post, "/api/v1/auth/refresh/") == "unpuzzle");
  CHECK(who(verb::post, "/api/v1/auth/refresh") == "unpuzzle");
  CHECK(who(verb::post, "/api/v1/courses/mine/") == "unpuzzle mine");
  // Where it asks nobody to give way, it is there.
  CHECK(who(verb::post, "/api/v1/own/") == "learnflow");
  CHECK(who(verb::post, "/api/v1/both/") == "learnflow");
  CHECK(who(verb::post, "/api/v1/users/me/") == "learnflow");
  CHECK(who(verb::post, "/learnflow/api/v1/auth/refresh/") == "learnflow");
  CHECK(who(verb::post, "/learnflow/api/v1/courses/mine/") == "learnflow");
  CHECK(who(verb::post, "/api/v1/auth/refresh/", "", "learnflow") == "learnflow");
  CHECK(who(verb::post, "/api/v1/auth/refresh/", "", "lms") == "unpuzzle");
  for (const auto& line : h.routes.table())
    if (line.path == "/api/v1/auth/refresh/")
      CHECK(line.dialects == std::vector{dialect("unpuzzle"), dialect("learnflow")});
}

TEST_CASE_METHOD(fixture, "parameters, words and escapes", "[router]") {
  h.add(dialect("learnflow"), at({"/courses/{id}/", "/courses/featured/", "/courses/{id}/reviews/{review}/"}));
  h.add(dialect("unpuzzle"), at({"/courses/{course_id}/enroll/"}));
  h.add(dialect("lms"), at({"/files/{path...}"}, verb::get));
  h.routes.add_plain(at({"/health"}, verb::get));
  CHECK(who(verb::post, "/api/v1/courses/7/") == "learnflow 7");
  CHECK(who(verb::post, "/api/v1/courses/featured/") == "learnflow");
  CHECK(who(verb::post, "/api/v1/courses/featured/enroll/") == "unpuzzle featured");
  CHECK(who(verb::post, "/api/v1/courses/a%2Fb/reviews/%C3%A9/") == "learnflow a/b \xC3\xA9");
  CHECK(who(verb::post, "/api/v1/%63ourses/7/") == "learnflow 7");
  CHECK(who(verb::get, "/api/v1/files/a/b%20c/d") == "lms a/b c/d");
  CHECK(who(verb::get, "/health") == "plain");
  CHECK(who(verb::post, "/api/v1/courses/%00/") == "400");
  CHECK(who(verb::post, "/api/v1/courses/%ff/") == "400");
  CHECK(who(verb::post, "/api/v1/courses/%4/") == "400");
  CHECK(who(verb::post, "/api/v1/courses/\xff/") == "400");
  CHECK(who(verb::post, "/api/v1/courses/../") == "404");
  CHECK(who(verb::get, "/api/v1/files/%2e%2e/etc") == "404");
  CHECK(who(verb::get, "/api/v1/files/..%2fetc") == "404");
  CHECK(who(verb::get, "nonsense") == "404");
}

TEST_CASE_METHOD(fixture, "errors wear the envelope of the nearest dialect", "[router]") {
  for (const auto d : all_dialects) h.add(d, at({"/x/"}));
  const auto of = [&](const char* path, const char* host = "", const char* asked = "") {
    return h.routes.policy_for(path, host, asked).dialect;
  };
  CHECK(of("/lms/api/v1/none") == dialect("lms"));
  CHECK(of("/apranova/api/none") == dialect("apranova"));
  CHECK(of("/api/v1/none") == dialect("learnflow"));
  CHECK(of("/api/none") == dialect("classic"));
  CHECK(of("/api/v1/none", "", "unpuzzle") == dialect("unpuzzle"));
  CHECK(of("/elsewhere") == dialect("learnflow"));
}

TEST_CASE("two routes of one dialect at one place are a mistake", "[router]") {
  test::house h;
  CHECK_THROWS_AS(h.add(dialect("lms"), at({"/a/{x}", "/a/{y}"})), std::logic_error);
}

TEST_CASE("without any dialect unknown paths and methods are refused all the same", "[router][pipeline]") {
  test::house h;
  route_table t;
  t.get<wire::nothing, reply>("/health", {},
                              [](const request&, wire::nothing) -> task<reply> { co_return reply::json_text("{}"); });
  h.routes.add_plain(t);
  h.open();
  CHECK(h.ask("GET", "/health").status == 200);
  const auto lost = h.ask("GET", "/nothing");
  CHECK(lost.status == 404);
  CHECK(lost.parsed().find("error")->find("code")->text() == "NOT_FOUND");
  CHECK(h.ask("POST", "/health").status == 405);
  CHECK(h.ask("GET", "/%zz").status == 400);
}

TEST_CASE("a route takes paths from another where its word stands in the place of a parameter", "[router]") {
  CHECK(http::takes_paths_from("/a/courses/categories/", "/a/courses/{id}/"));
  CHECK(http::takes_paths_from("/a/courses/{id}/reviews/", "/a/{area}/{id}/reviews/"));
  CHECK(http::takes_paths_from("/a/files/new/", "/a/{path...}"));
  CHECK(http::takes_paths_from("/a/{x}/fixed/", "/a/{x}/{y}/"));
  CHECK_FALSE(http::takes_paths_from("/a/courses/{id}/", "/a/courses/categories/"));
  CHECK_FALSE(http::takes_paths_from("/a/courses/{id}/", "/a/courses/{slug}/"));
  CHECK_FALSE(http::takes_paths_from("/a/courses/", "/a/courses/{id}/"));
  CHECK_FALSE(http::takes_paths_from("/a/courses/{id}/x/", "/a/courses/{id}/y/"));
  CHECK_FALSE(http::takes_paths_from("/b/courses/categories/", "/a/courses/{id}/"));
  CHECK_FALSE(http::takes_paths_from("/a/{path...}", "/a/files/{id}/"));
  // The other one's word comes first, and it is found first.
  CHECK_FALSE(http::takes_paths_from("/a/{area}/new/", "/a/courses/{id}/"));
  CHECK(http::takes_paths_from("/a/courses/{id}/", "/a/{area}/new/"));
}

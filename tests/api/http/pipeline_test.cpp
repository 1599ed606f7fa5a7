#include "api/http/pipeline.hpp"

#include <catch2/catch.hpp>

#include "api/http/cookies.hpp"
#include "api/http/openapi.hpp"
#include "api/http/page.hpp"
#include "support.hpp"

using namespace stoa;
using test::as_json;
using test::bearer;

namespace {

struct note {
  wire::text<1, 20> title;
  std::optional<std::int64_t> stars;
};
BOOST_DESCRIBE_STRUCT(note, (), (title, stars))
struct note_filter {
  std::optional<std::int64_t> stars;
};
BOOST_DESCRIBE_STRUCT(note_filter, (), (stars))
struct login_form {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(login_form, (), (email))

/// All that a pipeline test asks for, in every dialect.
struct fixture : test::house {
  int effects = 0;
  std::function<void(result<done>)> go_on;  // completes the last call of /slow/

  route_table table() {
    route_table t;
    t.get<wire::nothing, note>("/open/{id}/", {}, [](const request& r, wire::nothing) -> task<note> {
      note n{r.path_param("id"), 1};
      co_return n;
    });
    t.get<wire::nothing, note>("/maybe/", {.auth = auth::optional}, [](const request& r, wire::nothing) -> task<note> {
      note n{r.who.signed_in ? "known" : "nobody", {}};
      co_return n;
    });
    role_set teachers;
    teachers.add(role::instructor);
    t.post<note, note>("/notes/", {.auth = auth::required, .status = 201, .roles = teachers},
                       [this](const request&, note n) -> task<note> {
                         ++effects;
                         n.stars = effects;
                         co_return n;
                       });
    t.post<note, note>("/open-notes/", {.status = 201}, [this](const request&, note n) -> task<note> {
      ++effects;
      n.stars = effects;
      if (n.title == "no") co_return fault{fault_kind::conflict, "TAKEN", "There is one."};
      if (n.title == "throw") throw std::runtime_error("secret of the house");
      if (n.title == "slow") {
        callback_awaiter<done> later([this](auto completion) { go_on = std::move(completion); });
        co_await later;
      }
      co_return n;
    });
    t.post<body_view, note>("/parcels/", {.consumes = "application/x-parcel", .tells = {{"Parcel-Version", "1"}}},
                            [](const request& q, body_view b) -> task<note> {
                              co_return note{b.bytes.data() == q.body.data() ? std::string(b.bytes) : "a copy", {}};
                            });
    t.post<raw_body, note>("/hook/", {.signed_by_sender = true}, [this](const request&, raw_body) -> task<note> {
      ++effects;
      co_return fault{fault_kind::rejected, "INVALID_SIGNATURE", "Not signed."};
    });
    t.post<login_form, note>("/login/", {.door = true, .login = true}, [](const request&, login_form) -> task<note> {
      note n{"token", {}};
      co_return n;
    });
    t.post<login_form, note>("/register/", {.door = true, .hashes = true},
                             [](const request&, login_form) -> task<note> {
                               note n{"token", {}};
                               co_return n;
                             });
    t.get<wire::nothing, wire::nothing>("/violate/", {}, [](const request&, wire::nothing) -> task<wire::nothing> {
      co_return fault{fault_kind::conflict, "cart_user_id_fkey", "There is none."};
    });
    t.get<wire::nothing, wire::nothing>(
        "/refuse/{kind}/", {}, [](const request& r, wire::nothing) -> task<wire::nothing> {
          fault f{static_cast<fault_kind>(std::stoi(r.path_param("kind"))), "SOME_CODE", "Some message."};
          f.extra.emplace_back("actual_role", "student");
          if (f.kind == fault_kind::invalid) f.fields = {{"a.0.b", "Wrong.", "email"}, {"a.0.b", "Very.", "type"}};
          if (f.kind == fault_kind::too_many) f.retry_after = seconds{60};
          co_return f;
        });
    return t;
  }
  void start() {
    options.cors.allowed_origins = {"https://app.example"};
    for (const auto d : all_dialects) add(d, table());
    open();
  }
};

const char* prefix_of(const dialect& d) { return description_of(d).prefix.c_str(); }

}  // namespace

TEST_CASE_METHOD(fixture, "answers carry id, type and guards", "[pipeline]") {
  start();
  auto a = ask("GET", "/api/v1/open/7/", {{"X-Request-ID", "abc.1"}});
  CHECK(a.status == 200);
  CHECK(a.body == R"({"title":"7","stars":1})");
  CHECK(a.header("X-Request-ID") == "abc.1");
  CHECK(a.header("X-Content-Type-Options") == "nosniff");
  CHECK(a.header("Content-Type") == "application/json");
  CHECK(a.header("Vary") == "Origin");
  CHECK(ask("GET", "/api/v1/open/7/", {{"X-Request-ID", "a b"}}).header("X-Request-ID").size() == 16);
  CHECK(ask("POST", "/api/v1/login/", {as_json}, R"({"email":"x"})").header("Cache-Control") == "no-store");
  a = ask("HEAD", "/api/v1/open/7/");
  CHECK(a.status == 200);
  CHECK(a.body.empty());
  CHECK(a.length == 23);
  CHECK(metrics
            .get("stoa_http_requests_total",
                 {{"dialect", "learnflow"}, {"method", "GET"}, {"route", "/api/v1/open/{id}/"}, {"status", "200"}})
            .n == 3);
}

TEST_CASE_METHOD(fixture, "credentials and roles come before the body", "[pipeline]") {
  start();
  auto a = ask("POST", "/api/v1/notes/", {}, "garbage");
  CHECK(a.status == 401);
  CHECK(a.header("WWW-Authenticate") == "Bearer");
  CHECK(a.parsed().find("error")->find("code")->text() == "AUTHENTICATION_REQUIRED");
  a = ask("POST", "/api/v1/notes/", {bearer("old")}, "garbage");
  CHECK(a.status == 401);
  CHECK(a.parsed().find("error")->find("code")->text() == "TOKEN_EXPIRED");
  CHECK(ask("POST", "/api/v1/notes/", {{"Authorization", "Basic eDp5"}}).status == 401);
  a = ask("POST", "/api/v1/notes/", {bearer("student")}, "garbage");
  CHECK(a.status == 403);
  CHECK(a.parsed().find("error")->find("code")->text() == "PERMISSION_DENIED");
  CHECK(ask("POST", "/api/v1/notes/", {bearer("instructor"), as_json}, "garbage").status == 400);
  CHECK(ask("POST", "/api/v1/notes/", {bearer("instructor"), as_json}, R"({"title":"x"})").status == 201);
  CHECK(ask("POST", "/api/v1/notes/", {bearer("instructor")}, R"({"title":"x"})").status == 415);
  CHECK(ask("GET", "/api/v1/maybe/").body.find("nobody") != std::string::npos);
  CHECK(ask("GET", "/api/v1/maybe/", {{"authorization", "bearer student"}}).body.find("known") != std::string::npos);
  CHECK(ask("GET", "/api/v1/maybe/", {bearer("old")}).status == 401);
  CHECK(ask("GET", "/api/v1/open/1/", {bearer("old")}).status == 200);
}

TEST_CASE_METHOD(fixture, "every dialect says no in its own words", "[pipeline][envelope]") {
  start();
  const auto refuse = [&](dialect d, fault_kind k) {
    return ask("GET", std::string(prefix_of(d)) + "/refuse/" + std::to_string(static_cast<int>(k)) + "/");
  };
  for (const auto d : all_dialects)
    for (int k = 0; k <= static_cast<int>(fault_kind::unavailable); ++k) {
      const auto a = refuse(d, static_cast<fault_kind>(k));
      INFO(name_of(d) << " " << k << " " << a.body);
      CHECK(a.status >= 400);
      CHECK(json::parse(a.body).ok());
      CHECK((a.status != 429 || !a.header("Retry-After").empty()));
      CHECK((a.status != 503 || a.header("Retry-After") == "1"));
    }
  auto a = refuse(dialect("learnflow"), fault_kind::invalid);
  CHECK(a.status == 422);
  CHECK(a.body == R"({"error":{"code":"SOME_CODE","message":"Invalid input data","status":422,)"
                  R"("details":{"a.0.b":["Wrong.","Very."]},"actual_role":"student"}})");
  a = refuse(dialect("learnflow"), fault_kind::too_many);
  CHECK(a.parsed().find("error")->find("retry_after")->text() == "60");
  CHECK(a.header("Retry-After") == "60");
  a = refuse(dialect("lms"), fault_kind::invalid);
  CHECK(a.status == 422);
  CHECK(a.parsed().find("detail")->items()[0].dump() ==
        R"({"loc":["body","a",0,"b"],"msg":"value is not a valid email address","type":"value_error.email"})");
  CHECK(refuse(dialect("lms"), fault_kind::locked).status == 423);
  CHECK(refuse(dialect("lms"), fault_kind::not_found).parsed().find("detail")->text() == "Resource not found");
  a = refuse(dialect("unpuzzle"), fault_kind::invalid);
  CHECK(a.status == 422);
  CHECK(a.parsed().find("status")->text() == "error");
  CHECK(a.parsed().find("error")->find("details")->items()[0].dump() ==
        R"({"field":"a.0.b","message":"Invalid email format"})");
  CHECK(a.parsed().find("timestamp")->text() == rfc3339(clock.now()));
  CHECK(a.parsed().find("request_id")->text() == a.header("X-Request-ID"));
  a = refuse(dialect("classic"), fault_kind::invalid);
  CHECK(a.status == 400);
  CHECK(
      a.body ==
      R"({"success":false,"message":"Some message.","error_code":"SOME_CODE","details":{"a.0.b":["Wrong.","Very."]}})");
  CHECK(refuse(dialect("classic"), fault_kind::payment_required).status == 400);
  CHECK(refuse(dialect("classic"), fault_kind::conflict).status == 409);
  a = refuse(dialect("apranova"), fault_kind::invalid);
  CHECK(a.status == 400);
  CHECK(a.body == R"({"a.0.b":["Wrong.","Very."]})");
  a = refuse(dialect("apranova"), fault_kind::forbidden);
  CHECK(a.status == 403);
  CHECK(a.parsed().find("error")->text() == "Unauthorized role access");
  CHECK(a.parsed().find("detail")->text() == "Some message.");
  CHECK(a.parsed().find("actual_role")->text() == "student");
}

TEST_CASE_METHOD(fixture, "unknown paths and methods", "[pipeline]") {
  start();
  for (const auto d : all_dialects) {
    INFO(name_of(d));
    const std::string p = prefix_of(d);
    auto a = ask("GET", p + "/nothing/");
    CHECK(a.status == 404);
    CHECK(json::parse(a.body).ok());
    a = ask("DELETE", p + "/open/1/");
    CHECK(a.status == 405);
    CHECK(a.header("Allow") == "GET, HEAD, OPTIONS");
    CHECK(json::parse(a.body).ok());
  }
  CHECK(ask("GET", "/api/none/").parsed().find("success")->as_boolean() == false);
  CHECK(ask("TRACE", "/api/v1/open/1/").status == 405);
  CHECK(ask("BREW", "/api/v1/none/").status == 404);
  CHECK(ask("GET", "/api/v1/open/%00/").status == 400);
  CHECK(ask("GET", "/api/v1/open/1/?a=%zz").status == 400);
}

TEST_CASE_METHOD(fixture, "an exception costs one 500 and no secret", "[pipeline]") {
  start();
  const auto a = ask("POST", "/api/v1/open-notes/", {as_json, {"X-Request-ID", "r-1"}}, R"({"title":"throw"})");
  CHECK(a.status == 500);
  CHECK(a.body.find("secret") == std::string::npos);
  REQUIRE(!log.lines.empty());
  CHECK(log.lines.back().find("r-1") != std::string::npos);
  CHECK(log.lines.back().find("secret of the house") != std::string::npos);
  CHECK(pipe->in_flight() == 0);
}

TEST_CASE_METHOD(fixture, "too many at once and too late are 503", "[pipeline]") {
  options.max_in_flight = 1;
  start();
  auto first = begin("POST", "/api/v1/open-notes/", {as_json}, R"({"title":"slow"})");
  CHECK(!first->has_value());
  CHECK(pipe->in_flight() == 1);
  auto a = ask("GET", "/lms/api/v1/open/1/");
  CHECK(a.status == 503);
  CHECK(a.header("Retry-After") == "1");
  CHECK(a.parsed().find("detail"));
  const auto now = std::chrono::steady_clock::now();
  pipe->expire(now);
  CHECK(!first->has_value());
  pipe->expire(now + options.request_timeout + seconds{1});
  REQUIRE(first->has_value());
  CHECK((*first)->status == 503);
  CHECK(pipe->in_flight() == 1);  // the handler still runs
  go_on(done{});
  CHECK((*first)->status == 503);
  CHECK(pipe->in_flight() == 0);
  CHECK(ask("GET", "/api/v1/open/1/").status == 200);
  pipe->close_intake();
  CHECK(ask("GET", "/api/v1/open/1/").status == 503);
}

TEST_CASE_METHOD(fixture, "a fault of a resumed handler is rendered", "[pipeline]") {
  start();
  auto out = begin("POST", "/api/v1/open-notes/", {as_json}, R"({"title":"slow"})");
  go_on(fault{fault_kind::unavailable, "DATABASE_DOWN", "The database is away."});
  REQUIRE(out->has_value());
  CHECK((*out)->status == 503);
}

TEST_CASE_METHOD(fixture, "bodies have a limit", "[pipeline]") {
  options.max_body = 100;
  start();
  CHECK(ask("POST", "/api/v1/open-notes/", {as_json}, R"({"title":"x"})").status == 201);
  const auto a = ask("POST", "/classic/api/open-notes/", {as_json}, std::string(101, ' '));
  CHECK(a.status == 413);
  CHECK(a.parsed().find("error_code")->text() == "PAYLOAD_TOO_LARGE");
}

TEST_CASE_METHOD(fixture, "no answer names a constraint of the schema", "[pipeline]") {
  start();
  for (const auto d : all_dialects) {
    const auto a = ask("GET", prefix_of(d) + std::string("/violate/"));
    CHECK(a.status >= 400);
    CHECK(a.status < 500);
    CHECK(a.body.find("fkey") == std::string::npos);
    CHECK(a.body.find("user_id") == std::string::npos);
  }
}

TEST_CASE_METHOD(fixture, "limits count, tell and forgive", "[pipeline][limits]") {
  limits.enabled = true;
  limits.unpuzzle_anonymous_per_hour = 2;
  limits.unpuzzle_user_per_hour = 3;
  limits.classic_per_hour = 2;
  limits.classic_user_per_minute = 1;
  limits.apranova_user_per_hour = 100;
  limits.passwords_per_address_per_hour = 2;
  limits.learnflow_login_per_hour = 100;
  limits.login_per_address_per_hour = 100;
  start();
  const std::string up = "/unpuzzle/api/v1/maybe/";
  auto a = ask("GET", up);
  CHECK(a.header("X-RateLimit-Limit") == "2");
  CHECK(a.header("X-RateLimit-Remaining") == "1");
  CHECK(a.header("X-RateLimit-Reset") == std::to_string(1'769'529'600 + 3600));
  CHECK(a.header("X-RateLimit-Reset-After") == "3600");
  CHECK(ask("GET", up).status == 200);
  clock.advance(minutes{10});
  a = ask("GET", up);
  CHECK(a.status == 429);
  CHECK(a.header("Retry-After") == "3000");
  CHECK(a.header("X-RateLimit-Remaining") == "0");
  CHECK(a.parsed().find("error")->find("retry_after")->text() == "3000");
  CHECK(ask("GET", up, {}, {}, "192.0.2.2").status == 200);
  CHECK(ask("GET", up, {bearer("student")}).header("X-RateLimit-Limit") == "3");
  clock.advance(minutes{50});
  CHECK(ask("GET", up).status == 200);

  CHECK(ask("GET", "/classic/api/maybe/", {bearer("student")}).status == 200);
  CHECK(ask("GET", "/classic/api/maybe/", {bearer("student")}).status == 429);
  clock.advance(minutes{1});
  CHECK(ask("GET", "/classic/api/maybe/", {bearer("student")}, {}, "192.0.2.9").status == 200);

  // What makes a hash is counted at all dialects together, apart from the sign-ins of the same address.
  for (const char* at : {"/api/v1/register/", "/lms/api/v1/register/"})
    CHECK(ask("POST", at, {as_json}, R"({"email":"a@b.example"})").status == 200);
  a = ask("POST", "/api/v1/register/", {as_json}, R"({"email":"c@b.example"})");
  CHECK(a.status == 429);
  CHECK(a.parsed().find("error")->find("code")->text() == "RATE_LIMIT_EXCEEDED");
  CHECK(a.parsed().find("error")->find("retry_after")->text() == "3600");
  CHECK(ask("POST", "/classic/api/register/", {as_json}, R"({"email":"a@b.example"})").status == 429);
  CHECK(ask("POST", "/api/v1/login/", {as_json}, R"({"email":"a@b.example"})").status == 200);
  CHECK(ask("POST", "/api/v1/register/", {as_json}, R"({"email":"a@b.example"})", "192.0.2.77").status == 200);
}

TEST_CASE_METHOD(fixture, "an address is counted however it is written", "[pipeline][limits]") {
  limits.enabled = true;
  limits.unpuzzle_anonymous_per_hour = 1;
  start();
  const auto from = [this](const char* address) {
    return ask("GET", "/unpuzzle/api/v1/maybe/", {}, {}, address).status;
  };
  CHECK(from("2001:db8:1:2::1") == 200);
  CHECK(from("2001:db8:1:2:3::9") == 429);
  CHECK(from("2001:db8:1:3::1") == 200);
  CHECK(from("192.0.2.1") == 200);
  CHECK(from("::ffff:192.0.2.1") == 429);
  CHECK(from("::ffff:192.0.2.2") == 200);
}

TEST_CASE("limits remember a bounded number of subjects", "[limits]") {
  http::rate_limiter l(160);
  http::rate_rule rule{http::rate_rule::subject::address, 1};
  const auto now = from_unix_us(1'000'000);
  for (int i = 0; i < 10'000; ++i) CHECK(l.count(rule, "10.0.0." + std::to_string(i), now).allowed);
  CHECK(l.size() <= 160);
}

TEST_CASE_METHOD(fixture, "forwarded addresses count from trusted proxies only", "[pipeline][limits]") {
  limits.enabled = true;
  limits.unpuzzle_anonymous_per_hour = 1;
  options.trusted_proxies = {"10.0.0.0/8", "::1"};
  start();
  const std::string up = "/unpuzzle/api/v1/maybe/";
  CHECK(ask("GET", up, {{"X-Forwarded-For", "198.51.100.1, 10.2.3.4"}}, {}, "10.0.0.1").status == 200);
  CHECK(ask("GET", up, {{"X-Forwarded-For", "198.51.100.1"}}, {}, "::1").status == 429);
  CHECK(ask("GET", up, {{"X-Forwarded-For", "198.51.100.2, 198.51.100.1"}}, {}, "10.0.0.1").status == 429);
  CHECK(ask("GET", up, {{"X-Forwarded-For", "198.51.100.3"}}, {}, "203.0.113.5").status == 200);
  CHECK(ask("GET", up, {{"X-Forwarded-For", "198.51.100.4"}}, {}, "203.0.113.5").status == 429);
}

TEST_CASE_METHOD(fixture, "a key makes a POST happen once", "[pipeline][idempotency]") {
  start();
  const auto post = [&](const char* title, const char* key, test::fields more = {}) {
    more.push_back(as_json);
    more.push_back({"Idempotency-Key", key});
    return ask("POST", "/api/v1/open-notes/", more, std::string(R"({"title":")") + title + "\"}");
  };
  const auto a = post("x", "k1"), b = post("x", "k1");
  CHECK(effects == 1);
  CHECK(a.status == 201);
  CHECK(b.status == 201);
  CHECK(a.body == b.body);
  CHECK(a.header("Idempotent-Replayed").empty());
  CHECK(b.header("Idempotent-Replayed") == "true");
  CHECK(post("y", "k1").status == 422);
  CHECK(effects == 1);
  CHECK(post("x", "k2").status == 201);
  CHECK(effects == 2);
  CHECK(post("", "k3").status == 422);
  CHECK(post("y", "k3").status == 201);  // a refusal is not kept
  CHECK(post("no", "k4").status == 409);
  CHECK(post("throw", "k5").status == 500);
  CHECK(post("y", "k5").status == 201);
  CHECK(post("x", " ").status == 400);
  auto waiting = begin("POST", "/api/v1/open-notes/", {as_json, {"Idempotency-Key", "k6"}}, R"({"title":"slow"})");
  CHECK(post("slow", "k6").status == 409);
  go_on(done{});
  CHECK((*waiting)->status == 201);
  CHECK(post("slow", "k6").header("Idempotent-Replayed") == "true");
  const auto kept = store.entries.size();
  CHECK(ask("POST", "/api/v1/login/", {as_json, {"Idempotency-Key", "k7"}}, R"({"email":"x"})").status == 200);
  CHECK(store.entries.size() == kept);
}

TEST_CASE_METHOD(fixture, "nothing is kept for a key where the sender signs", "[pipeline][idempotency]") {
  start();
  for (int i = 1; i <= 2; ++i) {
    CHECK(ask("POST", "/api/v1/hook/", {{"Idempotency-Key", "k1"}}, "{}").status == 400);
    CHECK(effects == i);
  }
  CHECK(store.asked == 0);
  ask("POST", "/api/v1/open-notes/", {as_json, {"Idempotency-Key", "k1"}}, R"({"title":"x"})");
  CHECK(store.asked == 1);
}

TEST_CASE_METHOD(fixture, "browsers of allowed origins may read", "[pipeline][cors]") {
  start();
  auto a =
      ask("OPTIONS", "/api/v1/notes/", {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "PATCH"}});
  CHECK(a.status == 204);
  CHECK(a.header("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(a.header("Access-Control-Allow-Credentials") == "true");
  CHECK(a.header("Access-Control-Allow-Methods").find("PATCH") != std::string::npos);
  CHECK(a.header("Access-Control-Allow-Headers").find("X-API-Version") != std::string::npos);
  CHECK(a.header("Vary") == "Origin");
  a = ask("OPTIONS", "/api/v1/notes/", {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "POST"}});
  CHECK(a.header("Access-Control-Allow-Origin").empty());
  CHECK(ask("GET", "/api/v1/open/1/", {{"Origin", "https://app.example"}}).header("Access-Control-Allow-Origin") ==
        "https://app.example");
  CHECK(ask("GET", "/api/v1/none/", {{"Origin", "https://app.example"}}).header("Access-Control-Allow-Origin") ==
        "https://app.example");
  CHECK(ask("GET", "/api/v1/open/1/", {{"Origin", "null"}}).header("Access-Control-Allow-Origin").empty());
  CHECK(ask("OPTIONS", "/api/v1/notes/").header("Allow") == "POST, OPTIONS");
}

TEST_CASE_METHOD(fixture, "a route's bytes come as they are, and it tells OPTIONS of itself", "[pipeline]") {
  start();
  const auto sent = ask("POST", "/api/v1/parcels/", {{"Content-Type", "application/x-parcel"}}, "{not json");
  CHECK(sent.status == 200);
  CHECK(sent.body == R"({"title":"{not json","stars":null})");
  const auto told = ask("OPTIONS", "/api/v1/parcels/");
  CHECK(told.status == 204);
  CHECK(told.header("Parcel-Version") == "1");
  CHECK(ask("OPTIONS", "/api/v1/notes/").header("Parcel-Version").empty());
}

TEST_CASE_METHOD(fixture, "the cookie is a credential of unpuzzle alone", "[pipeline][cookies]") {
  start();
  const std::pair<std::string, std::string> cookie{"Cookie", "a=b; __Host-stoa_access=instructor"};
  CHECK(ask("GET", "/unpuzzle/api/v1/maybe/", {cookie}).body.find("known") != std::string::npos);
  CHECK(ask("GET", "/learnflow/api/v1/maybe/", {cookie}).body.find("nobody") != std::string::npos);
  const auto post = [&](test::fields f) {
    f.push_back(cookie);
    f.push_back(as_json);
    return ask("POST", "/unpuzzle/api/v1/notes/", f, R"({"title":"x"})").status;
  };
  CHECK(post({}) == 403);
  CHECK(post({{"Origin", "https://evil.example"}}) == 403);
  CHECK(post({{"Origin", "https://app.example"}}) == 201);
  CHECK(post({{"Origin", "http://api.example"}, {"Host", "api.example"}}) == 201);
  CHECK(post({bearer("instructor")}) == 201);
  CHECK(http::set_access_cookie("t", seconds{3600}, true) ==
        "__Host-stoa_access=t; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure");
  CHECK(http::clear_access_cookie(false) == "stoa_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}

TEST_CASE_METHOD(fixture, "what is one person's own is kept by nobody else", "[pipeline][caches]") {
  start();
  const std::pair<std::string, std::string> cookie{"Cookie", "__Host-stoa_access=student"};
  const auto varies = [](const test::seen& a) {
    std::string all;
    for (auto at = a.head.find("Vary: "); at != a.head.npos; at = a.head.find("Vary: ", at + 1))
      all += a.head.substr(at + 6, a.head.find("\r\n", at) - at - 6) + ", ";
    return all;
  };
  for (const auto& d : all_dialects) {
    const std::string path = std::string(prefix_of(d)) + "/maybe/";
    const std::string by = d == dialect("unpuzzle") ? "Origin, Authorization, Cookie, " : "Origin, Authorization, ";
    auto a = ask("GET", path, {bearer("student")});
    CHECK(a.header("Cache-Control") == "private, no-cache");
    CHECK(varies(a) == by);
    // Anybody may have this one, but not instead of the other.
    a = ask("GET", path);
    CHECK(a.header("Cache-Control").empty());
    CHECK(varies(a) == by);
    a = ask("GET", std::string(prefix_of(d)) + "/open/1/", {bearer("student")});
    CHECK(a.header("Cache-Control").empty());
    CHECK(varies(a) == "Origin, ");
    // Refusals, too: they were made for one person.
    a = ask("POST", std::string(prefix_of(d)) + "/notes/", {bearer("student"), as_json}, "{}");
    CHECK(a.status == 403);
    CHECK(a.header("Cache-Control") == "private, no-cache");
    CHECK(ask("GET", path, {bearer("nobody")}).header("Cache-Control") == "private, no-cache");
    a = ask("GET", path, {cookie});
    CHECK(a.header("Cache-Control") == (d == dialect("unpuzzle") ? "private, no-cache" : ""));
  }
}

TEST_CASE_METHOD(fixture, "cookies in several lines are one list, and two credentials are none",
                 "[pipeline][cookies]") {
  start();
  const std::string path = "/unpuzzle/api/v1/maybe/";
  const std::pair<std::string, std::string> cookie{"Cookie", "__Host-stoa_access=student"};
  CHECK(ask("GET", path, {{"Cookie", "a=b"}, cookie}).body.find("known") != std::string::npos);
  CHECK(ask("GET", path, {cookie, {"Cookie", "a=b"}}).body.find("known") != std::string::npos);
  CHECK(ask("GET", path, {bearer("student"), bearer("admin")}).status == 401);
}

TEST_CASE_METHOD(fixture, "the server's own pages may use the cookie, however its address is written",
                 "[pipeline][cookies]") {
  options.public_url = "https://Learn.Example.com:443/stoa";
  start();
  const auto post = [&](const char* origin) {
    return ask("POST", "/unpuzzle/api/v1/notes/",
               {{"Cookie", "__Host-stoa_access=instructor"}, {"Origin", origin}, as_json}, R"({"title":"x"})")
        .status;
  };
  CHECK(post("https://learn.example.com") == 201);
  CHECK(post("https://learn.example.com:8443") == 403);
  CHECK(post("http://learn.example.com") == 403);
}

TEST_CASE_METHOD(fixture, "origins are known however the settings write them", "[pipeline][cors]") {
  options.cors.allowed_origins = {"https://App.Example.com", "HTTPS://two.example:443/", "http://[::0001]:80",
                                  "http://localhost:3000"};
  for (const auto& d : all_dialects) add(d, table());
  open();
  const auto allowed = [&](const char* origin) {
    return ask("GET", "/api/v1/open/1/", {{"Origin", origin}}).header("Access-Control-Allow-Origin") == origin;
  };
  CHECK(allowed("https://app.example.com"));
  CHECK(allowed("https://two.example"));
  CHECK(allowed("http://[::1]"));
  CHECK(allowed("http://localhost:3000"));
  CHECK_FALSE(allowed("http://localhost"));
  CHECK_FALSE(allowed("http://app.example.com"));
}

TEST_CASE("no header value can add a line", "[pipeline]") {
  std::string head;
  http::append_header(head, "X", "a\r\nEvil: 1");
  CHECK(head == "X: a  Evil: 1\r\n");
}

TEST_CASE("pages", "[page]") {
  request r;
  r.base_url = "http://h/api/v1";
  r.path = "/api/v1/courses/";
  r.query_params = {{"search", "a b"}, {"page", "2"}, {"page_size", "500"}};
  auto p = http::read_page(r);
  REQUIRE(p.ok());
  CHECK(p->page == 2);
  CHECK(p->size == 100);
  CHECK(p->offset() == 100);
  auto l = http::links_of(r, *p, 250);
  CHECK(*l.next == "http://h/api/v1/courses/?search=a%20b&page=3&page_size=500");
  CHECK(*l.previous == "http://h/api/v1/courses/?search=a%20b&page=1&page_size=500");
  CHECK(!http::links_of(r, *p, 200).next);
  for (const char* bad : {"0", "-1", "x", "1.5", "1e3", "1.0", "+1", "0x1", " 1"}) {
    r.query_params = {{"page", bad}};
    CHECK(http::read_page(r).refusal().kind == fault_kind::invalid);
    r.query_params = {{"page_size", bad}};
    CHECK(http::read_page(r).refusal().kind == fault_kind::invalid);
  }
  r.query_params = {{"page", "99999999999999999999"}};
  p = http::read_page(r);
  REQUIRE(p.ok());
  CHECK(p->offset() > 0);
  r.query_params.clear();
  p = http::read_page(r);
  l = http::links_of(r, *p, 21);
  CHECK(*l.next == "http://h/api/v1/courses/?page=2");
  CHECK(!l.previous);
}

TEST_CASE_METHOD(fixture, "neighbours of a page lie below the public address, its path included", "[page]") {
  options.public_url = "https://example.com/learn/api";
  route_table t;
  t.get<paged<>, page_of<note>>("/list/", {}, [](const request&, paged<> in) -> task<page_of<note>> {
    page_of<note> out;
    out.asked = in.asked;
    out.total = 100;
    co_return out;
  });
  for (const auto& d : all_dialects) add(d, t);
  open();
  const std::string base = "https://example.com/learn/api";
  for (const std::string path :
       {"/api/v1/list/", "/unpuzzle/api/v1/list/", "/api/list/", "/classic/api/list/", "/%61pi/v1/list/"}) {
    const auto a = ask("GET", path + "?page=2&sort=x");
    INFO(path << a.body);
    REQUIRE(a.status == 200);
    for (const std::string n : {"1", "3"})
      CHECK(a.body.find("\"" + base + path + "?page=" + n + "&sort=x\"") != a.body.npos);
  }
}

TEST_CASE_METHOD(fixture, "whole numbers of a query have no other spelling", "[page]") {
  route_table t;
  t.get<note_filter, note>("/stars/", {}, [](const request&, note_filter in) -> task<note> {
    note n{"x", in.stars};
    co_return n;
  });
  for (const auto& d : all_dialects) add(d, t);
  open();
  for (const auto& d : all_dialects) {
    const std::string path = std::string(prefix_of(d)) + "/stars/?stars=";
    CHECK(ask("GET", path + "4").body.find("4") != std::string::npos);
    for (const char* bad : {"1e3", "4.0", "4e0", "%2B4", "0x4"}) CHECK(ask("GET", path + bad).status / 100 == 4);
  }
}

TEST_CASE_METHOD(fixture, "the OpenAPI document is made of the routes", "[openapi]") {
  start();
  for (const auto d : all_dialects) {
    const auto doc = json::parse(http::openapi_document(routes, d, "1.0.0"));
    REQUIRE(doc.ok());
    CHECK(doc.value().find("openapi")->text() == "3.1.0");
    const auto* post = doc.value().find("paths")->find("/notes/")->find("post");
    REQUIRE(post);
    CHECK(post->find("responses")->find("201"));
    CHECK(post->find("responses")->find("401"));
    CHECK(doc.value().find("components")->find("schemas")->find(std::string(name_of(d)) + ".open.note"));
    CHECK(doc.value().find("paths")->find("/open/{id}/")->find("get")->find("parameters")->items().size() == 1);
  }
}

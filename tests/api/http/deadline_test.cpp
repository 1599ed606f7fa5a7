#include <catch2/catch.hpp>

#include "support.hpp"

using namespace stoa;

namespace {

struct fixture : test::house {
  int ran = 0;
  std::chrono::steady_clock::duration left{};
  result<done> in_time = done{};

  void start() {
    route_table t;
    t.post<body_view, wire::nothing>("/upload/",
                                     {.status = 204, .max_body = 64 * 1024, .consumes = "application/octet-stream"},
                                     [this](const request& q, body_view) -> task<wire::nothing> {
                                       left = q.deadline - std::chrono::steady_clock::now();
                                       wire::nothing none;
                                       co_return none;
                                     });
    t.post<wire::nothing, wire::nothing>("/work/", {.status = 204},
                                         [this](const request& q, wire::nothing) -> task<wire::nothing> {
                                           ++ran;
                                           left = q.deadline - std::chrono::steady_clock::now();
                                           in_time = q.in_time();
                                           wire::nothing none;
                                           co_return none;
                                         });
    add(dialect("learnflow"), t);
    open();
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a handler sees the deadline of its request", "[pipeline][deadline]") {
  options.request_timeout = seconds{60};
  start();
  CHECK(ask("POST", "/api/v1/work/").status == 204);
  CHECK(left > seconds{30});
  CHECK(left <= seconds{60});
  CHECK(in_time.ok());
}

TEST_CASE_METHOD(fixture, "what has not begun by the deadline does not begin", "[pipeline][deadline]") {
  options.request_timeout = milliseconds{0};
  start();
  // The key is taken first; by then the time is up. Nothing was done, so nothing is kept.
  const auto a = ask("POST", "/api/v1/work/", {{"Idempotency-Key", "k"}});
  CHECK(a.status == 503);
  CHECK(a.body.find("TIMEOUT") != std::string::npos);
  CHECK(ran == 0);
  CHECK(store.entries.empty());
  // Nobody stands between the request and this handler; it can ask for itself.
  ask("POST", "/api/v1/work/");
  CHECK(ran == 1);
  REQUIRE_FALSE(in_time);
  CHECK(in_time.refusal().code == "TIMEOUT");
}

TEST_CASE_METHOD(fixture, "a large body has longer, by what it weighs", "[pipeline][deadline]") {
  options.request_timeout = seconds{10};
  options.max_body = 1024;
  options.slowest_upload = 1024;
  start();
  const std::pair<std::string, std::string> bytes{"Content-Type", "application/octet-stream"};
  CHECK(ask("POST", "/api/v1/upload/", {bytes}, std::string(1024, 'x')).status == 204);
  CHECK(left <= seconds{10});
  CHECK(ask("POST", "/api/v1/upload/", {bytes}, std::string(30 * 1024, 'x')).status == 204);
  CHECK(left > seconds{35});
  CHECK(left <= seconds{40});
  CHECK(pipe->longest_request() == seconds{10 + 64});
}

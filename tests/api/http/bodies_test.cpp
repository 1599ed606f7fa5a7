#include <catch2/catch.hpp>

#include <future>

#include "api/http/server.hpp"
#include "support.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/socket.hpp"

using namespace stoa;
using testing::eventually;

namespace {

constexpr std::size_t half = 500'000;

/// A server whose bodies may take a megabyte together.
struct warehouse : test::house {
  static http::server_options small() {
    http::server_options o;
    o.max_bodies = 1'000'000;
    o.body_patience = milliseconds{2000};
    return o;
  }
  http::server server{small(), log};
  std::promise<std::function<void(result<done>)>> held;

  warehouse() {
    route_table t;
    t.post<raw_body, reply>("/length/", {}, [](const request&, raw_body b) -> task<reply> {
      co_return reply::json_text(std::to_string(b.bytes.size()));
    });
    t.post<raw_body, reply>("/held/", {}, [this](const request&, raw_body b) -> task<reply> {
      callback_awaiter<done> later{[this](auto completion) { held.set_value(std::move(completion)); }};
      co_await later;
      co_return reply::json_text(std::to_string(b.bytes.size()));
    });
    add(dialect("learnflow"), t);
    open();
    server.start(*pipe);
  }
  ~warehouse() { server.stop(seconds{1}); }

  static std::string head(const std::string& path, std::size_t length) {
    return "POST /api/v1" + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
  }
  /// The answer to a body of that length, sent whole.
  std::string post(std::size_t length) {
    test::raw_client c(server.port());
    c.write(head("/length/", length));
    std::string body(length, 'x');
    c.write(body);
    return c.until("\r\n\r\n");
  }
};

}  // namespace

TEST_CASE_METHOD(warehouse, "bodies share one bound, and give their part back", "[server][bodies]") {
  for (int i = 0; i < 5; ++i) CHECK(post(half + half / 2).starts_with("HTTP/1.1 200 "));
  // One that is handled and one that comes in slowly leave no room for a third.
  test::raw_client handled(server.port());
  handled.write(head("/held/", half) + std::string(half, 'x'));
  auto go_on = held.get_future().get();
  test::raw_client slow(server.port());
  slow.write(head("/length/", half) + std::string(half - 1, 'x'));
  std::string refused;
  REQUIRE(eventually([&] {
    refused = post(1000);
    return refused.starts_with("HTTP/1.1 503 ");
  }));
  CHECK(refused.find("Retry-After: ") != refused.npos);
  CHECK(refused.find("Connection: close") != refused.npos);
  // A client that leaves in the middle gives back what it has sent.
  slow.leave();
  CHECK(eventually([&] { return post(1000).starts_with("HTTP/1.1 200 "); }));
  CHECK(post(half + half / 2).starts_with("HTTP/1.1 503 "));
  server.post()([go_on] { go_on(done{}); });
  CHECK(handled.until(std::to_string(half)).starts_with("HTTP/1.1 200 "));
  handled.leave();
  CHECK(eventually([&] { return post(half + half / 2).starts_with("HTTP/1.1 200 "); }));
}

TEST_CASE_METHOD(warehouse, "of bodies that begin together those that fit come to their end", "[server][bodies]") {
  // The third is told before anything of it, or of the others, was sent.
  const auto asking =
      "POST /api/v1/length/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(half) +
      "\r\n\r\n";
  test::raw_client first(server.port()), second(server.port()), third(server.port());
  for (auto* one : {&first, &second}) {
    one->write(asking);
    REQUIRE(one->until("\r\n\r\n").starts_with("HTTP/1.1 100 "));
    one->write("x");
  }
  third.write(asking);
  CHECK(third.until("\r\n\r\n").starts_with("HTTP/1.1 503 "));
  for (auto* one : {&first, &second}) {
    one->write(std::string(half - 1, 'x'));
    CHECK(one->until(std::to_string(half)).find("HTTP/1.1 200 ") != std::string::npos);
  }
}

TEST_CASE_METHOD(warehouse, "no room is kept for a body that does not come", "[server][bodies]") {
  test::raw_client silent(server.port()), other(server.port());
  for (auto* one : {&silent, &other}) one->write(head("/length/", half) + "x");
  CHECK(eventually([&] { return post(half).starts_with("HTTP/1.1 200 "); }));
  // It may come yet, as long as there is room.
  silent.write(std::string(half - 1, 'x'));
  CHECK(silent.until(std::to_string(half)).starts_with("HTTP/1.1 200 "));
}

TEST_CASE_METHOD(warehouse, "what cannot fit is refused before it is sent", "[server][bodies]") {
  test::raw_client handled(server.port());
  handled.write(head("/held/", half) + std::string(half, 'x'));
  auto go_on = held.get_future().get();
  test::raw_client c(server.port());
  c.write(head("/length/", half + half / 2));
  CHECK(c.until("}").starts_with("HTTP/1.1 503 "));
  // Chunks have no length beforehand; they are counted as they come.
  test::raw_client chunked(server.port());
  chunked.write("POST /api/v1/length/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  chunked.write("b71b0\r\n" + std::string(0xb71b0, 'x') + "\r\n0\r\n\r\n");
  CHECK(chunked.until("}").starts_with("HTTP/1.1 503 "));
  server.post()([go_on] { go_on(done{}); });
  CHECK(handled.until(std::to_string(half)).starts_with("HTTP/1.1 200 "));
}

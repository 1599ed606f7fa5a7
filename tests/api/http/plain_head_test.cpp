#include "api/http/plain_head.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

#include "api/http/message_guard.hpp"

using namespace stoa::http;

namespace {

const message_limits usual;

std::string request(const std::string& fields, const std::string& line = "GET /courses/?page=2 HTTP/1.1") {
  return line + "\r\nHost: stoa.example\r\n" + fields + "\r\n";
}

bool taken(const std::string& message, const message_limits& limits = usual) {
  return plain_head::read(message, limits) != nullptr;
}

std::vector<std::string> all(const incoming& in, std::string_view name) {
  std::vector<std::string> out;
  in.each(name, [&](std::string_view v) { out.emplace_back(v); });
  return out;
}
std::vector<std::string> all(const plain_head& in, std::string_view name) {
  std::vector<std::string> out;
  in.each(name, [&](std::string_view v) { out.emplace_back(v); });
  return out;
}

/// What the parser makes of the bytes: whether they are one whole message without a body.
bool parser_takes(std::string message) {
  body_budget bodies;
  bodies.set_most(1 << 20);
  message_guard guard(bodies);
  const auto s = guard.follow(message.data(), 0, message.size(), usual);
  return s.what == message_guard::verdict::pass && s.cleared == message.size() && guard.between_messages() &&
         guard.owes_host();
}

}  // namespace

TEST_CASE("an ordinary request is read in one pass", "[http]") {
  const auto head = plain_head::read(
      request("Authorization: Bearer a.b.c\r\nX-Two: 1\r\naccept:*/*\r\nx-two: 2\r\nConnection: keep-alive\r\n"),
      usual);
  REQUIRE(head);
  CHECK(head->method() == "GET");
  CHECK(head->target() == "/courses/?page=2");
  CHECK(head->header("host") == "stoa.example");
  CHECK(head->header("AUTHORIZATION") == "Bearer a.b.c");
  CHECK(head->header("Accept") == "*/*");
  CHECK(head->header("X-Two") == "1");
  CHECK(all(*head, "X-TWO") == std::vector<std::string>{"1", "2"});
  CHECK(!head->header("X-Three"));
  CHECK(taken(request("Content-Length: 0\r\n", "POST /courses/1/enroll/ HTTP/1.1")));
  CHECK(taken("GET / HTTP/1.1\r\n\r\n"));
}

TEST_CASE("what needs judgement is left to the parser", "[http]") {
  for (const auto& message : {request("Content-Length: 5\r\n"),
                              request("Content-Length: 0\r\nContent-Length: 0\r\n"),
                              request("Content-Length: +0\r\n"),
                              request("Transfer-Encoding: chunked\r\n"),
                              request("transfer-encoding: identity\r\n"),
                              request("Connection: close\r\n"),
                              request("Connection: Upgrade\r\n"),
                              request("Upgrade: websocket\r\n"),
                              request("Proxy-Connection: close\r\n"),
                              request("Expect: 100-continue\r\n"),
                              request("X-A : 1\r\n"),
                              request("X-A\r\n"),
                              request(": 1\r\n"),
                              request("X-A: 1\r\n  2\r\n"),
                              request("X-A: 1 \r\n"),
                              request("X-A:\r\n"),
                              request("X-A: \t1\r\n"),
                              request("X-A: a\tb\r\n"),
                              request("X-A: \xC3\xA4\r\n"),
                              request(std::string("X-A: a\0b\r\n", 10)),
                              request("X-A: \x7F\r\n"),
                              request("X-A: a\rb\r\n"),
                              request("X-A: 1\n"),
                              request("X(A): 1\r\n"),
                              request("", "GET / HTTP/1.0"),
                              request("", "GET / HTTP/1.1 "),
                              request("", "GET  / HTTP/1.1"),
                              request("", "GET http://a/ HTTP/1.1"),
                              request("", "OPTIONS * HTTP/1.1"),
                              request("", "CONNECT a:1 HTTP/1.1"),
                              request("", "GET /#a HTTP/1.1"),
                              request("", "GET /\xC3\xA4 HTTP/1.1"),
                              request("", "get / HTTP/1.1"),
                              request("", "GET /\t HTTP/1.1"),
                              request("") + "GET",
                              request("") + request(""),
                              "\r\n" + request(""),
                              std::string("GET / HTTP/1.1\r\nHost: a\r\n"),
                              std::string("GET / HTTP/1.1\n\n"),
                              std::string("\r\n\r\n"),
                              std::string()}) {
    CAPTURE(message);
    CHECK(!taken(message));
  }
}

TEST_CASE("the limits on heads hold for ordinary ones, too", "[http]") {
  message_limits tight;
  tight.head = 120, tight.target = 20, tight.field_name = 8, tight.fields = 3;
  CHECK(taken(request("X-A: 1\r\n"), tight));
  CHECK(!taken(request("X-A: " + std::string(100, 'a') + "\r\n"), tight));
  CHECK(!taken(request("", "GET /" + std::string(20, 'a') + " HTTP/1.1"), tight));
  CHECK(!taken(request("X-A234567: 1\r\n"), tight));
  CHECK(taken(request("X-A: 1\r\nX-B: 2\r\n"), tight));
  CHECK(!taken(request("X-A: 1\r\nX-B: 2\r\nX-C: 3\r\n"), tight));
  std::string many;
  for (int i = 0; i < 40; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  CHECK(!taken(request(many)));
}

TEST_CASE("whatever is read in one pass the parser takes as well, and reads the same", "[http]") {
  const std::vector<std::string> seeds{
      request("Authorization: Bearer abcdefgh.ijklmnop.qrstuvwx\r\nAccept: */*\r\n"),
      request("Content-Length: 0\r\nConnection: keep-alive\r\n", "POST /a/b/ HTTP/1.1"),
      request("Cookie: a=b; c=d\r\nCookie: e=f\r\nX-Forwarded-For: 198.51.100.7\r\n", "DELETE /x?y=%20z&w=+ HTTP/1.1")};
  const std::string signs = std::string("\0\t\r\n :#?%+~\x7F\x80\xFF", 16) + "aZ09-_/.()chunked0";
  std::mt19937 dice(4711);
  std::size_t read = 0, checked = 0;
  for (int i = 0; i < 60'000; ++i) {
    auto message = seeds[dice() % seeds.size()];
    for (auto changes = dice() % 3; changes > 0; --changes) {
      const auto at = dice() % message.size();
      const char sign = signs[dice() % signs.size()];
      switch (dice() % 3) {
        case 0:
          message[at] = sign;
          break;
        case 1:
          message.insert(at, 1, sign);
          break;
        default:
          message.erase(at, 1);
      }
    }
    ++checked;
    const auto head = plain_head::read(message, usual);
    if (!head) continue;
    ++read;
    if (!parser_takes(message)) FAIL("the parser does not take " << message);
    const guarded_head same(message, "");
    bool alike = same.method() == head->method() && same.target() == head->target();
    for (const char* name : {"Host", "Authorization", "Accept", "Content-Length", "Connection", "Cookie",
                             "X-Forwarded-For", "Transfer-Encoding"})
      alike = alike && same.header(name) == head->header(name) && all(same, name) == all(*head, name);
    if (!alike) FAIL("it is read otherwise: " << message);
  }
  CHECK(checked == 60'000);
  CHECK(read > 20'000);
}

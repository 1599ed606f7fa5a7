// What happens on a connection besides its requests: how it is accepted, what is pipelined, refused and ended on it.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <deque>
#include <future>
#include <mutex>

#include "api/http/server.hpp"
#include "api/http/target.hpp"
#include "support.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/socket.hpp"

using namespace stoa;

namespace {

struct word {
  std::string data;
};
BOOST_DESCRIBE_STRUCT(word, (), (data))

struct lines : test::house {
  http::server server;
  std::mutex guard;
  std::deque<std::function<void(result<done>)>> held;

  explicit lines(http::server_options o = {}) : server(o, log) {
    route_table t;
    t.get<wire::nothing, word>("/say/{word}/", {}, [](const request& q, wire::nothing) -> task<word> {
      word w{std::string(q.path_param("word"))};
      co_return w;
    });
    t.get<wire::nothing, word>("/later/", {}, [this](const request&, wire::nothing) -> task<word> {
      callback_awaiter<done> later([this](auto completion) {
        const std::lock_guard hold(guard);
        held.push_back(std::move(completion));
      });
      co_await later;
      word w{"late"};
      co_return w;
    });
    t.post<word, word>("/echo/", {}, [](const request&, word w) -> task<word> { co_return w; });
    add(dialect("lms"), t);
    open();
    server.start(*pipe);
  }
  ~lines() { server.stop(milliseconds{100}); }

  std::size_t waiting() {
    const std::lock_guard hold(guard);
    return held.size();
  }
  void let_go() {
    std::function<void(result<done>)> one;
    {
      const std::lock_guard hold(guard);
      one = std::move(held.front());
      held.pop_front();
    }
    server.post()([one] { one(done{}); });
  }
};

constexpr const char* root = "/lms/api/v1";

std::string say(const std::string& what, const std::string& more = "Host: x\r\n") {
  return "GET " + std::string(root) + "/say/" + what + "/ HTTP/1.1\r\n" + more + "\r\n";
}
const std::string later = "GET /lms/api/v1/later/ HTTP/1.1\r\nHost: x\r\n\r\n";

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

/// Takes every descriptor that the process may still have.
struct no_descriptors {
  rlimit before{};
  std::vector<int> taken;
  no_descriptors() {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit few = before;
    few.rlim_cur = 256;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
    for (int fd; (fd = open("/dev/null", O_RDONLY)) >= 0;) taken.push_back(fd);
  }
  void give_one_back() {
    close(taken.back());
    taken.pop_back();
  }
  ~no_descriptors() {
    for (const int fd : taken) close(fd);
    setrlimit(RLIMIT_NOFILE, &before);
  }
};

}  // namespace

TEST_CASE("out of descriptors a client is turned away, and the next one is served", "[server][accept]") {
  lines here;
  {
    no_descriptors none;
    // For the client's own end; it comes back with each who leaves.
    none.give_one_back();
    for (int i = 0; i < 3; ++i) {
      test::raw_client turned_away(here.server.port());
      CHECK(turned_away.to_the_end().starts_with("HTTP/1.1 503 "));
    }
  }
  test::raw_client c(here.server.port());
  c.write(say("again"));
  CHECK(c.until("again\"}").find("200 OK") != std::string::npos);
  CHECK(count(here.log.lines.empty() ? "" : here.log.lines.front(), "ulimit -n") == 1);
}

TEST_CASE("clients who leave before they are accepted take nobody's place", "[server][accept]") {
  http::server_options few;
  few.max_connections = 2;
  lines here(few);
  std::promise<void> busy, go;
  here.server.post()([&] {
    busy.set_value();
    go.get_future().wait();
  });
  busy.get_future().wait();
  for (int i = 0; i < 6; ++i) test::raw_client(here.server.port()).reset();
  go.set_value();
  for (int i = 0; i < 3; ++i) {
    test::raw_client c(here.server.port());
    c.write(say("here"));
    CHECK(c.until("here\"}").find("200 OK") != std::string::npos);
  }
}

TEST_CASE("more connections than allowed wait, and are served when others close", "[server][accept]") {
  http::server_options few;
  few.max_connections = 3;
  lines here(few);
  std::vector<std::unique_ptr<test::raw_client>> idle;
  for (int i = 0; i < 20; ++i) idle.push_back(std::make_unique<test::raw_client>(here.server.port()));
  test::raw_client last(here.server.port());
  last.write(say("patience"));
  idle.clear();
  CHECK(last.until("patience\"}").find("200 OK") != std::string::npos);
}

TEST_CASE("however many requests come in one packet, all are answered in order", "[server][pipelining]") {
  for (const std::size_t threads : {1u, 3u}) {
    http::server_options o;
    o.threads = threads;
    lines here(o);
    for (const int n : {8, 200}) {
      test::raw_client c(here.server.port());
      std::string all, expected;
      for (int i = 0; i < n; ++i) all += say("w" + std::to_string(i));
      c.write(all);
      const auto& seen = c.until("\"w" + std::to_string(n - 1) + "\"");
      CHECK(count(seen, "HTTP/1.1 200 OK") == static_cast<std::size_t>(n));
      std::size_t at = 0;
      for (int i = 0; i < n && at != seen.npos; ++i) at = seen.find("\"w" + std::to_string(i) + "\"", at);
      CHECK(at != seen.npos);
    }
  }
}

TEST_CASE("requests that wait behind slow ones are answered in order", "[server][pipelining]") {
  lines here;
  test::raw_client c(here.server.port());
  std::string all;
  for (int i = 0; i < 9; ++i) all += later;
  c.write(all + say("last"));
  for (int i = 0; i < 9; ++i) {
    REQUIRE(stoa::testing::eventually([&] { return here.waiting() > 0; }));
    here.let_go();
  }
  const auto& seen = c.until("last");
  CHECK(count(seen, "\"late\"") == 9);
  CHECK(seen.find("last") > seen.rfind("\"late\""));
}

TEST_CASE("a refusal does not overtake the answers before it", "[server][pipelining]") {
  const std::string post = "POST /lms/api/v1/echo/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  const auto [refused, status] = GENERATE_COPY(table<std::string, std::string>({
      {post + "Content-Length: 99999999\r\n\r\n", "413"},
      {post + "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"da\r\n5F5E0FF\r\n", "413"},
      {"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"NONSENSE / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400"},
      {"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: x\r\nLong: " + std::string(40'000, 'x') + "\r\n\r\n", "400"},
  }));
  lines here;
  test::raw_client c(here.server.port());
  c.write(later + refused);
  REQUIRE(stoa::testing::eventually([&] { return here.waiting() == 1; }));
  here.let_go();
  const auto& seen = c.to_the_end();
  INFO(seen);
  const auto no = seen.find("HTTP/1.1 " + status);
  REQUIRE(no != seen.npos);
  CHECK(seen.find("\"late\"") < no);
  CHECK(seen.find("Connection: close", no) != seen.npos);
  CHECK(seen.find("X-Request-ID: ", no) != seen.npos);
}

TEST_CASE("a body is asked for when its turn has come", "[server][pipelining]") {
  lines here;
  test::raw_client c(here.server.port());
  c.write(later +
          "POST /lms/api/v1/echo/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n"
          "Expect: 100-continue\r\n\r\n");
  REQUIRE(stoa::testing::eventually([&] { return here.waiting() == 1; }));
  here.let_go();
  CHECK(c.until("100 Continue\r\n\r\n").find("\"late\"") < c.until("100 Continue\r\n\r\n").find("100 Continue"));
  c.write("{\"data\":\"b\"}");
  CHECK(c.until("\"b\"}").find("\"b\"}") != std::string::npos);
}

TEST_CASE("who has sent all and says so gets the answers", "[server][pipelining]") {
  lines here;
  test::raw_client c(here.server.port());
  c.write(say("one") + later);
  c.end_of_requests();
  REQUIRE(stoa::testing::eventually([&] { return here.waiting() == 1; }));
  here.let_go();
  const auto& seen = c.to_the_end();
  CHECK(seen.find("\"one\"") != seen.npos);
  CHECK(seen.find("\"late\"") != seen.npos);
}

TEST_CASE("an offer to speak something else is passed over", "[server][pipelining]") {
  lines here;
  test::raw_client c(here.server.port());
  c.write(say("one", "Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n") +
          say("two"));
  CHECK(count(c.until("\"two\""), "HTTP/1.1 200 OK") == 2);
  c.write(say("three"));
  CHECK(count(c.until("\"three\""), "HTTP/1.1 200 OK") == 3);
}

TEST_CASE("a head may come in pieces, and be larger than a read", "[server]") {
  lines here;
  test::raw_client c(here.server.port());
  for (const char one : say("slow")) c.write(std::string(1, one));
  CHECK(c.until("\"slow\"").find("200 OK") != std::string::npos);
  c.write(say("long", "Host: x\r\nLong: " + std::string(12'000, 'x') + "\r\n") + say("next"));
  CHECK(count(c.until("\"next\""), "200 OK") == 3);
}

TEST_CASE("a body in countless chunks is refused before it costs more than its bytes", "[server][bodies]") {
  lines here;
  test::raw_client c(here.server.port());
  std::string text =
      "POST /lms/api/v1/echo/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20'000; ++i) text += "1\r\n \r\n";
  c.write(text);
  CHECK(c.to_the_end().find("HTTP/1.1 413") != std::string::npos);
}

TEST_CASE("targets and hosts as RFC 9112 has them", "[server][target]") {
  lines here;
  const auto status = [&](const std::string& text) {
    test::raw_client c(here.server.port());
    c.write(text);
    const auto& seen = c.until("\r\n\r\n");
    return seen.size() > 12 ? seen.substr(9, 3) : seen;
  };
  const std::string path = "/lms/api/v1/say/hi/";
  for (const char* start : {"http://x", "HTTP://other.example:8000", "https://[::1]:80"})
    CHECK(status("GET " + (start + path) + " HTTP/1.1\r\nHost: x\r\n\r\n") == "200");
  CHECK(status("GET http://x/nothing?a=b HTTP/1.1\r\nHost: x\r\n\r\n") == "404");
  CHECK(status("GET http://x?a=b HTTP/1.1\r\nHost: x\r\n\r\n") == "404");
  CHECK(status("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n") == "204");
  CHECK(status("GET * HTTP/1.1\r\nHost: x\r\n\r\n") == "400");
  CHECK(status("GET http:// HTTP/1.1\r\nHost: x\r\n\r\n") == "400");
  CHECK(status("GET http://me@x/ HTTP/1.1\r\nHost: x\r\n\r\n") == "400");
  for (const char* host : {"x", "x:8000", "127.0.0.1", "[::1]:8000", "", "EXAMPLE.com"})
    CHECK(status("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n") == "200");
  for (const char* host : {"a b", "x/y", "x:port", "x:999999", "user@x", "[::1", "x,y z",
                           "b\xc3\xbc"
                           "cher.example"})
    CHECK(status("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n") == "400");
  CHECK(status("GET " + path + " HTTP/1.1\r\n\r\n") == "400");
  CHECK(status("GET " + path + " HTTP/1.0\r\n\r\n") == "200");
  CHECK(status("GET " + path + " HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n") == "400");
  CHECK(status("POST http://x/lms/api/v1/echo/ HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 99999999\r\n\r\n") ==
        "413");
}

TEST_CASE("the host of an absolute target is the one that counts", "[server][target]") {
  lines here;
  test::raw_client c(here.server.port());
  c.write("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto& seen = c.until("\r\n\r\n");
  CHECK(seen.find("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n") != seen.npos);
  auto in = std::make_shared<test::fake_request>();
  in->verb = "GET";
  in->url = "http://lms.example/nothing";
  in->fields = {{"Host", "other.example"}};
  CHECK(http::read_target(*in).authority == "lms.example");
  CHECK(http::read_target(*in).path == "/nothing");
}

#include "runtime/outbound/curl_http_client.hpp"

#include <catch2/catch.hpp>
#include <future>

#include "tests/runtime/outbound/tiny_server.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::curl_http_client;
using stoa::runtime::outbound_options;

namespace {

std::future<result<http_response>> begin(curl_http_client& c, http_request r) {
  auto promise = std::make_shared<std::promise<result<http_response>>>();
  auto future = promise->get_future();
  detach<http_response>(c.send(std::move(r)),
                        [promise](result<http_response> got) { promise->set_value(std::move(got)); });
  return future;
}

result<http_response> end(std::future<result<http_response>> f) {
  if (f.wait_for(seconds{20}) != std::future_status::ready) throw std::runtime_error("no answer");
  return f.get();
}

result<http_response> send(curl_http_client& c, http_request r) { return end(begin(c, std::move(r))); }

http_request to(const std::string& url) {
  http_request r;
  r.url = url;
  r.allow_private = true;
  return r;
}

void check_refused(const result<http_response>& r) {
  REQUIRE(!r);
  CHECK(r.refusal().kind == fault_kind::unavailable);
  CHECK(r.refusal().code == "UPSTREAM_UNAVAILABLE");
}

}  // namespace

TEST_CASE("a call goes out as it was given and its answer comes back", "[outbound]") {
  std::mutex mutex;
  std::string asked;
  tiny_server server{[&](const std::string& q) {
    const std::lock_guard lock{mutex};
    asked = q;
    return tiny_server::ok("pong", "X-Thing:  One \r\n", 418);
  }};
  curl_http_client client{{}};
  auto r = to(server.url("/path?x=1"));
  r.method = "PATCH";
  r.headers.emplace_back("X-Mine", "a b");
  r.body = std::string("p\0ng", 4);
  const auto got = send(client, std::move(r));
  REQUIRE(got);
  CHECK(got.value().status == 418);
  CHECK(got.value().body == "pong");
  CHECK(std::find(got.value().headers.begin(), got.value().headers.end(),
                  std::pair<std::string, std::string>{"x-thing", "One"}) != got.value().headers.end());
  const std::lock_guard lock{mutex};
  CHECK(asked.starts_with("PATCH /path?x=1 HTTP/1.1\r\n"));
  CHECK(asked.find("X-Mine: a b\r\n") != asked.npos);
  CHECK(asked.find("Content-Type") == asked.npos);
  CHECK(asked.ends_with(std::string("\r\n\r\np\0ng", 8)));
}

TEST_CASE("redirects are answers, not orders", "[outbound]") {
  tiny_server server{[&](const std::string&) { return tiny_server::ok("", "Location: http://127.0.0.1:1/\r\n", 302); }};
  curl_http_client client{{}};
  const auto got = send(client, to(server.url()));
  REQUIRE(got);
  CHECK(got.value().status == 302);
  CHECK(server.connections() == 1);
}

TEST_CASE("private addresses are out of reach unless allowed, by whatever name", "[outbound]") {
  tiny_server server{[&](const std::string&) { return tiny_server::ok("secret"); }};
  curl_http_client client{{}};
  // A connection that was allowed is not lent to a call that is not.
  REQUIRE(send(client, to(server.url())));
  CHECK(server.connections() == 1);
  const auto port = server.url("").substr(server.url("").rfind(':'));
  for (const std::string host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1"}) {
    INFO(host);
    auto r = to("http://" + host + port + "/");
    r.allow_private = false;
    check_refused(send(client, std::move(r)));
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("only http and https", "[outbound]") {
  curl_http_client client{{}};
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://a:b@127.0.0.1/", "",
                          "http://", "http://127.0.0.1/\r\nX: y"}) {
    INFO(url);
    check_refused(send(client, to(url)));
  }
  auto r = to("http://127.0.0.1:1/");
  r.headers.emplace_back("X-A", "b\r\nX-C: d");
  check_refused(send(client, std::move(r)));
}

TEST_CASE("time, size and number are bounded", "[outbound]") {
  gate leave;
  curl_http_client client{outbound_options{.bound = 2, .post = {}, .log = nullptr, .meters = nullptr}};
  SECTION("a silent server") {
    tiny_server server{[&](const std::string&) {
      leave.wait();
      return std::string();
    }};
    auto r = to(server.url());
    r.timeout = milliseconds{50};
    check_refused(send(client, std::move(r)));
    leave.open();
  }
  SECTION("a long answer") {
    tiny_server server{[&](const std::string&) { return tiny_server::ok(std::string(5000, 'x')); }};
    auto r = to(server.url());
    r.max_answer = 4999;
    check_refused(send(client, std::move(r)));
    auto more = to(server.url());
    more.max_answer = 5000;
    CHECK(send(client, std::move(more)));
  }
  SECTION("a server that hangs up, and nobody at all") {
    tiny_server server{[&](const std::string&) { return std::string(); }};
    check_refused(send(client, to(server.url())));
    check_refused(send(client, to("http://127.0.0.1:1/")));
    check_refused(send(client, to("http://no-such-host.invalid/")));
  }
  SECTION("too many at once") {
    tiny_server server{[&](const std::string&) {
      leave.wait();
      return tiny_server::ok("late");
    }};
    auto one = begin(client, to(server.url()));
    auto two = begin(client, to(server.url()));
    check_refused(send(client, to(server.url())));
    leave.open();
    CHECK(end(std::move(one)));
    CHECK(end(std::move(two)));
    CHECK(send(client, to(server.url())));
  }
  SECTION("stopping ends what runs") {
    tiny_server server{[&](const std::string&) {
      leave.wait();
      return std::string();
    }};
    auto one = begin(client, to(server.url()));
    client.stop();
    check_refused(end(std::move(one)));
    check_refused(send(client, to(server.url())));
    leave.open();
  }
}

TEST_CASE("answers go on where they are posted", "[outbound]") {
  tiny_server server{[&](const std::string&) { return tiny_server::ok("x"); }};
  std::mutex mutex;
  std::vector<std::function<void()>> posted;
  outbound_options o;
  o.post = [&](std::function<void()> f) {
    const std::lock_guard lock{mutex};
    posted.push_back(std::move(f));
  };
  curl_http_client client{std::move(o)};
  auto one = begin(client, to(server.url()));
  REQUIRE(eventually([&] {
    const std::lock_guard lock{mutex};
    return !posted.empty();
  }));
  CHECK(one.wait_for(seconds{0}) == std::future_status::timeout);
  posted.front()();
  CHECK(end(std::move(one)));
}

#include "api/http/server.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <future>

#include "api/http/docs.hpp"
#include "support.hpp"

using namespace stoa;

namespace {

struct blob {
  std::string data;
};
BOOST_DESCRIBE_STRUCT(blob, (), (data))

struct running : test::house {
  http::server server{{}, log};
  std::promise<std::function<void(result<done>)>> held;

  running() {
    route_table t;
    t.get<wire::nothing, blob>("/hello/", {}, [](const request&, wire::nothing) -> task<blob> {
      blob b{"hello"};
      co_return b;
    });
    t.post<blob, blob>("/echo/", {}, [](const request&, blob b) -> task<blob> { co_return b; });
    t.get<wire::nothing, reply>("/pieces/", {}, [](const request&, wire::nothing) -> task<reply> {
      reply r;
      auto shared = std::make_shared<const std::string>(100'000, 'x');
      for (int i = 0; i < 100; ++i) r.body.push_back({"<", nullptr}), r.body.push_back({{}, shared});
      co_return std::move(r);
    });
    t.get<wire::nothing, blob>("/held/", {}, [this](const request&, wire::nothing) -> task<blob> {
      callback_awaiter<done> later([this](auto completion) { held.set_value(std::move(completion)); });
      co_await later;
      blob b{"late"};
      co_return b;
    });
    add(dialect("learnflow"), t);
    route_table plain;
    http::add_docs(plain, "/nonexistent", {{"learnflow", "{}"}});
    routes.add_plain(plain);
    open();
    server.start(*pipe);
  }
  ~running() { server.stop(seconds{1}); }

  /// Writes bytes to a fresh connection and reads until the other side closes or `enough` says so.
  std::string raw(const std::string& text, std::function<bool(const std::string&)> enough) {
    const int s = connect();
    send(s, text.data(), text.size(), MSG_NOSIGNAL);
    std::string out;
    char buffer[4096];
    while (!enough(out)) {
      const auto n = recv(s, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      out.append(buffer, static_cast<std::size_t>(n));
    }
    close(s);
    return out;
  }
  int connect() const {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server.port());
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    timeval limit{5, 0};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    REQUIRE(::connect(s, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    return s;
  }
  std::pair<long, std::string> fetch(const std::string& path, const std::string* body = nullptr, bool chunked = false,
                                     long version = CURL_HTTP_VERSION_1_1) {
    CURL* c = curl_easy_init();
    std::string out;
    curl_easy_setopt(c, CURLOPT_URL, ("http://127.0.0.1:" + std::to_string(server.port()) + path).c_str());
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, version);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &out);
    curl_easy_setopt(
        c, CURLOPT_WRITEFUNCTION, +[](char* p, std::size_t s, std::size_t n, void* to) {
          static_cast<std::string*>(to)->append(p, s * n);
          return s * n;
        });
    curl_slist* h = curl_slist_append(nullptr, "Content-Type: application/json");
    if (chunked) h = curl_slist_append(h, "Transfer-Encoding: chunked");
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
    if (body) {
      curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
      curl_easy_setopt(c, CURLOPT_POSTFIELDS, body->data());
    }
    const auto code = curl_easy_perform(c);
    long status = -static_cast<long>(code);
    if (code == CURLE_OK) curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(h);
    curl_easy_cleanup(c);
    return {status, out};
  }
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE_METHOD(running, "the server serves", "[server]") {
  auto [status, body] = fetch("/api/v1/hello/");
  CHECK(status == 200);
  CHECK(body == R"({"data":"hello"})");
  const std::string text = R"({"data":")" + std::string(9000, 'y') + "\"}";
  std::tie(status, body) = fetch("/api/v1/echo/", &text);
  CHECK(status == 200);
  CHECK(body == text);
  std::tie(status, body) = fetch("/api/v1/echo/", &text, true);
  CHECK(status == 200);
  std::tie(status, body) = fetch("/api/v1/pieces/");
  CHECK(status == 200);
  CHECK(body.size() == 100 * 100'001);
  std::tie(status, body) = fetch("/docs");
  CHECK(status == 200);
  CHECK(body.find("/learnflow/openapi.json") != std::string::npos);
  CHECK(fetch("/learnflow/openapi.json").second == "{}");
}

TEST_CASE_METHOD(running, "bodies beyond the limit get their 413", "[server]") {
  const std::string large(3'000'000, ' ');
  for (const bool chunked : {false, true}) {
    const auto [status, body] = fetch("/api/v1/echo/", &large, chunked);
    CHECK(status == 413);
    CHECK(body.find("PAYLOAD_TOO_LARGE") != std::string::npos);
  }
  // Announced, never sent.
  const auto answer = raw("POST /api/v1/echo/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
                          [](const std::string& s) { return s.find("}}") != s.npos; });
  CHECK(answer.starts_with("HTTP/1.1 413 "));
  CHECK(answer.find("Connection: close") != answer.npos);
  CHECK(fetch("/api/v1/hello/").first == 200);
}

TEST_CASE_METHOD(running, "connections are kept, pipelined and closed as asked", "[server]") {
  const std::string one = "GET /api/v1/hello/ HTTP/1.1\r\nHost: x\r\n\r\n";
  auto answer = raw(one + one + one, [](const std::string& s) { return count(s, "hello\"}") == 3; });
  CHECK(count(answer, "HTTP/1.1 200 OK") == 3);
  CHECK(count(answer, "Connection: keep-alive") == 3);
  const auto never = [](const std::string&) { return false; };
  answer = raw("GET /api/v1/hello/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", never);
  CHECK(answer.find("Connection: close") != answer.npos);
  answer = raw("GET /api/v1/hello/ HTTP/1.0\r\n\r\n", never);
  CHECK(answer.find("200 OK") != answer.npos);
  answer = raw("HEAD /api/v1/hello/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", never);
  CHECK(answer.find("Content-Length: 16") != answer.npos);
  CHECK(answer.ends_with("\r\n\r\n"));
  answer = raw("GARBAGE\r\n\r\n", never);
  CHECK((answer.empty() || answer.starts_with("HTTP/1.1 4")));
  answer =
      raw("POST /api/v1/echo/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n"
          "Connection: close\r\n\r\n{\"da",
          [](const std::string&) { return true; });
  CHECK(fetch("/api/v1/hello/").first == 200);
}

TEST_CASE_METHOD(running, "a client that leaves hurts nobody", "[server]") {
  const int s = connect();
  const std::string text = "GET /api/v1/held/ HTTP/1.1\r\nHost: x\r\n\r\n";
  send(s, text.data(), text.size(), MSG_NOSIGNAL);
  auto completion = held.get_future().get();
  close(s);
  server.post()([completion] { completion(done{}); });
  CHECK(fetch("/api/v1/hello/").first == 200);
}

TEST_CASE_METHOD(running, "stopping lets running requests end", "[server]") {
  auto answer = std::async(std::launch::async, [this] { return fetch("/api/v1/held/"); });
  auto completion = held.get_future().get();
  auto stopping = std::async(std::launch::async, [this] { server.stop(seconds{10}); });
  server.post()([completion] { completion(done{}); });
  CHECK(answer.get().first == 200);
  stopping.get();
  CHECK(fetch("/api/v1/hello/").first < 0);
}

#include <catch2/catch.hpp>

#include <atomic>
#include <future>

#include "api/http/server.hpp"
#include "support.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/socket.hpp"

using namespace stoa;
using testing::eventually;

namespace {

using writer = std::shared_ptr<stream_writer>;
using completion = std::function<void(result<done>)>;

constexpr std::size_t piece_size = 10'000;
constexpr int pieces = 3000;

/// A server whose streams a test steers.
struct fountain : test::house {
  http::server server{{}, log};
  std::promise<completion> held;    // of /ticks/, between its two events
  std::atomic<int> handed_over{0};  // pieces of /flood/
  std::atomic<int> told_of_end{0};  // of /wait/
  std::atomic<int> ended{0};        // producers that have ended
  std::string how;                  // the fault the last one ended with

  task<done> ticks(writer to) {
    auto first = to->write(server_event("1", "tick", "one"));
    co_await std::move(first);
    callback_awaiter<done> later{[this](completion c) { held.set_value(std::move(c)); }};
    co_await later;
    auto second = to->write(server_event("2", "tick", "two\nlines"));
    co_await std::move(second);
    done ok;
    co_return ok;
  }
  task<done> flood(writer to) {
    for (int i = 0; i < pieces; ++i) {
      auto writing = to->write(std::string(piece_size, static_cast<char>('a' + i % 26)));
      co_await std::move(writing);
      ++handed_over;
    }
    done ok;
    co_return ok;
  }
  task<done> wait(writer to) {
    callback_awaiter<done> over{[this, to](completion c) {
      to->when_ended([this, c = std::move(c)] {
        ++told_of_end;
        c(done{});
      });
    }};
    co_await over;
    auto writing = to->write("nobody reads this");
    co_await std::move(writing);
    done ok;
    co_return ok;
  }
  task<done> counted(task<done> work) {
    auto outcome = co_await as_result(std::move(work));
    how = outcome ? "" : outcome.refusal().code;
    ++ended;
    co_return outcome;
  }
  void add_stream(route_table& t, const char* path, task<done> (fountain::*produce)(writer)) {
    t.get<wire::nothing, reply>(path, {}, [this, produce](const request&, wire::nothing) -> task<reply> {
      reply r = reply::events([this, produce](writer to) { return counted((this->*produce)(std::move(to))); });
      co_return r;
    });
  }

  void start() {
    route_table t;
    add_stream(t, "/ticks/", &fountain::ticks);
    add_stream(t, "/flood/", &fountain::flood);
    add_stream(t, "/wait/", &fountain::wait);
    t.get<wire::nothing, reply>("/broken/", {}, [](const request&, wire::nothing) -> task<reply> {
      reply r = reply::events([](writer) -> task<done> { throw std::runtime_error("secret of the house"); });
      co_return r;
    });
    t.post<wire::nothing, reply>("/flood/", {}, [this](const request&, wire::nothing) -> task<reply> {
      reply r = reply::events([this](writer to) { return counted(flood(std::move(to))); });
      co_return r;
    });
    t.get<wire::nothing, reply>("/hello/", {},
                                [](const request&, wire::nothing) -> task<reply> { co_return reply::json_text("{}"); });
    add(dialect("learnflow"), t);
    open();
    server.start(*pipe);
  }
  ~fountain() {
    if (pipe) pipe->close_intake();
    server.stop(seconds{5});
  }
};

std::size_t letters(const std::string& text) {
  std::size_t n = 0;
  for (const char c : text) n += c >= 'a' && c <= 'z';
  return n;
}

}  // namespace

TEST_CASE("server-sent events as the format has them", "[streams]") {
  CHECK(server_event("7", "tick", "one") == "id: 7\nevent: tick\ndata: one\n\n");
  CHECK(server_event("", "", "a\nb\r\nc") == "data: a\ndata: b\ndata: c\n\n");
  CHECK(server_event("7\ndata: x", "", "") == "id: 7data: x\ndata: \n\n");
}

TEST_CASE_METHOD(fountain, "a stream's head and events go out as they are made", "[streams]") {
  start();
  test::raw_client c(server.port());
  c.get("/api/v1/ticks/");
  const auto first = c.until("data: one");
  CHECK(first.starts_with("HTTP/1.1 200 "));
  CHECK(first.find("Content-Type: text/event-stream") != first.npos);
  CHECK(first.find("Transfer-Encoding: chunked") != first.npos);
  CHECK(first.find("Cache-Control: no-store") != first.npos);
  CHECK(first.find("Content-Length") == first.npos);
  CHECK(first.find("data: two") == first.npos);
  CHECK(pipe->open_streams() == 1);
  CHECK(pipe->in_flight() == 0);
  auto go_on = held.get_future().get();
  server.post()([go_on] { go_on(done{}); });
  const auto all = c.until("0\r\n\r\n");
  CHECK(all.find("id: 2\nevent: tick\ndata: two\ndata: lines\n\n") != all.npos);
  CHECK(eventually([&] { return pipe->open_streams() == 0; }));
  // The connection goes on.
  c.forget();
  c.get("/api/v1/hello/");
  CHECK(c.until("{}").find("200 OK") != std::string::npos);
}

TEST_CASE_METHOD(fountain, "a stream outlives the deadline of its request", "[streams]") {
  start();
  test::raw_client c(server.port());
  c.get("/api/v1/ticks/");
  c.until("data: one");
  pipe->expire(std::chrono::steady_clock::now() + options.request_timeout + seconds{1});
  auto go_on = held.get_future().get();
  server.post()([go_on] { go_on(done{}); });
  CHECK(c.until("0\r\n\r\n").find("data: lines") != std::string::npos);
  CHECK(how.empty());
}

TEST_CASE_METHOD(fountain, "a slow reader makes the producer wait, and misses nothing", "[streams]") {
  start();
  test::raw_client c(server.port(), 16 * 1024);
  c.get("/api/v1/flood/");
  REQUIRE(c.read_some());
  // The kernel takes some megabytes; after that the producer stands still.
  int before = -1;
  REQUIRE(eventually([&] {
    pipe->expire(std::chrono::steady_clock::now());
    test::raw_client other(server.port());
    other.get("/api/v1/hello/");
    other.until("{}");
    const int now = handed_over;
    return std::exchange(before, now) == now;
  }));
  CHECK(handed_over < pieces);
  CHECK(ended == 0);
  const auto& all = c.until("0\r\n\r\n");
  CHECK(handed_over == pieces);
  CHECK(letters(all.substr(all.find("\r\n\r\n"))) >= piece_size * pieces);
  CHECK(eventually([&] { return pipe->open_streams() == 0; }));
  CHECK(how.empty());
}

TEST_CASE_METHOD(fountain, "a reader who leaves ends the stream", "[streams]") {
  start();
  {
    test::raw_client idle(server.port());
    idle.get("/api/v1/wait/");
    idle.until("\r\n\r\n");
    REQUIRE(eventually([&] { return pipe->open_streams() == 1; }));
  }
  CHECK(eventually([&] { return ended == 1; }));
  CHECK(told_of_end == 1);
  CHECK(how == "STREAM_ENDED");
  {
    test::raw_client reading(server.port(), 16 * 1024);
    reading.get("/api/v1/flood/");
    REQUIRE(reading.read_some());
  }
  CHECK(eventually([&] { return ended == 2; }));
  CHECK(how == "STREAM_ENDED");
  CHECK(eventually([&] { return pipe->open_streams() == 0; }));
}

TEST_CASE_METHOD(fountain, "a silent stream sends heartbeats", "[streams]") {
  start();
  test::raw_client c(server.port());
  c.get("/api/v1/wait/");
  const auto head = c.until("\r\n\r\n");
  CHECK(head.find(":\n\n") == head.npos);
  const auto now = std::chrono::steady_clock::now();
  CHECK(eventually([&, n = 1]() mutable {
    pipe->expire(now + options.streams.heartbeat + seconds{2 * n++});
    return c.until(":\n\n").find(":\n\n") != std::string::npos;
  }));
}

TEST_CASE_METHOD(fountain, "streams have a bound of their own", "[streams]") {
  options.streams.streams = 1;
  start();
  test::raw_client first(server.port());
  first.get("/api/v1/wait/");
  first.until("\r\n\r\n");
  test::raw_client second(server.port());
  second.get("/api/v1/wait/", "Connection: close\r\n");
  const auto& refused = second.to_the_end();
  CHECK(refused.starts_with("HTTP/1.1 503 "));
  CHECK(refused.find("Retry-After: 10") != refused.npos);
  first.leave();
  CHECK(eventually([&] { return pipe->open_streams() == 0; }));
  test::raw_client third(server.port());
  third.get("/api/v1/wait/");
  CHECK(third.until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_CASE_METHOD(fountain, "a producer that fails ends its stream and nothing else", "[streams]") {
  start();
  test::raw_client c(server.port());
  c.get("/api/v1/broken/");
  const auto all = c.until("0\r\n\r\n");
  CHECK(all.find("secret") == all.npos);
  CHECK(eventually([&] { return pipe->open_streams() == 0; }));
  const std::lock_guard hold(log.lock);
  REQUIRE_FALSE(log.lines.empty());
  CHECK(log.lines.back().find("secret of the house") != std::string::npos);
}

TEST_CASE_METHOD(fountain, "HEAD begins no stream, and none is kept for a key", "[streams]") {
  start();
  test::raw_client c(server.port());
  c.write("HEAD /api/v1/wait/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(c.to_the_end().find("text/event-stream") != std::string::npos);
  CHECK(pipe->open_streams() == 0);
  test::raw_client keyed(server.port(), 16 * 1024);
  keyed.write("POST /api/v1/flood/ HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(keyed.read_some());
  CHECK(store.entries.empty());
}

TEST_CASE_METHOD(fountain, "a server that goes down ends its streams in order", "[streams]") {
  start();
  test::raw_client idle(server.port()), busy(server.port(), 16 * 1024);
  idle.get("/api/v1/wait/");
  idle.until("\r\n\r\n");
  busy.get("/api/v1/flood/");
  REQUIRE(busy.read_some());
  REQUIRE(eventually([&] { return pipe->open_streams() == 2; }));
  const auto begun = std::chrono::steady_clock::now();
  pipe->close_intake();
  server.stop(seconds{10});
  CHECK(std::chrono::steady_clock::now() - begun < seconds{8});
  CHECK(ended == 2);
  CHECK(pipe->open_streams() == 0);
  CHECK(idle.to_the_end().ends_with("0\r\n\r\n"));
}

#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/http/file_answer.hpp"
#include "api/http/server.hpp"
#include "stoa/http_text.hpp"
#include "support.hpp"
#include "tests/support/socket.hpp"

using namespace stoa;
using http::range_wanted;
using kind = http::range_wanted::kind;

namespace {

/// A server with one answer in memory and one on the disk, far larger than a socket's buffer.
struct shelf : test::house {
  http::server server{{}, log};
  std::string path, large;
  std::string tag;

  shelf() {
    char name[] = "/tmp/stoa-file-XXXXXX";
    close(mkstemp(name));
    path = name;
    for (int i = 0; large.size() < 12'000'000; ++i) large += std::to_string(i) + "\n";
    std::ofstream(path, std::ios::binary) << large;
    route_table t;
    t.get<wire::nothing, reply>("/text/", {}, [](const request&, wire::nothing) -> task<reply> {
      auto content = file_content::of(std::string("0123456789"));
      reply r = reply::file(std::move(content), "text/plain");
      r.headers.emplace_back("Content-Disposition", "inline");
      co_return r;
    });
    t.get<wire::nothing, reply>("/large/", {}, [this](const request&, wire::nothing) -> task<reply> {
      auto file = co_await open_file::at(path);
      reply r = reply::file(file_content::of(std::move(file)), "application/octet-stream");
      co_return r;
    });
    t.post<wire::nothing, reply>("/text/", {}, [](const request&, wire::nothing) -> task<reply> {
      auto content = file_content::of(std::string("0123456789"));
      co_return reply::file(std::move(content), "text/plain");
    });
    add(dialect("learnflow"), t);
    open();
    server.start(*pipe);
    tag = file_content::of(std::string("0123456789")).etag;
  }
  ~shelf() {
    server.stop(seconds{1});
    std::filesystem::remove(path);
  }

  /// The answer over a real connection, body included.
  std::string over_wire(const std::string& path_asked, const std::string& more = {}, const char* method = "GET") {
    test::raw_client c(server.port());
    c.write(std::string(method) + " /api/v1" + path_asked + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + more +
            "\r\n");
    return c.to_the_end();
  }
  static std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
};

bool has(const std::string& text, const std::string& what) { return text.find(what) != text.npos; }

}  // namespace

TEST_CASE("ranges are read as RFC 9110 has them", "[files]") {
  const auto is = [](const char* header, kind what, std::uint64_t from = 0, std::uint64_t count = 0) {
    const auto r = http::range_of(header, 10);
    return r.what == what && r.from == from && r.count == count;
  };
  CHECK(is("bytes=0-0", kind::part, 0, 1));
  CHECK(is("bytes=3-5", kind::part, 3, 3));
  CHECK(is("Bytes= 3-", kind::part, 3, 7));
  CHECK(is("bytes=8-100", kind::part, 8, 2));
  CHECK(is("bytes=-4", kind::part, 6, 4));
  CHECK(is("bytes=-40", kind::part, 0, 10));
  CHECK(is("bytes=10-", kind::unsatisfiable));
  CHECK(is("bytes=-0", kind::unsatisfiable));
  for (const char* odd : {"", "bytes", "bytes=", "bytes=-", "bytes=5-3", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2",
                          "bytes=1--2", "bytes=99999999999999999999-"})
    CHECK(is(odd, kind::whole));
  CHECK(http::range_of("bytes=0-", 0).what == kind::unsatisfiable);
  CHECK(http::range_of("bytes=-1", 0).what == kind::unsatisfiable);
}

TEST_CASE("dates of HTTP", "[files]") {
  const auto at = *parse_rfc3339("2026-01-27T16:05:00Z");
  CHECK(http::http_date(at) == "Tue, 27 Jan 2026 16:05:00 GMT");
  CHECK(http::parse_http_date("Tue, 27 Jan 2026 16:05:00 GMT") == at);
  CHECK_FALSE(http::parse_http_date("yesterday"));
}

TEST_CASE_METHOD(shelf, "a file in memory: whole, in part, unchanged, out of range", "[files]") {
  const auto whole = over_wire("/text/");
  CHECK(whole.starts_with("HTTP/1.1 200 "));
  CHECK(has(whole, "ETag: " + tag));
  CHECK(has(whole, "Accept-Ranges: bytes"));
  CHECK(has(whole, "Content-Disposition: inline"));
  CHECK(body_of(whole) == "0123456789");
  const auto part = over_wire("/text/", "Range: bytes=2-4\r\n");
  CHECK(part.starts_with("HTTP/1.1 206 "));
  CHECK(has(part, "Content-Range: bytes 2-4/10"));
  CHECK(has(part, "Content-Length: 3\r\n"));
  CHECK(body_of(part) == "234");
  const auto beyond = over_wire("/text/", "Range: bytes=10-\r\n");
  CHECK(beyond.starts_with("HTTP/1.1 416 "));
  CHECK(has(beyond, "Content-Range: bytes */10"));
  CHECK(body_of(beyond).empty());
  for (const auto& list : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const auto same = over_wire("/text/", "If-None-Match: " + list + "\r\nRange: bytes=2-4\r\n");
    CHECK(same.starts_with("HTTP/1.1 304 "));
    CHECK(has(same, "ETag: " + tag));
    CHECK(body_of(same).empty());
  }
  CHECK(over_wire("/text/", "If-None-Match: \"x\"\r\n").starts_with("HTTP/1.1 200 "));
  const auto head = over_wire("/text/", "Range: bytes=2-4\r\n", "HEAD");
  CHECK(head.starts_with("HTTP/1.1 200 "));
  CHECK(has(head, "Content-Length: 10\r\n"));
  CHECK(body_of(head).empty());
  // Conditions and ranges are about what a GET reads.
  const auto posted = over_wire("/text/", "Content-Length: 0\r\nRange: bytes=2-4\r\nIf-None-Match: *\r\n", "POST");
  CHECK(posted.starts_with("HTTP/1.1 200 "));
  CHECK(body_of(posted) == "0123456789");
}

TEST_CASE_METHOD(shelf, "If-Range gives a part only of the file the client knows", "[files]") {
  CHECK(body_of(over_wire("/text/", "Range: bytes=2-4\r\nIf-Range: " + tag + "\r\n")) == "234");
  CHECK(body_of(over_wire("/text/", "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n")) == "0123456789");
  CHECK(body_of(over_wire("/text/", "Range: bytes=2-4\r\nIf-Range: W/" + tag + "\r\n")) == "0123456789");
  const auto modified = http::http_date((*open_file::at(path))->modified());
  CHECK(over_wire("/large/", "Range: bytes=2-4\r\nIf-Range: " + modified + "\r\n").starts_with("HTTP/1.1 206 "));
  CHECK(over_wire("/large/", "If-Modified-Since: " + modified + "\r\n").starts_with("HTTP/1.1 304 "));
  CHECK(over_wire("/large/", "If-Modified-Since: Tue, 27 Jan 1998 16:05:00 GMT\r\nRange: bytes=0-3\r\n")
            .starts_with("HTTP/1.1 206 "));
}

TEST_CASE_METHOD(shelf, "a file on the disk goes out whole and in part, past the socket's buffer", "[files]") {
  CHECK(body_of(over_wire("/large/")) == large);
  CHECK(body_of(over_wire("/large/", "Range: bytes=11000000-11999999\r\n")) == large.substr(11'000'000, 1'000'000));
  CHECK(body_of(over_wire("/large/", "Range: bytes=-7\r\n")) == large.substr(large.size() - 7));
  CHECK(body_of(over_wire("/large/", {}, "HEAD")).empty());
  // What is open stays what it was, whoever takes its name.
  auto kept = open_file::at(path).value();
  std::filesystem::remove(path);
  CHECK(kept->read(0, 4) == large.substr(0, 4));
  CHECK(over_wire("/large/").starts_with("HTTP/1.1 404 "));
  CHECK(open_file::at("/tmp").refusal().kind == fault_kind::not_found);
}

TEST_CASE_METHOD(shelf, "a client that leaves in the middle of a file hurts nobody", "[files]") {
  {
    test::raw_client c(server.port(), 4096);
    c.get("/api/v1/large/");
    REQUIRE(c.read_some());
  }
  CHECK(body_of(over_wire("/text/")) == "0123456789");
}

#include <sys/resource.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <memory>

#include "tests/api/learnflow/learnflow.hpp"
#include "tests/support/socket.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::uint16_t port_of(const server& s) {
  return static_cast<std::uint16_t>(std::stoi(s.url().substr(s.url().rfind(':') + 1)));
}

/// A reader of somebody's stream.
struct reader {
  test::raw_client c;
  explicit reader(const server& s, const person& who, const std::string& more = {}) : c(port_of(s)) {
    c.get("/unpuzzle/api/v1/notifications/stream/", "Authorization: Bearer " + who.access + "\r\n" + more);
  }
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

/// The last `id:` in a stream.
std::string last_id(const std::string& text) {
  const auto at = text.rfind("\nid: ") + 5;
  return text.substr(at, text.find('\n', at) - at);
}

std::size_t resident_mib(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(in, line))
    if (line.starts_with("VmRSS:")) return static_cast<std::size_t>(std::stoul(line.substr(6))) / 1024;
  return 0;
}

}  // namespace

TEST_CASE("live notifications: as they come, and on from where they ended", "[unpuzzle][notifications][live]") {
  auto& s = shared_server();
  const auto who = fresh_account(), other = fresh_account();
  const auto first = free_course(), second = free_course(), third = free_course();
  const auto nobody = s.client().get("/unpuzzle/api/v1/notifications/stream/");
  CHECK_STATUS(nobody, 401);
  reader mine(s, who), others(s, other);
  const auto head = mine.c.until("retry: ");
  CHECK(head.starts_with("HTTP/1.1 200 "));
  CHECK(head.find("Content-Type: text/event-stream") != head.npos);
  others.c.until("retry: ");
  enroll(who, first);
  REQUIRE(mine.c.until(first.title).find(first.title) != std::string::npos);
  CHECK(mine.c.until("\"created_at\"").find("event: notification\n") != std::string::npos);
  const auto id = last_id(mine.c.until("\"created_at\""));
  mine.c.leave();

  // Two while nobody listens, one that comes later; the first is not told again.
  enroll(who, second);
  REQUIRE(eventually([&] {
    return s.client().below("/unpuzzle/api/v1").as(who.access).get("/notifications/").integer("count") == 2;
  }));
  reader again(s, who, "Last-Event-ID: " + id + "\r\n");
  again.c.until(second.title);
  enroll(who, third);
  const auto all = again.c.until(third.title);
  CHECK(all.find(first.title) == all.npos);
  CHECK(count(all, second.title) == 1);
  CHECK(count(all, third.title) == 1);
  CHECK(all.find(second.title) < all.find(third.title));

  reader odd(s, who, "Last-Event-ID: yesterday\r\n");
  CHECK(odd.c.until("retry: ").find("id: ") == std::string::npos);
  enroll(other, first);
  CHECK(others.c.until(first.title).find(first.title) != std::string::npos);
  CHECK(count(others.c.until(first.title), "event: notification") == 1);
}

TEST_CASE("live notifications: a thousand streams fit, and all are told", "[unpuzzle][notifications][live]") {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 16'384);
  setrlimit(RLIMIT_NOFILE, &files);
  const auto own = start_server();
  const at_server here(*own);
  const auto course = free_course();
  constexpr std::size_t people = 50, each = 20;
  std::vector<person> all;
  for (std::size_t i = 0; i < people; ++i) all.push_back(fresh_account(*own));
  const auto before = resident_mib(own->pid());
  std::deque<reader> readers;
  for (const auto& who : all)
    for (std::size_t i = 0; i < each; ++i) readers.emplace_back(*own, who);
  for (auto& r : readers) REQUIRE(r.c.until("retry: ").find("200 OK") != std::string::npos);
  // One more of the same person is one too many.
  reader more(*own, all.front());
  CHECK(more.c.until("}").starts_with("HTTP/1.1 429 "));
  for (const auto& who : all) enroll(who, course);
  for (auto& r : readers) REQUIRE(r.c.until(course.title).find(course.title) != std::string::npos);
  const auto after = resident_mib(own->pid());
  INFO("resident MiB before " << before << ", with 1,000 streams " << after);
#ifndef __SANITIZE_ADDRESS__
  CHECK(after < 200);
#endif
  CHECK(own->client().get("/health").status == 200);
  // It goes down in order with all of them open.
  const auto begun = std::chrono::steady_clock::now();
  CHECK(own->stop() == 0);
  CHECK(std::chrono::steady_clock::now() - begun < seconds{10});
  CHECK(readers.front().c.to_the_end().ends_with("0\r\n\r\n"));
}

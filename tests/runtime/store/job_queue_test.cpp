// Who takes what from a lane's queue, and when.
#include "runtime/store/job_queue.hpp"

#include <catch2/catch.hpp>

using namespace stoa;
using stoa::runtime::job;
using stoa::runtime::job_queue;

namespace {

using steady = job_queue::steady;
constexpr milliseconds at_once{0};

job a_statement() {
  job j;
  j.on_rows = [](result<rows>) {};
  return j;
}

job a_transaction() {
  job j;
  j.work = [](connection&) { return result<done>(done{}); };
  j.on_done = [](result<done>) {};
  return j;
}

void push(job_queue& q, job j) { REQUIRE(q.push(j)); }

/// How many a worker gets that does not wait.
struct taking {
  std::vector<job> jobs;
  steady::time_point at{};
  std::size_t from(job_queue& q) {
    jobs.clear();
    q.pop(jobs, at_once, at);
    return jobs.size();
  }
};

}  // namespace

TEST_CASE("what comes while a group is quick waits for the worker that has it, and is taken together") {
  job_queue q{100, 4, std::chrono::hours{1}};
  taking first, second;
  push(q, a_statement());
  REQUIRE(first.from(q) == 1);
  for (int i = 0; i < 3; ++i) push(q, a_statement());
  CHECK(second.from(q) == 0);
  CHECK(q.size() == 3);
  q.ended(first.at);
  CHECK(first.from(q) == 3);
}

TEST_CASE("another worker helps as soon as a whole group waits") {
  job_queue q{100, 4, std::chrono::hours{1}};
  taking first, second;
  push(q, a_statement());
  REQUIRE(first.from(q) == 1);
  for (int i = 0; i < 5; ++i) push(q, a_statement());
  CHECK(second.from(q) == 4);
  CHECK(second.from(q) == 0);
}

TEST_CASE("whoever is slow holds up no other worker") {
  job_queue q{100, 4, steady::duration{0}};
  taking first, second;
  push(q, a_statement());
  REQUIRE(first.from(q) == 1);
  push(q, a_statement());
  CHECK(second.from(q) == 1);
}

TEST_CASE("a worker that waits looks again when the one at work has become slow, without being told") {
  job_queue q{100, 4, milliseconds{20}};
  taking first;
  push(q, a_statement());
  REQUIRE(first.from(q) == 1);
  push(q, a_statement());
  std::vector<job> jobs;
  steady::time_point at;
  CHECK(q.pop(jobs, seconds{60}, at) == job_queue::outcome::got);
  CHECK(jobs.size() == 1);
  CHECK(at - first.at >= milliseconds{20});
}

TEST_CASE("transactions are taken by whoever is free, and hold up no statement") {
  job_queue q{100, 4, std::chrono::hours{1}};
  taking first, second, third;
  push(q, a_statement());
  REQUIRE(first.from(q) == 1);
  push(q, a_transaction());
  CHECK(second.from(q) == 1);
  q.ended(first.at);
  q.ended(second.at);
  push(q, a_transaction());
  REQUIRE(first.from(q) == 1);
  push(q, a_statement());
  CHECK(third.from(q) == 1);
}

TEST_CASE("a lane that takes one at a time holds nothing back") {
  job_queue q{100, 1, std::chrono::hours{1}};
  taking first, second;
  push(q, a_statement());
  push(q, a_statement());
  CHECK(first.from(q) == 1);
  CHECK(second.from(q) == 1);
}

TEST_CASE("after the end everybody takes what is left") {
  job_queue q{100, 4, std::chrono::hours{1}};
  taking first;
  push(q, a_statement());
  REQUIRE(first.from(q) == 1);
  push(q, a_statement());
  q.close();
  CHECK(first.from(q) == 1);
  std::vector<job> jobs;
  steady::time_point at;
  CHECK(q.pop(jobs, seconds{60}, at) == job_queue::outcome::closed);
}

#include "stoa/ids.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include <vector>

using stoa::uuid;

namespace {

std::int64_t ms_of(const uuid& u) {
  std::int64_t ms = 0;
  for (int i = 0; i < 6; ++i) ms = ms << 8 | u.bytes[i];
  return ms;
}

}  // namespace

TEST_CASE("a uuid's text is read back", "[ids]") {
  const auto u = uuid::make_v7();
  const auto text = u.str();
  REQUIRE(text.size() == 36);
  CHECK(text[14] == '7');
  CHECK(uuid::parse(text) == u);
  CHECK(uuid::parse("0190A5C4-7B1E-7F00-8000-00000000ABCD")->str() == "0190a5c4-7b1e-7f00-8000-00000000abcd");
}

TEST_CASE("only the canonical form is a uuid", "[ids]") {
  for (const auto* text : {"", "x", "0190a5c47b1e7f00800000000000abcd", "0190a5c4-7b1e-7f00-8000-00000000abc",
                           "0190a5c4-7b1e-7f00-8000-00000000abcdd", "0190a5c4-7b1e-7f00-8000_00000000abcd",
                           "g190a5c4-7b1e-7f00-8000-00000000abcd", "{190a5c4-7b1e-7f00-8000-00000000abc}",
                           "0190a5c4-7b1e-7f00-8000-00000000ab d"})
    CHECK_FALSE(uuid::parse(text));
}

TEST_CASE("version 7 ids carry their time, version and variant", "[ids]") {
  const auto u = uuid::make_v7(1'700'000'000'123);
  CHECK(ms_of(u) == 1'700'000'000'123);
  CHECK(u.bytes[6] >> 4 == 7);
  CHECK(u.bytes[8] >> 6 == 2);
}

TEST_CASE("ids made later sort later, whatever the clock does", "[ids]") {
  auto last = uuid::make_v7();
  for (int i = 0; i < 100'000; ++i) {
    const auto next = uuid::make_v7();
    REQUIRE(last < next);
    REQUIRE(last.str() < next.str());
    last = next;
  }
  // A clock that is set back a little.
  CHECK(uuid::make_v7(ms_of(last) - 500) > last);
}

TEST_CASE("a distant time does not drag the clock's ids along", "[ids]") {
  const auto now = ms_of(uuid::make_v7());
  CHECK(ms_of(uuid::make_v7(1'000'000'000'000)) == 1'000'000'000'000);
  CHECK(ms_of(uuid::make_v7(now + 400'000'000'000)) == now + 400'000'000'000);
  CHECK(ms_of(uuid::make_v7()) < now + 60'000);
}

TEST_CASE("threads never make the same id and each sees its own rise", "[ids]") {
  constexpr int threads = 4, each = 20'000;
  std::vector<std::vector<uuid>> made(threads);
  std::vector<std::thread> workers;
  for (auto& list : made)
    workers.emplace_back([&list] {
      for (int i = 0; i < each; ++i) list.push_back(uuid::make_v7());
    });
  for (auto& w : workers) w.join();
  std::set<uuid> all;
  for (const auto& list : made) {
    CHECK(std::is_sorted(list.begin(), list.end()));
    all.insert(list.begin(), list.end());
  }
  CHECK(all.size() == threads * each);
}

TEST_CASE("an id from a name is stable", "[ids]") {
  CHECK(uuid::from_name("a") == uuid::from_name("a"));
  CHECK(uuid::from_name("a") != uuid::from_name("b"));
  CHECK(uuid::from_name("a").str() == "ca978112-ca1b-8dca-bac2-31b39a23dc4d");
}

TEST_CASE("typed ids", "[ids]") {
  const auto id = stoa::course_id::make();
  CHECK(stoa::course_id::parse(id.str()) == id);
  CHECK_FALSE(stoa::course_id::parse("course-001"));
  CHECK(stoa::course_id{}.is_nil());
  CHECK_FALSE(std::is_convertible_v<stoa::course_id, stoa::user_id>);
}

#include "runtime/settings/value.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace stoa;
using namespace stoa::runtime;

TEST_CASE("durations are read with their unit only", "[settings]") {
  CHECK(parse_duration("500ms") == milliseconds{500});
  CHECK(parse_duration("15s") == milliseconds{15'000});
  CHECK(parse_duration("10m") == milliseconds{600'000});
  CHECK(parse_duration("24h") == milliseconds{86'400'000});
  CHECK(parse_duration("7d") == milliseconds{604'800'000});
  for (const auto* wrong : {"", "15", "s", "-1s", "1.5s", "15 sec", "99999999999999999999s", "9223372036854775807d"}) {
    INFO(wrong);
    CHECK_FALSE(parse_duration(wrong));
  }
}

TEST_CASE("sizes are bytes or binary units", "[settings]") {
  CHECK(parse_size("4096") == 4096);
  CHECK(parse_size("512KiB") == 512 * 1024);
  CHECK(parse_size("1MiB") == 1024 * 1024);
  for (const auto* wrong : {"", "MiB", "1MB", "-1", "1.5MiB", "9223372036854775807KiB"}) {
    INFO(wrong);
    CHECK_FALSE(parse_size(wrong));
  }
}

TEST_CASE("durations and sizes are written in their shortest exact form", "[settings]") {
  CHECK(duration_text(milliseconds{900'000}) == "15m");
  CHECK(duration_text(milliseconds{1'500}) == "1500ms");
  CHECK(duration_text(milliseconds{0}) == "0ms");
  CHECK(size_text(19LL << 20) == "19MiB");
  CHECK(size_text(1000) == "1000");
  CHECK(parse_duration(duration_text(milliseconds{std::numeric_limits<std::int64_t>::max()})));
}

TEST_CASE("lists are read with and without brackets", "[settings]") {
  using texts = std::vector<std::string>;
  CHECK(parse_list("") == texts{});
  CHECK(parse_list("[]") == texts{});
  CHECK(parse_list("a, b") == texts{"a", "b"});
  CHECK(parse_list(R"(["a", "b"])") == texts{"a", "b"});
  CHECK_FALSE(parse_list("a,,b"));
  CHECK_FALSE(parse_list("[a"));
}

TEST_CASE("a near miss is a typing error, not any word", "[settings]") {
  const std::vector<std::string> words{"listen", "max_body", "max_in_flight"};
  CHECK(near_miss("listen", words) == "listen");
  CHECK(near_miss("max-body", words) == "max_body");
  CHECK(near_miss("maxinflight", words) == "max_in_flight");
  CHECK_FALSE(near_miss("banana", words));
  CHECK_FALSE(near_miss("x", words));
}

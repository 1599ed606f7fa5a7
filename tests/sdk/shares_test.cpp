#include <catch2/catch.hpp>

#include "stoa/areas/history.hpp"

using namespace stoa;

namespace {

std::vector<std::int64_t> shared(std::vector<std::int64_t> prices, std::int64_t total) {
  std::vector<course_share> items;
  for (const auto p : prices) items.push_back({course_id::make(), p});
  std::vector<std::int64_t> out;
  for (const auto& s : shares_of(std::move(items), total)) out.push_back(s.minor);
  return out;
}

using amounts = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("the items of an order share what was paid", "[areas]") {
  CHECK(shared({3000, 1000}, 4000) == amounts{3000, 1000});
  CHECK(shared({3000, 1000}, 2000) == amounts{1500, 500});
  CHECK(shared({4999}, 3999) == amounts{3999});
}

TEST_CASE("to the last minor unit", "[areas]") {
  CHECK(shared({1, 1, 1}, 2) == amounts{2, 0, 0});
  CHECK(shared({100, 100, 100}, 200) == amounts{68, 66, 66});
  CHECK(shared({9'999'999'999, 9'999'999'999}, 9'999'999'999) == amounts{5'000'000'000, 4'999'999'999});
  CHECK(shared({}, 0).empty());
  CHECK(shared({0, 0}, 0) == amounts{0, 0});
}

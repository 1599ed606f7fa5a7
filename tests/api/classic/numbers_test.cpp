// The integers that stand for accounts: theirs for good, and no count of them.
#include <algorithm>
#include <set>

#include "tests/api/classic/classic.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::int64_t number_of(const server& at, const person& who) {
  return at.client().below("/classic/api").as(who.access).get("/users/profile/").integer("id");
}

std::vector<std::int64_t> numbers(const server& at, int people) {
  std::vector<std::int64_t> out;
  for (int i = 0; i < people; ++i) out.push_back(number_of(at, fresh_account(at)));
  return out;
}

std::vector<std::int64_t> gaps_of(const std::vector<std::int64_t>& all) {
  std::vector<std::int64_t> out;
  for (std::size_t i = 1; i < all.size(); ++i) out.push_back(all[i] - all[i - 1]);
  return out;
}

}  // namespace

TEST_CASE("classic numbers: they rise by steps that nobody foresees", "[classic][numbers]") {
  const auto one = start_server({{"STOA_ACCOUNTS_NUMBER_START", "50000"}, {"STOA_ACCOUNTS_NUMBER_STEP", "100000"}});
  const auto all = numbers(*one, 6);
  CHECK(all.front() >= 50'000);
  const auto gaps = gaps_of(all);
  CHECK(std::all_of(gaps.begin(), gaps.end(), [](auto g) { return g > 0 && g < 200'000; }));
  CHECK(std::set<std::int64_t>(gaps.begin(), gaps.end()).size() > 1);
}

TEST_CASE("classic numbers: two databases with the same settings begin elsewhere", "[classic][numbers]") {
  const auto one = start_server({{"STOA_ACCOUNTS_NUMBER_STEP", "1000000"}}),
             other = start_server({{"STOA_ACCOUNTS_NUMBER_STEP", "1000000"}});
  CHECK(numbers(*one, 1) != numbers(*other, 1));
}

TEST_CASE("classic numbers: what was given stays when the settings change", "[classic][numbers]") {
  const auto one = start_server({{"STOA_ACCOUNTS_NUMBER_START", "7"}, {"STOA_ACCOUNTS_NUMBER_STEP", "1"}});
  const auto first = fresh_account(*one), second = fresh_account(*one);
  CHECK(number_of(*one, first) == 7);
  CHECK(number_of(*one, second) == 8);

  server_options options;
  options.data = one->data();
  one->stop();
  options.environment = {{"STOA_ACCOUNTS_NUMBER_START", "1"}, {"STOA_ACCOUNTS_NUMBER_STEP", "1"}};
  server again(options);
  CHECK(number_of(again, first) == 7);
  CHECK(number_of(again, second) == 8);
  CHECK(number_of(again, fresh_account(again)) == 9);
}

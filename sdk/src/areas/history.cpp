#include "stoa/areas/history.hpp"

namespace stoa {

history::~history() = default;

std::vector<course_share> shares_of(std::vector<course_share> prices, std::int64_t total) {
  std::int64_t sum = 0, given = 0;
  for (const auto& p : prices) sum += p.minor;
  if (sum == total || sum == 0) return prices;
  for (auto& p : prices) {
    // A product of two amounts may be more than 64 bits hold.
    const auto part = static_cast<long double>(p.minor) * static_cast<long double>(total);
    p.minor = static_cast<std::int64_t>(part / static_cast<long double>(sum));
    given += p.minor;
  }
  prices.front().minor += total - given;
  return prices;
}

}  // namespace stoa

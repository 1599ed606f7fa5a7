// Courses to buy, made through the front door.
#pragma once

#include <string>
#include <vector>

#include "tests/support/server.hpp"

namespace stoa::testing {

struct shop {
  std::vector<std::string> paid;  ///< ids of published courses with a price and six lessons
  std::vector<std::string> free;
  person teacher;  ///< whose courses they are
};

/// Makes an instructor who publishes `count` courses with a price and one for nothing.
shop open_shop(const server& at, int count);

}  // namespace stoa::testing

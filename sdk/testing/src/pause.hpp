// Asking again until something is so, or the time is up.
#pragma once

#include <poll.h>

#include <chrono>

namespace stoa::testing {

template <class Condition>
bool comes_true(Condition&& condition, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace stoa::testing

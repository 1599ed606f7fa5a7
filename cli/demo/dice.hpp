// Chance that comes out the same everywhere: the standard fixes the engine, but not its distributions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace stoa::demo {

class dice {
 public:
  explicit dice(std::uint64_t seed) : engine_(seed) {}

  /// 0 .. n-1. The bias of the remainder is of no concern for numbers as small as these.
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(n)); }
  /// first .. last, both included.
  std::int64_t between(std::int64_t first, std::int64_t last) { return first + below(last - first + 1); }
  bool chance(int percent) { return below(100) < percent; }

  template <class T>
  const T& pick(std::span<const T> from) {
    return from[static_cast<std::size_t>(below(static_cast<std::int64_t>(from.size())))];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (auto left = items.size(); left > 1; --left)
      std::swap(items[left - 1], items[static_cast<std::size_t>(below(static_cast<std::int64_t>(left)))]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace stoa::demo

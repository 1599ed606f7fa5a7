// Sets of slots: a course of the catalogue is a slot, a filter is the set of those that pass.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stoa::actors {

/// A place in the catalogue's columns.
using slot = std::uint32_t;
inline constexpr slot no_slot = ~slot{0};

class slot_set {
 public:
  slot_set() = default;
  explicit slot_set(std::size_t slots) : words_((slots + 63) / 64) {}

  bool has(slot s) const noexcept {
    const std::size_t w = s / 64;
    return w < words_.size() && (words_[w] >> (s % 64) & 1);
  }
  void add(slot s) {
    if (s / 64 >= words_.size()) words_.resize(s / 64 + 1);
    words_[s / 64] |= std::uint64_t{1} << (s % 64);
  }
  void remove(slot s) {
    if (s / 64 < words_.size()) words_[s / 64] &= ~(std::uint64_t{1} << (s % 64));
  }
  std::size_t count() const noexcept {
    std::size_t n = 0;
    for (const auto w : words_) n += static_cast<std::size_t>(std::popcount(w));
    return n;
  }
  std::size_t bytes() const noexcept { return words_.capacity() * sizeof(std::uint64_t); }

  slot_set& operator&=(const slot_set& o) {
    if (words_.size() > o.words_.size()) words_.resize(o.words_.size());
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= o.words_[i];
    return *this;
  }
  slot_set& operator|=(const slot_set& o) {
    if (words_.size() < o.words_.size()) words_.resize(o.words_.size());
    for (std::size_t i = 0; i < o.words_.size(); ++i) words_[i] |= o.words_[i];
    return *this;
  }
  slot_set& operator-=(const slot_set& o) {
    for (std::size_t i = 0; i < words_.size() && i < o.words_.size(); ++i) words_[i] &= ~o.words_[i];
    return *this;
  }

  /// Keeps those that pass; others below the greatest slot may be asked for, too. Runs of 64 of which none is left are
  /// not looked at.
  template <class Pass>
  void keep(Pass pass) {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      auto rest = words_[w];
      if (!rest) continue;
      if (std::popcount(rest) < 8) {
        for (; rest; rest &= rest - 1) {
          const auto i = static_cast<unsigned>(std::countr_zero(rest));
          if (!pass(static_cast<slot>(w * 64 + i))) words_[w] &= ~(std::uint64_t{1} << i);
        }
        continue;
      }
      // Without a branch for each: which of them pass, nobody can guess. The last run may end before its 64th.
      std::uint64_t kept = 0;
      const unsigned run = w + 1 < words_.size() ? 64 : 64 - static_cast<unsigned>(std::countl_zero(rest));
      for (unsigned i = 0; i < run; ++i) kept |= std::uint64_t{bool(pass(static_cast<slot>(w * 64 + i)))} << i;
      kept &= rest;
      words_[w] = kept;
    }
  }

  template <class F>
  void each(F&& f) const {
    for (std::size_t w = 0; w < words_.size(); ++w)
      for (auto rest = words_[w]; rest; rest &= rest - 1)
        f(static_cast<slot>(w * 64 + static_cast<unsigned>(std::countr_zero(rest))));
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace stoa::actors

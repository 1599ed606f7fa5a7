// A dialect by its name.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace stoa {

/// A documented contract, by its name. Which ones there are is known to who describes them; everybody else passes the
/// name on. A small value without an allocation.
class dialect {
 public:
  static constexpr std::size_t longest = 15;

  constexpr dialect() = default;
  /// Throws std::length_error for names longer than `longest`.
  constexpr explicit dialect(std::string_view name) {
    if (name.size() > longest) throw std::length_error("a dialect's name has at most 15 characters");
    for (const char c : name) chars_[size_++] = c;
  }

  /// Lives as long as this value.
  constexpr std::string_view name() const noexcept { return {chars_.data(), size_}; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  friend constexpr auto operator<=>(const dialect&, const dialect&) = default;

 private:
  std::array<char, longest> chars_{};
  unsigned char size_ = 0;
};

/// The view lives as long as the dialect it is taken from.
constexpr std::string_view name_of(const dialect& d) noexcept { return d.name(); }

}  // namespace stoa

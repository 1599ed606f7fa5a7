// Money: whole minor units and a currency; never a floating number.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stoa {

/// An amount in minor units (cents) of an ISO 4217 currency in lower case.
struct money {
  std::int64_t minor = 0;
  std::string currency = "usd";

  bool operator==(const money&) const = default;

  /// The exact decimal text, `89.99`; currencies without minor units (`jpy`) have no point.
  std::string decimal() const;
};

/// Digits behind the point of a currency: 2, 0 (`jpy`, `krw`, ...) or 3 (`kwd`, ...).
int minor_digits(std::string_view currency);

/// The decimal text of `minor` units with that many digits; `decimal_text(8999, 2)` is `89.99`.
std::string decimal_text(std::int64_t minor, int digits = 2);

/// Reads a decimal number exactly. Too many digits behind the point, signs, exponents and overflow are nullopt.
std::optional<std::int64_t> parse_decimal(std::string_view text, int digits = 2);

/// `percent` of `minor`, rounded half up: 20 % of 4999 is 1000.
std::int64_t percent_half_up(std::int64_t minor, int percent);

/// The whole per cent by which `price` lies below `original`, floored: (12999, 8999) is 30. 0 without a reduction.
int discount_percent(std::int64_t original, std::int64_t price);

}  // namespace stoa

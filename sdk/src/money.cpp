#include "stoa/money.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace stoa {
namespace {

// ISO 4217's exceptions from two minor digits.
constexpr std::array<std::string_view, 17> without_minor{"bif", "clp", "djf", "gnf", "isk", "jpy", "kmf", "krw", "pyg",
                                                         "rwf", "ugx", "uyi", "vnd", "vuv", "xaf", "xof", "xpf"};
constexpr std::array<std::string_view, 7> with_three{"bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"};

}  // namespace

std::string money::decimal() const { return decimal_text(minor, minor_digits(currency)); }

int minor_digits(std::string_view currency) {
  if (std::ranges::find(without_minor, currency) != without_minor.end()) return 0;
  if (std::ranges::find(with_three, currency) != with_three.end()) return 3;
  return 2;
}

std::string decimal_text(std::int64_t minor, int digits) {
  // The magnitude of the least integer has no signed form.
  const auto magnitude = minor < 0 ? 0 - static_cast<std::uint64_t>(minor) : static_cast<std::uint64_t>(minor);
  std::string text = std::to_string(magnitude);
  const auto width = static_cast<std::size_t>(std::max(digits, 0));
  if (width > 0) {
    if (text.size() <= width) text.insert(0, width + 1 - text.size(), '0');
    text.insert(text.size() - width, 1, '.');
  }
  if (minor < 0) text.insert(0, 1, '-');
  return text;
}

std::optional<std::int64_t> parse_decimal(std::string_view text, int digits) {
  constexpr auto limit = std::numeric_limits<std::int64_t>::max();
  std::int64_t value = 0;
  int behind = -1;  // digits behind the point so far; -1 before there is one
  bool digit_before = false;
  auto push = [&value](int d) {
    if (value > (limit - d) / 10) return false;
    value = value * 10 + d;
    return true;
  };
  for (const char c : text) {
    if (c == '.') {
      if (behind >= 0 || !digit_before) return std::nullopt;
      behind = 0;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    if (behind < 0) digit_before = true;
    if (behind >= 0 && ++behind > digits) return std::nullopt;
    if (!push(c - '0')) return std::nullopt;
  }
  if (!digit_before || behind == 0) return std::nullopt;
  for (int i = std::max(behind, 0); i < digits; ++i)
    if (!push(0)) return std::nullopt;
  return value;
}

std::int64_t percent_half_up(std::int64_t minor, int percent) {
  const __int128 scaled = static_cast<__int128>(minor) * percent + 50;
  auto whole = scaled / 100;
  if (scaled % 100 < 0) --whole;
  return static_cast<std::int64_t>(whole);
}

int discount_percent(std::int64_t original, std::int64_t price) {
  if (original <= 0 || price >= original) return 0;
  if (price <= 0) return 100;
  return static_cast<int>(static_cast<__int128>(original - price) * 100 / original);
}

}  // namespace stoa

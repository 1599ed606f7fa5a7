#include "stoa/time.hpp"

#include <atomic>
#include <cstdint>

namespace stoa {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

char* put(char* out, unsigned value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + width;
}

/// Years that four digits hold; others are written as the nearest that they do.
unsigned four_digits(year y) {
  const int v = static_cast<int>(y);
  return static_cast<unsigned>(v < 0 ? 0 : v > 9999 ? 9999 : v);
}

char* put_date(char* out, date d) {
  const year_month_day ymd{d};
  out = put(out, four_digits(ymd.year()), 4);
  *out++ = '-';
  out = put(out, static_cast<unsigned>(ymd.month()), 2);
  *out++ = '-';
  return put(out, static_cast<unsigned>(ymd.day()), 2);
}

/// Reads exactly `width` digits at `at` and moves behind them; -1 where there are not.
int take(std::string_view text, std::size_t& at, int width) {
  if (at > text.size() || text.size() - at < static_cast<std::size_t>(width)) return -1;
  int value = 0;
  for (int i = 0; i < width; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  at += width;
  return value;
}

bool take_char(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

std::optional<date> take_date(std::string_view text, std::size_t& at) {
  const int y = take(text, at, 4);
  if (y < 0 || !take_char(text, at, '-')) return std::nullopt;
  const int m = take(text, at, 2);
  if (m < 0 || !take_char(text, at, '-')) return std::nullopt;
  const int d = take(text, at, 2);
  if (d < 0) return std::nullopt;
  const year_month_day ymd{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (!ymd.ok()) return std::nullopt;
  return date{ymd};
}

std::string ago(std::int64_t n, const char* unit) {
  std::string text = std::to_string(n);
  text += ' ';
  text += unit;
  if (n != 1) text += 's';
  return text += " ago";
}

}  // namespace

std::string rfc3339(timestamp t) {
  char buffer[32];
  const auto day_start = std::chrono::floor<days>(t);
  const auto in_day = (t - day_start).count();
  const auto second = static_cast<unsigned>(in_day / 1'000'000);
  const auto fraction = static_cast<unsigned>(in_day % 1'000'000);
  char* out = put_date(buffer, day_start);
  *out++ = 'T';
  out = put(out, second / 3600, 2);
  *out++ = ':';
  out = put(out, second / 60 % 60, 2);
  *out++ = ':';
  out = put(out, second % 60, 2);
  if (fraction != 0) {
    *out++ = '.';
    out = fraction % 1000 == 0 ? put(out, fraction / 1000, 3) : put(out, fraction, 6);
  }
  *out++ = 'Z';
  return std::string(buffer, out);
}

std::string iso_date(date d) {
  char buffer[16];
  return std::string(buffer, put_date(buffer, d));
}

std::optional<timestamp> parse_rfc3339(std::string_view text) {
  std::size_t at = 0;
  const auto day = take_date(text, at);
  if (!day) return std::nullopt;
  if (!take_char(text, at, 'T') && !take_char(text, at, 't')) return std::nullopt;
  const int h = take(text, at, 2);
  if (h < 0 || h > 23 || !take_char(text, at, ':')) return std::nullopt;
  const int m = take(text, at, 2);
  if (m < 0 || m > 59 || !take_char(text, at, ':')) return std::nullopt;
  const int s = take(text, at, 2);
  if (s < 0 || s > 60) return std::nullopt;

  std::int64_t fraction = 0;
  if (take_char(text, at, '.')) {
    const auto begin = at;
    std::int64_t unit = 100'000;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      fraction += (text[at] - '0') * unit;
    if (at == begin) return std::nullopt;
  }

  std::int64_t offset = 0;
  if (!take_char(text, at, 'Z') && !take_char(text, at, 'z')) {
    int sign = 1;
    if (take_char(text, at, '-'))
      sign = -1;
    else if (!take_char(text, at, '+'))
      return std::nullopt;
    const int oh = take(text, at, 2);
    if (oh < 0 || oh > 23 || !take_char(text, at, ':')) return std::nullopt;
    const int om = take(text, at, 2);
    if (om < 0 || om > 59) return std::nullopt;
    offset = sign * (oh * 60 + om);
  }
  if (at != text.size()) return std::nullopt;

  const timestamp minute = timestamp{*day} + hours{h} + minutes{m} - minutes{offset};
  // A leap second exists only at the end of a UTC day; it reads as the second behind it.
  if (s == 60 && (minute + std::chrono::minutes{1}) != std::chrono::floor<days>(minute + std::chrono::minutes{1}))
    return std::nullopt;
  const timestamp t = minute + seconds{s} + microseconds{fraction};
  // What an offset pushes out of the four-digit years could not be written again.
  const int y = static_cast<int>(year_month_day{std::chrono::floor<days>(t)}.year());
  if (y < 0 || y > 9999) return std::nullopt;
  return t;
}

std::optional<date> parse_iso_date(std::string_view text) {
  std::size_t at = 0;
  auto d = take_date(text, at);
  if (at != text.size()) return std::nullopt;
  return d;
}

std::string relative_time(timestamp then, timestamp now) {
  const std::int64_t s = std::chrono::duration_cast<seconds>(now - then).count();
  if (s < 60) return "just now";
  if (s < 3600) return ago(s / 60, "minute");
  if (s < 86'400) return ago(s / 3600, "hour");
  const std::int64_t d = s / 86'400;
  if (d < 7) return ago(d, "day");
  if (d < 30) return ago(d / 7, "week");
  if (d < 365) return ago(d / 30, "month");
  return ago(d / 365, "year");
}

clock::~clock() = default;

timestamp system_clock::now() const {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

struct manual_clock::state {
  std::atomic<std::int64_t> us;
};

manual_clock::manual_clock(timestamp start) : state_(new state{unix_us(start)}) {}
manual_clock::~manual_clock() = default;
timestamp manual_clock::now() const { return from_unix_us(state_->us.load()); }
void manual_clock::set(timestamp t) { state_->us.store(unix_us(t)); }
void manual_clock::advance(microseconds d) { state_->us.fetch_add(d.count()); }

}  // namespace stoa

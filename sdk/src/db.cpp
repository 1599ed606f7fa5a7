#include "stoa/db.hpp"

#include <charconv>
#include <stdexcept>

namespace stoa {

namespace {

[[noreturn]] void mistake(const char* wanted) {
  throw std::runtime_error(std::string("database column is not ") + wanted);
}

template <class T>
T number(std::string_view text, const char* wanted) {
  T n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size()) mistake(wanted);
  return n;
}

/// Reads digits off the front of a text.
class digits_reader {
 public:
  explicit digits_reader(std::string_view text) : rest_(text) {}

  int take(std::size_t length) {
    if (rest_.size() < length) mistake("a time");
    int n = 0;
    for (std::size_t i = 0; i < length; ++i) {
      const char c = rest_[i];
      if (c < '0' || c > '9') mistake("a time");
      n = n * 10 + (c - '0');
    }
    rest_.remove_prefix(length);
    return n;
  }
  bool skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!skip(c)) mistake("a time");
  }
  bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

date calendar_day(int year, int month, int day) {
  const std::chrono::year_month_day ymd{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                        std::chrono::day{static_cast<unsigned>(day)}};
  if (!ymd.ok()) mistake("a date");
  return date{ymd};
}

date take_day(digits_reader& in) {
  const int year = in.take(4);
  in.expect('-');
  const int month = in.take(2);
  in.expect('-');
  return calendar_day(year, month, in.take(2));
}

/// PostgreSQL's ISO style: `2026-01-27 16:05:00.123456+00`, the offset perhaps with minutes and seconds.
timestamp read_timestamptz(std::string_view text) {
  digits_reader in{text};
  const date day = take_day(in);
  if (!in.skip(' ')) in.expect('T');
  const int hour = in.take(2);
  in.expect(':');
  const int minute = in.take(2);
  in.expect(':');
  const int second = in.take(2);
  int fraction = 0;
  if (in.skip('.')) {
    int scale = 1'000'000;
    while (in.at_digit() && scale > 1) {
      scale /= 10;
      fraction += in.take(1) * scale;
    }
  }
  seconds offset{0};
  if (!in.skip('Z')) {
    const bool west = in.skip('-');
    if (!west) in.expect('+');
    offset = hours{in.take(2)};
    if (in.skip(':')) offset += minutes{in.take(2)};
    if (in.skip(':')) offset += seconds{in.take(2)};
    if (west) offset = -offset;
  }
  if (!in.at_end()) mistake("a time");
  return timestamp{day} + hours{hour} + minutes{minute} + seconds{second} + microseconds{fraction} - offset;
}

}  // namespace

value value::array(const std::vector<std::string>& items) {
  std::size_t size = 2;
  for (const auto& item : items) size += item.size() + 3;
  std::string text;
  text.reserve(size);
  text += '{';
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  text += '}';
  return value(std::move(text));
}

rows::source::~source() = default;
connection::~connection() = default;
database::~database() = default;

rows::rows(std::shared_ptr<const source> s) : source_(std::move(s)), count_(source_ ? source_->count() : 0) {}

bool rows::row::null(std::size_t column) const {
  if (index_ >= owner_->count_) throw std::runtime_error("database row out of range");
  return owner_->source_->null(index_, column);
}

std::string_view rows::row::raw(std::size_t column) const {
  if (null(column)) throw std::runtime_error("database column is null");
  return owner_->source_->text(index_, column);
}

std::int64_t rows::row::integer(std::size_t column) const { return number<std::int64_t>(raw(column), "an integer"); }

bool rows::row::boolean(std::size_t column) const {
  const auto text = raw(column);
  if (text == "t") return true;
  if (text == "f") return false;
  mistake("a boolean");
}

double rows::row::real(std::size_t column) const { return number<double>(raw(column), "a number"); }

uuid rows::row::as_uuid(std::size_t column) const {
  const auto parsed = uuid::parse(raw(column));
  if (!parsed) mistake("a uuid");
  return *parsed;
}

timestamp rows::row::time(std::size_t column) const { return read_timestamptz(raw(column)); }

date rows::row::day(std::size_t column) const {
  digits_reader in{raw(column)};
  const date day = take_day(in);
  if (!in.at_end()) mistake("a date");
  return day;
}

std::optional<std::string> rows::row::opt_text(std::size_t column) const {
  if (null(column)) return std::nullopt;
  return text(column);
}

std::optional<std::int64_t> rows::row::opt_integer(std::size_t column) const {
  if (null(column)) return std::nullopt;
  return integer(column);
}

std::optional<timestamp> rows::row::opt_time(std::size_t column) const {
  if (null(column)) return std::nullopt;
  return time(column);
}

db_error::db_error(std::string sqlstate, const std::string& message)
    : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
db_error::~db_error() = default;

}  // namespace stoa

// Time: UTC with microseconds, RFC 3339 text, and a clock that tests can move.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stoa {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// A point in UTC with the resolution PostgreSQL keeps.
using timestamp = std::chrono::sys_time<microseconds>;
/// A UTC calendar day.
using date = std::chrono::sys_days;

/// `2026-01-27T16:05:00Z`; a fraction is written only when it is not zero.
std::string rfc3339(timestamp t);
/// `2026-01-27`.
std::string iso_date(date d);
/// Reads RFC 3339 with `Z` or an offset; anything else is nullopt.
std::optional<timestamp> parse_rfc3339(std::string_view text);
/// Reads `YYYY-MM-DD`.
std::optional<date> parse_iso_date(std::string_view text);
/// The time that has passed in the words of a person: `just now`, `5 minutes ago`, `2 days ago`, `1 week ago`.
std::string relative_time(timestamp then, timestamp now);

/// Whole microseconds since 1970, the form the database and the wire of actors use.
inline std::int64_t unix_us(timestamp t) { return t.time_since_epoch().count(); }
inline timestamp from_unix_us(std::int64_t us) { return timestamp{microseconds{us}}; }

/// Where `now` comes from. Thread-safe. Everything that expires asks a clock, never the system.
class clock {
 public:
  virtual ~clock();
  /// In UTC. Does not go backwards but where the machine's own clock does.
  virtual timestamp now() const = 0;
};

/// The machine's clock.
class system_clock final : public clock {
 public:
  timestamp now() const override;
};

/// A clock that stands still until it is moved.
class manual_clock final : public clock {
 public:
  /// Shows `start` until it is moved.
  explicit manual_clock(timestamp start);
  ~manual_clock() override;
  timestamp now() const override;
  /// Backwards, too. Any thread.
  void set(timestamp t);
  /// From where it stands. Any thread.
  void advance(microseconds d);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa

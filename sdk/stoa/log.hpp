// Structured logs: a message and fields. Never pass secrets, tokens, passwords or whole bodies.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace stoa {

enum class log_level { debug, info, warn, error };

/// One named value of a log line.
struct log_field {
  std::string_view name;
  std::string value;

  /// The name must outlive the call that logs; the value is copied. Numbers and booleans become text.
  log_field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  log_field(std::string_view n, std::string_view v) : name(n), value(v) {}
  log_field(std::string_view n, const char* v) : name(n), value(v) {}
  log_field(std::string_view n, std::int64_t v) : name(n), value(std::to_string(v)) {}
  log_field(std::string_view n, int v) : name(n), value(std::to_string(v)) {}
  log_field(std::string_view n, std::size_t v) : name(n), value(std::to_string(v)) {}
  log_field(std::string_view n, bool v) : name(n), value(v ? "true" : "false") {}
};

using log_fields = std::initializer_list<log_field>;

/// Where log lines go. Thread-safe; implemented by the core (`runtime/observe`), handed to plugins bound to their id.
class logger {
 public:
  virtual ~logger();
  /// Whether lines of this level are written at all. Cheap.
  virtual bool enabled(log_level level) const noexcept = 0;
  /// Writes one line: a message without values in it, and the values as fields. Copies both; never throws; may wait for
  /// the disk for a moment.
  virtual void write(log_level level, std::string_view message, log_fields fields) = 0;

  /// The same where the level is enabled. `error` is for what somebody has to look at.
  void debug(std::string_view m, log_fields f = {}) { at(log_level::debug, m, f); }
  void info(std::string_view m, log_fields f = {}) { at(log_level::info, m, f); }
  void warn(std::string_view m, log_fields f = {}) { at(log_level::warn, m, f); }
  void error(std::string_view m, log_fields f = {}) { at(log_level::error, m, f); }

 private:
  void at(log_level level, std::string_view m, log_fields f) {
    if (enabled(level)) write(level, m, f);
  }
};

}  // namespace stoa

// Logs: text for people on a terminal, one JSON object a line for machines.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoa/log.hpp"

namespace stoa::runtime {

/// `automatic` is text where the output is a terminal and JSON otherwise.
enum class log_style { automatic, text, json };

struct log_options {
  log_level level = log_level::info;
  log_style format = log_style::automatic;
};

/// A logger with values bound to every line it writes. Children share the output and the level. Thread-safe: a line is
/// written whole, before the call returns.
class bound_logger final : public logger {
 public:
  ~bound_logger() override;

  bool enabled(log_level level) const noexcept override;
  void write(log_level level, std::string_view message, log_fields fields) override;
  /// As `write`, for fields that are known only at run time, such as those of a fault.
  void write(log_level level, std::string_view message, const std::vector<log_field>& fields);

  /// A child that adds `name` to each of its lines. It may outlive its parent.
  std::shared_ptr<bound_logger> with(std::string name, std::string value) const;
  /// Changes the level of the whole family at once.
  void set_level(log_level level) noexcept;

  struct output;
  using bindings = std::vector<std::pair<std::string, std::string>>;
  bound_logger(std::shared_ptr<output> to, bindings bound);

 private:
  void emit(log_level level, std::string_view message, const log_field* begin, const log_field* end);

  std::shared_ptr<output> output_;
  const bindings bound_;
};

/// A logger to stderr, or to `to`, which then must outlive the family and counts as no terminal.
std::shared_ptr<bound_logger> make_logger(const log_options& settings, std::ostream* to = nullptr);

/// `debug`, `info`, `warn` (or `warning`), `error`; anything else throws settings_error.
log_level parse_log_level(std::string_view text);
/// `auto`, `text`, `json`; anything else throws settings_error.
log_style parse_log_style(std::string_view text);

}  // namespace stoa::runtime

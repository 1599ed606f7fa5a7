// A view of one section of the settings, as plugins see theirs.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "stoa/time.hpp"

namespace stoa {

/// A setting that is missing, of the wrong type or out of range. The text names file, line, key and what was expected.
class settings_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~settings_error() override;
};

enum class setting_type { text, boolean, integer, duration, text_list };

/// One key a section knows. The host refuses every other key in the section.
struct setting {
  std::string key;
  setting_type type = setting_type::text;
  std::string initial;              ///< the default as it would stand in TOML without quotes; `` is empty text
  std::string about;                ///< one line for `stoa config show` and the docs
  std::vector<std::string> one_of;  ///< the allowed texts; empty allows all
  bool secret = false;              ///< shown as `***`
  std::int64_t least = std::numeric_limits<std::int64_t>::min();  ///< of integers
  std::int64_t most = std::numeric_limits<std::int64_t>::max();   ///< of integers
};

/// Typed access to a checked section, which never changes: any thread. The host owns it. Getters throw settings_error
/// only for keys that the schema does not have.
class settings_view {
 public:
  virtual ~settings_view();
  /// The text; empty where the default is empty and nobody wrote one.
  virtual std::string text(const std::string& key) const = 0;
  virtual bool boolean(const std::string& key) const = 0;
  /// Within the setting's bounds.
  virtual std::int64_t integer(const std::string& key) const = 0;
  /// `500ms`, `15s`, `10m`, `24h`, `7d`.
  virtual milliseconds duration(const std::string& key) const = 0;
  /// In the order in which they were written.
  virtual std::vector<std::string> text_list(const std::string& key) const = 0;
};

}  // namespace stoa

// Every key of the core's settings, in one table: defaults, reading, checking and showing all go by it.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "runtime/settings/settings.hpp"
#include "runtime/settings/value.hpp"

namespace stoa::runtime {

/// The environment variable of a key: `STOA_HTTP_LISTEN`.
std::string variable_name(const std::string& section, const std::string& key);

/// One key. `set` expects a value of the kind that passed refuse().
struct setting_key {
  std::string section;
  std::string name;
  value_kind kind;
  std::string initial;  ///< the default as text; lists separated by commas
  std::string about;
  bool secret = false;
  std::int64_t least = 0;  ///< of integers, of sizes in bytes, of durations in ms, of texts in bytes
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> one_of;                ///< the allowed texts, for a list of each member; empty allows all
  bool (*accepts)(const std::string&) = nullptr;  ///< a check of the text or of each member, with `expects` for people
  std::string expects;
  std::function<void(settings&, const value&)> set;
  std::function<value(const settings&)> get;

  std::string full_name() const { return section + "." + name; }
  /// `STOA_HTTP_LISTEN`.
  std::string variable() const;
  /// What should have been written.
  std::string expected() const;
  /// Whether the value is within bounds.
  bool allows(const value& v) const;
};

const std::vector<setting_key>& setting_table();

}  // namespace stoa::runtime

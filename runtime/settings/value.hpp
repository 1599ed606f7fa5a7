// What a setting's value can be, where it came from, and how text becomes one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stoa/settings.hpp"

namespace stoa::runtime {

/// A TOML value that no setting can take, by the name of its type.
struct unsupported {
  std::string type;
};

/// A value as it was written: typed in TOML, plain text in the environment and on the command line.
using literal = std::variant<std::string, bool, std::int64_t, std::vector<std::string>, unsupported>;

/// One written value. `where` is for people: `config/stoa.toml:12`, `environment variable STOA_HTTP_LISTEN`.
struct raw_value {
  std::string key;
  literal data;
  bool plain_text = false;  ///< from the environment or the command line, where all is text
  std::string where;
};

enum class value_kind { text, boolean, integer, duration, size, text_list };

/// A checked value. Durations are milliseconds, sizes are bytes in an integer.
using value = std::variant<std::string, bool, std::int64_t, milliseconds, std::vector<std::string>>;

/// `500ms`, `15s`, `10m`, `24h`, `7d`.
std::optional<milliseconds> parse_duration(std::string_view text);
/// `4096`, `512KiB`, `1MiB`, `2GiB`.
std::optional<std::int64_t> parse_size(std::string_view text);
/// `a, b` or `["a", "b"]`.
std::optional<std::vector<std::string>> parse_list(std::string_view text);

std::string duration_text(milliseconds d);
std::string size_text(std::int64_t bytes);

/// Turns what was written into a value of the kind, or nullopt where it is none.
std::optional<value> convert(const raw_value& raw, value_kind kind);
/// A default, which stands in tables as plain text.
std::optional<value> convert_text(std::string_view text, value_kind kind);

/// What a person should have written: `a duration such as "15s"`.
std::string expected_text(value_kind kind);
/// What a person did write, shortened.
std::string found_text(const raw_value& raw);
/// The value in TOML's own notation.
std::string toml_text(const value& v, value_kind kind);

/// The candidate a typing error away from `word`, if there is one.
std::optional<std::string> near_miss(std::string_view word, const std::vector<std::string>& candidates);
/// ` (did you mean "x"?)` or nothing.
std::string hint(std::string_view word, const std::vector<std::string>& candidates);
/// `"a", "b" or "c"`.
std::string choices(const std::vector<std::string>& words);

/// `<where>: [<section>] <key>: expected <expected>, found <found>`.
settings_error bad_value(const raw_value& raw, const std::string& section, const std::string& expected, bool secret);

}  // namespace stoa::runtime

#include "runtime/settings/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <numeric>
#include <utility>

namespace stoa::runtime {

namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};

// From the largest to the smallest, so that writing picks the shortest exact form.
constexpr std::array<unit, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<unit, 4> size_units{{{"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}, {"", 1}}};

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <std::size_t N>
std::optional<std::int64_t> parse_units(std::string_view text, const std::array<unit, N>& units) {
  text = trim(text);
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_integer(text.substr(0, digits));
  if (!number) return std::nullopt;
  const auto name = trim(text.substr(digits));
  const auto found = std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
  if (found == units.end() || *number > std::numeric_limits<std::int64_t>::max() / found->factor) return std::nullopt;
  return *number * found->factor;
}

template <std::size_t N>
std::string units_text(std::int64_t amount, const std::array<unit, N>& units) {
  const auto exact = std::find_if(units.begin(), units.end(), [&](const unit& u) { return amount % u.factor == 0; });
  const auto& u = amount == 0 ? units[N - 1] : *exact;
  return std::to_string(amount / u.factor) + std::string(u.name);
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string list_text(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + quoted(item);
  return out + "]";
}

template <class T>
std::optional<value> lift(std::optional<T> parsed) {
  if (!parsed) return std::nullopt;
  return value{std::move(*parsed)};
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  const auto amount = parse_units(text, duration_units);
  if (!amount) return std::nullopt;
  return milliseconds{*amount};
}

std::optional<std::int64_t> parse_size(std::string_view text) { return parse_units(text, size_units); }

std::optional<std::vector<std::string>> parse_list(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return std::nullopt;
    text = text.substr(1, text.size() - 2);
  }
  std::vector<std::string> items;
  while (!trim(text).empty()) {
    const auto comma = std::min(text.find(','), text.size());
    auto item = trim(text.substr(0, comma));
    if (item.size() >= 2 && item.front() == '"' && item.back() == '"') item = item.substr(1, item.size() - 2);
    if (item.empty()) return std::nullopt;
    items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::string duration_text(milliseconds d) { return units_text(d.count(), duration_units); }

std::string size_text(std::int64_t bytes) { return units_text(bytes, size_units); }

std::optional<value> convert_text(std::string_view text, value_kind kind) {
  switch (kind) {
    case value_kind::text:
      return value{std::string(text)};
    case value_kind::boolean:
      return lift(parse_boolean(trim(text)));
    case value_kind::integer:
      return lift(parse_integer(trim(text)));
    case value_kind::duration:
      return lift(parse_duration(text));
    case value_kind::size:
      return lift(parse_size(text));
    case value_kind::text_list:
      return lift(parse_list(text));
  }
  return std::nullopt;
}

std::optional<value> convert(const raw_value& raw, value_kind kind) {
  if (const auto* text = std::get_if<std::string>(&raw.data)) {
    const bool written_as_text = kind == value_kind::text || kind == value_kind::duration || kind == value_kind::size;
    if (raw.plain_text || written_as_text) return convert_text(*text, kind);
    return std::nullopt;
  }
  if (const auto* flag = std::get_if<bool>(&raw.data); flag && kind == value_kind::boolean) return value{*flag};
  if (const auto* number = std::get_if<std::int64_t>(&raw.data)) {
    if (kind == value_kind::integer || (kind == value_kind::size && *number >= 0)) return value{*number};
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&raw.data); list && kind == value_kind::text_list) {
    return value{*list};
  }
  return std::nullopt;
}

std::string expected_text(value_kind kind) {
  switch (kind) {
    case value_kind::text:
      return "a text";
    case value_kind::boolean:
      return "true or false";
    case value_kind::integer:
      return "an integer";
    case value_kind::duration:
      return "a duration such as \"500ms\", \"15s\", \"10m\", \"24h\" or \"7d\"";
    case value_kind::size:
      return "a size such as 4096, \"512KiB\" or \"1MiB\"";
    case value_kind::text_list:
      return "a list of texts";
  }
  return {};
}

std::string found_text(const raw_value& raw) {
  struct describe {
    std::string operator()(const std::string& text) const {
      constexpr std::size_t longest = 60;
      return quoted(text.size() > longest ? text.substr(0, longest) + "..." : text);
    }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(const std::vector<std::string>& list) const { return list_text(list); }
    std::string operator()(const unsupported& other) const { return other.type; }
  };
  return std::visit(describe{}, raw.data);
}

std::string toml_text(const value& v, value_kind kind) {
  struct write {
    value_kind kind;
    std::string operator()(const std::string& text) const { return quoted(text); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const {
      return kind == value_kind::size ? quoted(size_text(number)) : std::to_string(number);
    }
    std::string operator()(milliseconds d) const { return quoted(duration_text(d)); }
    std::string operator()(const std::vector<std::string>& list) const { return list_text(list); }
  };
  return std::visit(write{kind}, v);
}

std::optional<std::string> near_miss(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const auto distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < word.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string hint(std::string_view word, const std::vector<std::string>& candidates) {
  const auto near = near_miss(word, candidates);
  return near ? " (did you mean " + quoted(*near) + "?)" : std::string();
}

std::string choices(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += quoted(words[i]);
  }
  return out;
}

settings_error bad_value(const raw_value& raw, const std::string& section, const std::string& expected, bool secret) {
  const std::string found = secret ? std::string("something else") : found_text(raw);
  return settings_error(raw.where + ": [" + section + "] " + raw.key + ": expected " + expected + ", found " + found);
}

}  // namespace stoa::runtime

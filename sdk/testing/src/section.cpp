#include "testing/section.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <variant>

namespace stoa::testing {
namespace {

using held = std::variant<std::string, bool, std::int64_t, milliseconds, std::vector<std::string>>;

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(n) : std::nullopt;
}

std::optional<milliseconds> duration_of(std::string_view text) {
  const auto unit = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto n = number_of(text.substr(0, unit));
  const std::pair<std::string_view, std::int64_t> units[] = {
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  for (const auto& [name, ms] : units)
    if (n && text.substr(unit) == name) return milliseconds{*n * ms};
  return std::nullopt;
}

std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    auto one = text.substr(0, end);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (!one.empty()) out.emplace_back(one);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::optional<held> read(const setting& s, const std::string& text) {
  const auto allowed = [&](const std::string& one) {
    return s.one_of.empty() || std::find(s.one_of.begin(), s.one_of.end(), one) != s.one_of.end();
  };
  switch (s.type) {
    case setting_type::text:
      return allowed(text) ? std::optional<held>(text) : std::nullopt;
    case setting_type::boolean:
      for (const char* yes : {"true", "1", "yes", "on"})
        if (text == yes) return held(true);
      for (const char* no : {"false", "0", "no", "off"})
        if (text == no) return held(false);
      return std::nullopt;
    case setting_type::integer:
      if (const auto n = number_of(text); n && *n >= s.least && *n <= s.most) return held(*n);
      return std::nullopt;
    case setting_type::duration:
      if (const auto d = duration_of(text)) return held(*d);
      return std::nullopt;
    case setting_type::text_list:
      if (auto all = list_of(text); std::all_of(all.begin(), all.end(), allowed)) return held(std::move(all));
      return std::nullopt;
  }
  return std::nullopt;
}

class section final : public settings_view {
 public:
  std::map<std::string, held> all;

  std::string text(const std::string& key) const override { return get<std::string>(key); }
  bool boolean(const std::string& key) const override { return get<bool>(key); }
  std::int64_t integer(const std::string& key) const override { return get<std::int64_t>(key); }
  milliseconds duration(const std::string& key) const override { return get<milliseconds>(key); }
  std::vector<std::string> text_list(const std::string& key) const override {
    return get<std::vector<std::string>>(key);
  }

 private:
  template <class T>
  T get(const std::string& key) const {
    auto found = all.find(key);
    if (found == all.end() && key.find('.') != key.npos) found = all.find("*" + key.substr(key.find('.')));
    if (found == all.end()) throw settings_error("the plugin asks for a setting it did not declare: " + key);
    const auto* value = std::get_if<T>(&found->second);
    if (!value) throw settings_error("the setting " + key + " is of another type");
    return *value;
  }
};

}  // namespace

std::unique_ptr<settings_view> section_of(const std::vector<setting>& schema, const written& values) {
  auto out = std::make_unique<section>();
  for (const auto& s : schema) {
    auto initial = read(s, s.initial);
    // An empty default of a text with choices means that it need not be chosen.
    if (!initial && s.initial.empty() && s.type == setting_type::text) initial = held(std::string());
    if (!initial)
      throw settings_error("the default of the setting " + s.key + " is not what the setting takes: " + s.initial);
    out->all[s.key] = std::move(*initial);
  }
  for (const auto& [key, text] : values) {
    const auto known = std::find_if(schema.begin(), schema.end(), [&, k = key](const setting& s) {
      const auto dot = k.find('.');
      return s.key == k || (dot != k.npos && s.key == "*" + k.substr(dot));
    });
    if (known == schema.end()) throw settings_error("the plugin has no setting " + key);
    auto value = read(*known, text);
    if (!value) throw settings_error("the setting " + key + " does not take \"" + text + "\"");
    out->all[key] = std::move(*value);
  }
  return out;
}

}  // namespace stoa::testing

#include "runtime/settings/section.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace stoa::runtime {

namespace {

value_kind kind_of(setting_type type) {
  switch (type) {
    case setting_type::text:
      return value_kind::text;
    case setting_type::boolean:
      return value_kind::boolean;
    case setting_type::integer:
      return value_kind::integer;
    case setting_type::duration:
      return value_kind::duration;
    case setting_type::text_list:
      return value_kind::text_list;
  }
  return value_kind::text;
}

struct checked_value {
  value current;
  std::string where = "default";
};

using checked_section = std::map<std::string, checked_value>;

bool allows(const setting& s, const value& v) {
  const auto allowed = [&](const std::string& text) {
    return s.one_of.empty() || std::find(s.one_of.begin(), s.one_of.end(), text) != s.one_of.end();
  };
  if (const auto* text = std::get_if<std::string>(&v)) return allowed(*text);
  if (const auto* list = std::get_if<std::vector<std::string>>(&v)) {
    return std::all_of(list->begin(), list->end(), allowed);
  }
  return true;
}

std::string expected(const setting& s) {
  if (s.one_of.empty()) return expected_text(kind_of(s.type));
  return (s.type == setting_type::text_list ? "a list of " : "") + choices(s.one_of);
}

checked_section check(const std::string& id, const std::vector<raw_value>& written,
                      const std::vector<setting>& schema) {
  const std::string section = "plugins." + id;
  checked_section out;
  std::vector<std::string> names;
  for (const auto& s : schema) {
    auto initial = convert_text(s.initial, kind_of(s.type));
    // An empty default of a text with choices means that it need not be chosen.
    if (!initial || (!s.initial.empty() && !allows(s, *initial))) {
      throw settings_error("plugin " + id + ": the default of its setting " + s.key + " should be " + expected(s) +
                           ", but is \"" + s.initial + "\"");
    }
    out.emplace(s.key, checked_value{std::move(*initial)});
    names.push_back(s.key);
  }
  for (const auto& raw : written) {
    const auto found = std::find_if(schema.begin(), schema.end(), [&](const setting& s) { return s.key == raw.key; });
    if (found == schema.end()) {
      throw settings_error(raw.where + ": [" + section + "] " + raw.key + ": the plugin has no setting of this name" +
                           hint(raw.key, names));
    }
    auto converted = convert(raw, kind_of(found->type));
    if (!converted || !allows(*found, *converted)) throw bad_value(raw, section, expected(*found), found->secret);
    out[raw.key] = checked_value{std::move(*converted), raw.where};
  }
  return out;
}

class section_view final : public settings_view {
 public:
  section_view(std::string id, checked_section values) : id_(std::move(id)), values_(std::move(values)) {}

  std::string text(const std::string& key) const override { return get<std::string>(key, "a text"); }
  bool boolean(const std::string& key) const override { return get<bool>(key, "a boolean"); }
  std::int64_t integer(const std::string& key) const override { return get<std::int64_t>(key, "an integer"); }
  milliseconds duration(const std::string& key) const override { return get<milliseconds>(key, "a duration"); }
  std::vector<std::string> text_list(const std::string& key) const override {
    return get<std::vector<std::string>>(key, "a list of texts");
  }

 private:
  template <class T>
  T get(const std::string& key, const char* type) const {
    const auto found = values_.find(key);
    if (found == values_.end())
      throw settings_error("plugin " + id_ + " asks for a setting it did not declare: " + key);
    const auto* held = std::get_if<T>(&found->second.current);
    if (held == nullptr) throw settings_error("plugin " + id_ + ": its setting " + key + " is not " + type);
    return *held;
  }

  std::string id_;
  checked_section values_;
};

}  // namespace

std::unique_ptr<settings_view> make_section(const std::string& id, const std::vector<raw_value>& written,
                                            const std::vector<setting>& schema) {
  return std::make_unique<section_view>(id, check(id, written, schema));
}

std::string show_section(const std::string& id, const std::vector<raw_value>& written,
                         const std::vector<setting>& schema) {
  const auto values = check(id, written, schema);
  std::string out = "[plugins." + id + "]\n";
  for (const auto& s : schema) {
    const auto& held = values.at(s.key);
    const bool hidden = s.secret && held.current != value{std::string()};
    out += s.key + " = " + (hidden ? "\"***\"" : toml_text(held.current, kind_of(s.type))) + "  # " + held.where + "\n";
  }
  return out;
}

}  // namespace stoa::runtime

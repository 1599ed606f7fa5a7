#include "runtime/settings/section.hpp"

#include <algorithm>
#include <limits>
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

/// Whose section it is, for what is told to people.
struct owner {
  std::string section;  ///< `plugins.payments`
  std::string name;     ///< `plugin payments`
  std::string unknown;  ///< what is wrong with a key nobody declared
};

owner plugin_owner(const std::string& id) {
  return {"plugins." + id, "plugin " + id, "the plugin has no setting of this name"};
}

owner section_owner(const std::string& section) { return {section, "[" + section + "]", "no setting has this name"}; }

bool allows(const setting& s, const value& v) {
  const auto allowed = [&](const std::string& text) {
    return s.one_of.empty() || std::find(s.one_of.begin(), s.one_of.end(), text) != s.one_of.end();
  };
  if (const auto* text = std::get_if<std::string>(&v)) return allowed(*text);
  if (const auto* number = std::get_if<std::int64_t>(&v)) return *number >= s.least && *number <= s.most;
  if (const auto* list = std::get_if<std::vector<std::string>>(&v)) {
    return std::all_of(list->begin(), list->end(), allowed);
  }
  return true;
}

std::string expected(const setting& s) {
  const bool bounded = s.type == setting_type::integer && s.least != std::numeric_limits<std::int64_t>::min();
  if (bounded)
    return expected_text(kind_of(s.type)) + " from " + std::to_string(s.least) + " to " + std::to_string(s.most);
  if (s.one_of.empty()) return expected_text(kind_of(s.type));
  return (s.type == setting_type::text_list ? "a list of " : "") + choices(s.one_of);
}

/// `*.client_id` in a schema is that key of any table of the section, `google.client_id`.
bool is_table_key(const setting& s) { return s.key.starts_with("*."); }

/// What a written key is in the schema. The environment has no dots: the first underscore is one where no setting is
/// meant otherwise.
const setting* declared_as(const std::vector<setting>& schema, raw_value& raw) {
  const auto named = [&](const std::string& key) -> const setting* {
    const auto found = std::find_if(schema.begin(), schema.end(), [&](const setting& s) { return s.key == key; });
    return found == schema.end() ? nullptr : &*found;
  };
  if (const auto* own = named(raw.key); own && !is_table_key(*own)) return own;
  const auto end = raw.key.find_first_of(raw.plain_text ? "._" : ".");
  if (end == std::string::npos || end == 0) return nullptr;
  const auto* inner = named("*." + raw.key.substr(end + 1));
  if (inner) raw.key[end] = '.';
  return inner;
}

checked_section check(const owner& who, const std::vector<raw_value>& written, const std::vector<setting>& schema) {
  checked_section out;
  std::vector<std::string> names;
  for (const auto& s : schema) {
    auto initial = convert_text(s.initial, kind_of(s.type));
    // An empty default of a text with choices means that it need not be chosen.
    if (!initial || (!s.initial.empty() && !allows(s, *initial))) {
      throw settings_error(who.name + ": the default of its setting " + s.key + " should be " + expected(s) +
                           ", but is \"" + s.initial + "\"");
    }
    out.emplace(s.key, checked_value{std::move(*initial)});
    names.push_back(s.key);
  }
  for (auto raw : written) {
    const auto* found = declared_as(schema, raw);
    if (!found) {
      throw settings_error(raw.where + ": [" + who.section + "] " + raw.key + ": " + who.unknown +
                           hint(raw.key, names));
    }
    auto converted = convert(raw, kind_of(found->type));
    if (!converted || !allows(*found, *converted)) throw bad_value(raw, who.section, expected(*found), found->secret);
    out[raw.key] = checked_value{std::move(*converted), raw.where};
  }
  return out;
}

class section_view final : public settings_view {
 public:
  section_view(std::string name, checked_section values) : name_(std::move(name)), values_(std::move(values)) {}

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
    auto found = values_.find(key);
    if (found == values_.end() && key.find('.') != key.npos) found = values_.find("*" + key.substr(key.find('.')));
    if (found == values_.end()) throw settings_error(name_ + " asks for a setting it did not declare: " + key);
    const auto* held = std::get_if<T>(&found->second.current);
    if (held == nullptr) throw settings_error(name_ + ": its setting " + key + " is not " + type);
    return *held;
  }

  std::string name_;
  checked_section values_;
};

std::unique_ptr<settings_view> view_of(const owner& who, const std::vector<raw_value>& written,
                                       const std::vector<setting>& schema) {
  return std::make_unique<section_view>(who.name, check(who, written, schema));
}

std::string text_of(const owner& who, const std::vector<raw_value>& written, const std::vector<setting>& schema) {
  const auto values = check(who, written, schema);
  std::string out = "[" + who.section + "]\n";
  const auto show = [&](const std::string& key, const setting& s, const checked_value& held) {
    const bool hidden = s.secret && held.current != value{std::string()};
    out += key + " = " + (hidden ? "\"***\"" : toml_text(held.current, kind_of(s.type))) + "  # " + held.where + "\n";
  };
  for (const auto& s : schema)
    if (!is_table_key(s)) show(s.key, s, values.at(s.key));
  // Of tables, what is written.
  for (const auto& [key, held] : values) {
    const auto dot = key.find('.');
    if (dot == std::string::npos || key.starts_with('*')) continue;
    for (const auto& s : schema)
      if (s.key == "*" + key.substr(dot)) show(key, s, held);
  }
  return out;
}

}  // namespace

std::unique_ptr<settings_view> make_section(const std::string& id, const std::vector<raw_value>& written,
                                            const std::vector<setting>& schema) {
  return view_of(plugin_owner(id), written, schema);
}

std::string show_section(const std::string& id, const std::vector<raw_value>& written,
                         const std::vector<setting>& schema) {
  return text_of(plugin_owner(id), written, schema);
}

std::unique_ptr<settings_view> read_section(const declared_section& s, const std::vector<raw_value>& written) {
  return view_of(section_owner(s.name), written, s.keys);
}

std::string show_section(const declared_section& s, const std::vector<raw_value>& written) {
  return text_of(section_owner(s.name), written, s.keys);
}

}  // namespace stoa::runtime

#include "runtime/settings/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "runtime/settings/table.hpp"
#include "runtime/settings/toml_file.hpp"

namespace stoa::runtime {

namespace {

constexpr std::string_view variable_prefix = "STOA_";
constexpr std::string_view plugin_prefix = "plugins.";
/// Whose keys are the names of interfaces that plugins offer.
constexpr std::string_view points_section = "points";

/// Variables that are no settings: those of `./dev` and of the tests, and the one that names a settings file.
bool is_foreign_variable(const std::string& name) {
  return name == "STOA_DATA" || name == "STOA_LISTEN" || name == "STOA_CONFIG" || name.starts_with("STOA_TEST_");
}

bool is_plugin_id(std::string_view id) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !id.empty() && letter(id.front()) &&
         std::all_of(id.begin(), id.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

const setting_key* find_key(std::string_view section, std::string_view name) {
  const auto& table = setting_table();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const setting_key& k) { return k.section == section && k.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const auto& k : setting_table()) {
    if (names.empty() || names.back() != k.section) names.push_back(k.section);
  }
  return names;
}

std::vector<std::string> key_names(std::string_view section) {
  std::vector<std::string> names;
  for (const auto& k : setting_table()) {
    if (k.section == section) names.push_back(k.name);
  }
  return names;
}

/// Other sections that have a key of this name: the likeliest mistake beside a typing error.
std::string elsewhere(std::string_view name) {
  for (const auto& k : setting_table()) {
    if (k.name == name) return " (there is [" + k.section + "] " + k.name + ")";
  }
  return {};
}

/// Applies layers one after the other.
class loader {
 public:
  explicit loader(const std::vector<declared_section>& declared) : declared_(declared) {}

  void defaults() {
    for (const auto& k : setting_table()) {
      const auto initial = convert_text(k.initial, k.kind);
      if (!initial || !k.allows(*initial)) throw settings_error("the default of " + k.full_name() + " is not allowed");
      k.set(result_, *initial);
    }
  }

  void file(const std::filesystem::path& path) {
    const auto names = all_sections();
    for (const auto& section : read_toml(path)) {
      if (section.name.empty() && section.values.empty()) continue;
      if (section.name.empty()) {
        const auto& first = section.values.front();
        throw settings_error(first.where + ": " + first.key +
                             ": expected a section such as [http] before the first key");
      }
      require_section(section.name, section.where, names, !section.values.empty());
      for (const auto& raw : section.values) apply(section.name, raw);
    }
  }

  void environment(const std::vector<std::pair<std::string, std::string>>& variables) {
    std::map<std::string, std::pair<std::string, std::string>> known;  // section and key, by variable
    for (const auto& k : setting_table()) known.emplace(k.variable(), std::pair(k.section, k.name));
    for (const auto& d : declared_)
      for (const auto& k : d.keys) known.emplace(variable_name(d.name, k.key), std::pair(d.name, k.key));
    for (const auto& [name, text] : variables) {
      if (!name.starts_with(variable_prefix) || is_foreign_variable(name)) continue;
      const std::string where = "environment variable " + name;
      if (const auto found = known.find(name); found != known.end()) {
        apply(found->second.first, raw_value{found->second.second, text, true, where});
      } else if (name.starts_with("STOA_POINTS_")) {
        apply(std::string(points_section), raw_value{lower(name.substr(12)), text, true, where});
      } else if (!plugin_variable(name, text, where)) {
        std::vector<std::string> names;
        for (const auto& [variable, key] : known) names.push_back(variable);
        result_.warnings.push_back(where + ": no setting has this name" + hint(name, names));
      }
    }
  }

  void overrides(const std::vector<std::string>& options) {
    const auto names = all_sections();
    for (const auto& option : options) {
      const auto equals = option.find('=');
      const auto dot = option.rfind('.', equals);
      if (equals == std::string::npos || dot == std::string::npos || dot == 0 || dot + 1 == equals) {
        // What follows the equals sign may be a secret: it is not repeated.
        throw settings_error("command line: expected section.key=value, found \"" + option.substr(0, equals) + "\"");
      }
      const std::string section = option.substr(0, dot);
      const std::string where = "command line";
      require_section(section, where, names, true);
      apply(section, raw_value{option.substr(dot + 1, equals - dot - 1), option.substr(equals + 1), true, where});
    }
  }

  /// Checks what concerns several keys.
  settings finish() {
    for (const auto& d : declared_) read_section(d, result_.written(d.name));
    if (result_.database.mode == database_mode::external && result_.database.url.empty()) {
      throw settings_error(origin("database.mode") +
                           "[database] url: expected a connection string, since [database] mode is \"external\"");
    }
    check_production(result_);
    return std::move(result_);
  }

 private:
  std::vector<std::string> all_sections() const {
    auto names = section_names();
    for (const auto& d : declared_) names.push_back(d.name);
    return names;
  }

  bool is_declared(const std::string& section) const {
    return std::any_of(declared_.begin(), declared_.end(), [&](const auto& d) { return d.name == section; });
  }

  std::string origin(const std::string& name) const {
    const auto found = result_.origins.find(name);
    return found == result_.origins.end() ? std::string() : found->second + ": ";
  }

  /// `plugins.identity.google` is the table `google.` of the plugin `identity`.
  static std::pair<std::string, std::string> plugin_table(const std::string& section) {
    const auto id = section.substr(plugin_prefix.size());
    const auto dot = id.find('.');
    if (dot == std::string::npos) return {id, ""};
    return {id.substr(0, dot), id.substr(dot + 1) + "."};
  }

  /// A section holds keys, or only other sections ([plugins]), or it is a plugin's or a table of one.
  static void require_section(const std::string& name, const std::string& where, const std::vector<std::string>& names,
                              bool has_keys) {
    if (std::find(names.begin(), names.end(), name) != names.end() || name == points_section) return;
    if (name.starts_with(plugin_prefix)) {
      const auto [id, table] = plugin_table(name);
      if (is_plugin_id(id) && (table.empty() || is_plugin_id(table.substr(0, table.size() - 1)))) return;
      throw settings_error(where + ": [" + name +
                           "]: expected a plugin's id after \"plugins.\": lower-case letters and digits");
    }
    const bool parent =
        std::any_of(names.begin(), names.end(), [&](const auto& n) { return n.starts_with(name + "."); });
    if (parent && !has_keys) return;
    throw settings_error(where + ": [" + name + "]: no section has this name" + hint(name, names));
  }

  void apply(const std::string& section, const raw_value& raw) {
    if (is_declared(section)) {
      result_.declared[section].push_back(raw);  // checked in the end
      return;
    }
    if (section == points_section) {
      const auto* plugin = std::get_if<std::string>(&raw.data);
      if (!plugin || !is_plugin_id(*plugin)) throw bad_value(raw, section, "a plugin's id", false);
      result_.points[raw.key] = *plugin;
      result_.origins[section + "." + raw.key] = raw.where;
      return;
    }
    const auto* k = find_key(section, raw.key);
    if (k == nullptr && section.starts_with(plugin_prefix)) {
      const auto [id, table] = plugin_table(section);
      auto inner = raw;
      inner.key = table + raw.key;
      result_.plugins.sections[id].push_back(std::move(inner));
      return;
    }
    if (k == nullptr) {
      auto advice = hint(raw.key, key_names(section));
      if (advice.empty()) advice = elsewhere(raw.key);
      throw settings_error(raw.where + ": [" + section + "] " + raw.key + ": no setting has this name" + advice);
    }
    const auto converted = convert(raw, k->kind);
    if (!converted || !k->allows(*converted)) throw bad_value(raw, section, k->expected(), k->secret);
    k->set(result_, *converted);
    result_.origins[k->full_name()] = raw.where;
  }

  /// `STOA_PLUGINS_<ID>_<KEY>`: ids have no underscore, so the first one after the id ends it.
  bool plugin_variable(const std::string& name, const std::string& text, const std::string& where) {
    constexpr std::string_view start = "STOA_PLUGINS_";
    if (!name.starts_with(start)) return false;
    const auto rest = lower(name.substr(start.size()));
    const auto end = rest.find('_');
    if (end == std::string::npos || end + 1 == rest.size() || !is_plugin_id(rest.substr(0, end))) return false;
    result_.plugins.sections[rest.substr(0, end)].push_back(raw_value{rest.substr(end + 1), text, true, where});
    return true;
  }

  const std::vector<declared_section>& declared_;
  settings result_;
};

}  // namespace

std::optional<endpoint> endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']' && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]/ ") != std::string_view::npos) {
    return std::nullopt;
  }
  endpoint out{std::string(host), 0};
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, out.port);
  if (error != std::errc{} || end != last) return std::nullopt;
  return out;
}

std::string endpoint::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::size_t server_settings::actor_workers() const {
  if (actor_threads > 0) return static_cast<std::size_t>(actor_threads);
  return std::max(1U, (std::thread::hardware_concurrency() + 1) / 2);
}

std::filesystem::path plugin_settings::folder() const {
  if (!dir.empty()) return dir;
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "plugins";
  const auto beside = executable.parent_path() / "plugins";
  const auto installed = executable.parent_path().parent_path() / "lib" / "stoa" / "plugins";
  return !std::filesystem::is_directory(beside, error) && std::filesystem::is_directory(installed, error) ? installed
                                                                                                          : beside;
}

std::vector<raw_value> plugin_settings::section(const std::string& id) const {
  const auto found = sections.find(id);
  return found == sections.end() ? std::vector<raw_value>{} : found->second;
}

sources standard_sources(const std::optional<std::filesystem::path>& file, std::vector<std::string> overrides) {
  sources out;
  for (const std::filesystem::path candidate : {"config/stoa.toml", "/etc/stoa/stoa.toml"}) {
    std::error_code error;
    if (std::filesystem::exists(candidate, error)) {
      out.files.push_back(candidate);
      break;
    }
  }
  std::optional<std::filesystem::path> named = file;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || !line.starts_with(variable_prefix)) continue;
    const std::string name(line.substr(0, equals));
    const std::string text(line.substr(equals + 1));
    if (name == "STOA_CONFIG" && !named && !text.empty()) named = text;
    out.environment.emplace_back(name, text);
  }
  // The same file twice would hide where a value really comes from.
  std::error_code error;
  if (named && (out.files.empty() || !std::filesystem::equivalent(*named, out.files.front(), error))) {
    out.files.push_back(*named);
  }
  out.overrides = std::move(overrides);
  return out;
}

std::vector<raw_value> settings::written(const std::string& section) const {
  const auto found = declared.find(section);
  return found == declared.end() ? std::vector<raw_value>{} : found->second;
}

settings load(const sources& from, const std::vector<declared_section>& declared) {
  loader layers(declared);
  layers.defaults();
  for (const auto& file : from.files) layers.file(file);
  layers.environment(from.environment);
  layers.overrides(from.overrides);
  return layers.finish();
}

settings default_settings() { return load({}); }

void check_production(const settings& s) {
  if (!s.server.production()) return;
  const auto refuse = [](const std::string& name, const std::string& why) {
    throw settings_error("[server] environment is \"production\": " + name + " " + why);
  };
  if (s.security.token_key == development_token_key) {
    refuse("[security] token_key", "must not be the development default (set it, or STOA_SECURITY_TOKEN_KEY)");
  }
  if (s.security.token_key_previous == development_token_key) {
    refuse("[security] token_key_previous", "must not be the development default");
  }
  if (s.accounts.supabase_webhook_secret == development_supabase_secret) {
    refuse("[accounts] supabase_webhook_secret",
           "must not be the development default (set it, or STOA_ACCOUNTS_SUPABASE_WEBHOOK_SECRET)");
  }
  if (!s.security.cookie_secure) refuse("[security] cookie_secure", "must be true");
  constexpr std::int64_t least_memory = 19LL << 20;
  if (s.security.argon2_memory.bytes < least_memory || s.security.argon2_iterations < 2) {
    refuse("[security] argon2_memory and argon2_iterations", "must be at least 19MiB and 2");
  }
}

namespace {

/// A plugin's section without its schema: what stands in it, and no values.
std::string hidden_section(const std::string& id, const std::vector<raw_value>& values) {
  std::string out = "[plugins." + id + "]\n";
  std::map<std::string, std::string> last;
  for (const auto& raw : values) last[raw.key] = raw.where;
  for (const auto& [name, where] : last) out += name + " = \"***\"  # " + where + "\n";
  return out;
}

}  // namespace

std::string show(const settings& s, const std::vector<declared_section>& declared,
                 const std::map<std::string, std::vector<setting>>& plugins) {
  std::string out;
  std::string section;
  for (const auto& k : setting_table()) {
    if (section != k.section) out += (out.empty() ? "[" : "\n[") + (section = k.section) + "]\n";
    const auto origin = s.origins.find(k.full_name());
    const auto current = k.get(s);
    const bool hidden = k.secret && current != value{std::string()};
    out += k.name + " = " + (hidden ? "\"***\"" : toml_text(current, k.kind)) + "  # " +
           (origin == s.origins.end() ? "default" : origin->second) + "\n";
  }
  for (const auto& d : declared) out += "\n" + show_section(d, s.written(d.name));
  if (!s.points.empty()) out += "\n[points]\n";
  for (const auto& [point, plugin] : s.points)
    out += point + " = \"" + plugin + "\"  # " + s.origins.at("points." + point) + "\n";
  std::set<std::string> ids;
  for (const auto& [id, values] : s.plugins.sections) ids.insert(id);
  for (const auto& [id, schema] : plugins) ids.insert(id);
  for (const auto& id : ids) {
    const auto schema = plugins.find(id);
    out += "\n";
    try {
      out += schema == plugins.end() ? hidden_section(id, s.plugins.section(id))
                                     : show_section(id, s.plugins.section(id), schema->second);
    } catch (const settings_error& e) {
      out += "# " + std::string(e.what()) + "\n" + hidden_section(id, s.plugins.section(id));
    }
  }
  return out;
}

}  // namespace stoa::runtime

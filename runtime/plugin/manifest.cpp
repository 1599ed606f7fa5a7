#include "runtime/plugin/manifest.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <utility>

#include "runtime/plugin/elf.hpp"
#include "stoa/areas.hpp"
#include "stoa/build_facts.hpp"
#include "stoa/crypto.hpp"
#include "stoa/fingerprint.hpp"

namespace stoa::runtime {

namespace fs = std::filesystem;

namespace {

constexpr const char* id_form = "[a-z][a-z0-9_]{0,39}";
constexpr const char* rebuild = "Build it again against this server's SDK with stoa_add_plugin.";

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

/// One manifest being read: finds the values and complains about the first that does not fit.
class manifest_reader {
 public:
  manifest_reader(const fs::path& file, const toml::table& values) : file_(file), values_(values) {}

  [[noreturn]] void refuse(const std::string& what, const std::string& fix) const {
    throw plugin_error(file_.string(), "discover", what, fix);
  }

  std::string text(const char* key, const char* form, const char* example) const {
    const auto* node = values_.get(key);
    if (!node)
      refuse("expected a key " + std::string(key) + ", found none",
             "Write " + std::string(key) + " = " + quoted(example) + ".");
    const auto value = node->value<std::string>();
    if (!node->is_string() || !std::regex_match(*value, std::regex(form)))
      refuse(std::string(key) + ": expected a text such as " + quoted(example) + ", found " +
                 (node->is_string() ? quoted(*value) : "something else") + " in line " +
                 std::to_string(node->source().begin.line),
             "Correct the manifest.");
    return *value;
  }

  bool flag(const char* key) const {
    const auto* node = values_.get(key);
    if (!node) return false;
    if (!node->is_boolean())
      refuse(std::string(key) + ": expected true or false, found something else in line " +
                 std::to_string(node->source().begin.line),
             "Correct the manifest.");
    return *node->value<bool>();
  }

  /// A list of texts of one form; a key that is missing is an empty one.
  std::vector<std::string> texts(const char* key, const char* form, const char* example) const {
    std::vector<std::string> out;
    const auto* node = values_.get(key);
    if (!node) return out;
    const auto* list = node->as_array();
    const auto wanted = std::string(key) + ": expected a list of " + example;
    if (!list) refuse(wanted + ", found something else", "Correct the manifest.");
    for (const auto& item : *list) {
      const auto text = item.value<std::string>();
      if (!item.is_string() || !std::regex_match(*text, std::regex(form)))
        refuse(wanted + ", found " + (item.is_string() ? quoted(*text) : "something else") + " in it",
               "Correct the manifest.");
      out.push_back(*text);
    }
    return out;
  }

  /// A table of texts of one form; one that is missing is empty.
  std::map<std::string, std::string> table(const char* key, const char* form, const char* example) const {
    std::map<std::string, std::string> out;
    const auto* node = values_.get(key);
    if (!node) return out;
    const auto wanted = "[" + std::string(key) + "]: expected texts of " + example;
    if (!node->is_table()) refuse(wanted + ", found something else", "Correct the manifest.");
    for (const auto& [name, item] : *node->as_table()) {
      const auto text = item.value<std::string>();
      if (!item.is_string() || !std::regex_match(*text, std::regex(form)))
        refuse(wanted + ", found something else at " + std::string(name.str()), "Correct the manifest.");
      out[std::string(name.str())] = *text;
    }
    return out;
  }

 private:
  const fs::path& file_;
  const toml::table& values_;
};

std::string library_bytes(const manifest& m) {
  std::ifstream in(m.library_path(), std::ios::binary);
  if (!in)
    throw plugin_error(m.subject(), "verify", "expected the library " + m.library + " beside plugin.toml, found none",
                       "Install the plugin's folder as a whole.");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

plugin_error::plugin_error(const std::string& subject, std::string step, const std::string& what,
                           const std::string& fix)
    : std::runtime_error("plugin " + subject + ": " + step + ": " + what + ". " + fix), step_(std::move(step)) {}
plugin_error::~plugin_error() = default;

std::optional<version_number> version_number::parse(std::string_view text) {
  version_number v;
  int* parts[] = {&v.major, &v.minor, &v.patch};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *parts[i]);
    if (error != std::errc{} || *parts[i] < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return v;
    if (text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

std::optional<bool> in_range(const version_number& version, std::string_view range) {
  bool all = true;
  bool any = false;
  while (true) {
    const auto from = range.find_first_not_of(" ,");
    if (from == range.npos) break;
    range.remove_prefix(from);
    const auto digits = range.find_first_of("0123456789");
    if (digits == range.npos) return std::nullopt;
    std::string_view sign = range.substr(0, digits);
    while (!sign.empty() && sign.back() == ' ') sign.remove_suffix(1);
    range.remove_prefix(digits);
    const auto end = std::min(range.find_first_of(" ,"), range.size());
    const auto bound = version_number::parse(range.substr(0, end));
    range.remove_prefix(end);
    if (!bound) return std::nullopt;
    any = true;
    if (sign == ">=")
      all = all && version >= *bound;
    else if (sign == ">")
      all = all && version > *bound;
    else if (sign == "<=")
      all = all && version <= *bound;
    else if (sign == "<")
      all = all && version < *bound;
    else if (sign == "=" || sign.empty())
      all = all && version == *bound;
    else
      return std::nullopt;
  }
  if (!any) return std::nullopt;
  return all;
}

std::string manifest::subject() const { return id + " " + version + " (" + library_path().string() + ")"; }

manifest read_manifest(const fs::path& dir) {
  const fs::path file = dir / "plugin.toml";
  if (!fs::is_regular_file(file))
    throw plugin_error(dir.string(), "discover", "expected a file plugin.toml, found none",
                       "Install the plugin's folder as a whole, or take the folder away.");
  toml::table values;
  try {
    values = toml::parse_file(file.string());
  } catch (const toml::parse_error& e) {
    throw plugin_error(
        file.string(), "discover",
        "expected TOML, found in line " + std::to_string(e.source().begin.line) + ": " + std::string(e.description()),
        "Correct the manifest.");
  }
  const manifest_reader in{file, values};
  manifest m;
  m.dir = dir;
  m.id = in.text("id", id_form, "payments");
  // The core's migrations, which have a schema of their own, are its scope.
  if (m.id == "core") in.refuse("id: expected a plugin's own, found \"core\"", "Choose another id.");
  m.name = in.text("name", ".{1,100}", "Payments");
  m.version = in.text("version", R"(\d{1,6}(\.\d{1,6}){0,2})", "1.0.0");
  m.sdk = in.text("sdk", ".{1,100}", ">=1.0 <2");
  m.license = in.text("license", ".{1,100}", "Apache-2.0");
  m.library = in.text("library", R"([A-Za-z0-9][A-Za-z0-9._-]*\.so)", "libstoa_payments.so");
  m.sha256 = in.text("sha256", "[0-9a-f]{64}", "64 hexadecimal digits");
  m.fingerprint = in.text("fingerprint", ".{1,100}", "64 hexadecimal digits");
  m.compiler = in.text("compiler", ".{1,100}", "GNU 12");
  m.required = in.flag("required");
  m.requires_ids = in.texts("requires", id_form, "plugin ids");
  m.needs = in.texts("needs", "[a-z][a-z_]{0,39}/[0-9]{1,4}", "areas with their versions: [\"orders/1\"]");
  m.outbound = in.texts("outbound", R"(\*|@(\*\.)?[a-z][a-z0-9_]*|(\*\.)?[A-Za-z0-9._-]+(:\d{1,5})?)",
                        "hosts such as [\"api.example.org\", \"*.example.org\", \"@setting\"]");
  m.areas = in.table("areas", "[0-9a-f]{64}", "64 hexadecimal digits");
  return m;
}

const sdk_identity& this_sdk() {
  static const sdk_identity identity{STOA_SDK_VERSION, STOA_SDK_FINGERPRINT, STOA_SDK_COMPILER};
  return identity;
}

namespace {

void verify_need(const manifest& m, const std::string& need) {
  const auto refuse = [&](const std::string& expected, const std::string& found, const std::string& fix) {
    throw plugin_error(m.subject(), "verify", "expected " + expected + ", found " + found, fix);
  };
  const auto slash = need.find('/');
  const auto name = need.substr(0, slash);
  const auto* known =
      std::find_if(std::begin(sdk_areas), std::end(sdk_areas), [&](const sdk_area& a) { return a.name == name; });
  if (known == std::end(sdk_areas)) {
    std::string all;
    for (const auto& a : sdk_areas) all += (all.empty() ? "" : ", ") + std::string(a.name);
    refuse("needs to name areas of this server (" + all + ")", quoted(need),
           "Correct the manifest, or get a version of it made for this server.");
  }
  const auto own = name + "/" + std::to_string(known->version);
  if (need != own)
    refuse("a plugin for the area " + own, "one for " + need, "Get a version of it made for this server.");
  const auto built = m.areas.find(name);
  const auto found = built == m.areas.end() ? std::string("none") : built->second;
  if (found != known->hash) refuse("area " + own + " with hash " + std::string(known->hash), found, rebuild);
}

}  // namespace

void verify(const manifest& m) {
  const auto refuse = [&](const std::string& expected, const std::string& found, const std::string& fix) {
    throw plugin_error(m.subject(), "verify", "expected " + expected + ", found " + found, fix);
  };
  const auto& own = this_sdk();
  const auto fits = in_range(version_number::parse(own.version).value(), m.sdk);
  if (!fits) refuse("sdk to be a range such as \">=1.0 <2\"", quoted(m.sdk), "Correct the manifest.");
  if (!*fits)
    refuse("a plugin for SDK " + own.version, "one for SDK " + m.sdk, "Get a version of it made for this server.");
  if (m.compiler != own.compiler)
    refuse("fingerprint " + own.fingerprint + " (" + own.compiler + ")", m.fingerprint + " (" + m.compiler + ")",
           rebuild);
  if (m.fingerprint != own.fingerprint) refuse("fingerprint " + own.fingerprint, m.fingerprint, rebuild);
  for (const auto& need : m.needs) verify_need(m, need);
  const auto bytes = library_bytes(m);
  const auto hash = hex(sha256(bytes));
  if (hash != m.sha256)
    refuse("a library with sha256 " + m.sha256, hash,
           "The file was changed or copied in part: install the plugin again.");
  if (const auto trouble = elf_trouble(bytes); !trouble.empty())
    throw plugin_error(m.subject(), "verify", trouble, "Install the plugin again, whole and for this machine.");
  // A library without facts has no entry either, which is told when it is opened.
  const auto facts = elf_section(bytes, ".stoa_facts");
  if (facts.empty()) return;
  if (const auto differ = facts_that_differ(STOA_BUILD_FACTS, facts); !differ.empty())
    throw plugin_error(m.subject(), "verify", "expected a library built as this server is: " + differ,
                       "Build it again with this server's compiler and flags, as stoa_add_plugin does.");
}

std::vector<manifest> discover(const fs::path& dir) {
  std::vector<manifest> all;
  if (!fs::is_directory(dir)) return all;
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.is_directory() && entry.path().filename().string().front() != '.')
      all.push_back(read_manifest(entry.path()));
  std::sort(all.begin(), all.end(), [](const manifest& a, const manifest& b) { return a.id.compare(b.id) < 0; });
  for (std::size_t i = 1; i < all.size(); ++i)
    if (all[i].id == all[i - 1].id)
      throw plugin_error(all[i].subject(), "discover",
                         "expected one plugin of this id, found another in " + all[i - 1].dir.string(),
                         "Take one of the folders away.");
  return all;
}

load_order in_order_of_need(std::vector<manifest> all) {
  load_order out;
  const auto has = [](const std::vector<manifest>& in, const std::string& id) {
    return std::any_of(in.begin(), in.end(), [&](const auto& m) { return m.id == id; });
  };
  const auto is_left = [&](const std::string& id) {
    return std::any_of(out.left.begin(), out.left.end(), [&](const auto& l) { return l.first.id == id; });
  };
  const auto leave = [&](const std::vector<manifest>::iterator& m, const std::string& what, const std::string& fix) {
    plugin_error why(m->subject(), "verify", what, fix);
    out.left.emplace_back(std::move(*m), std::move(why));
    all.erase(m);
  };
  while (!all.empty()) {
    const auto ready = std::find_if(all.begin(), all.end(), [&](const auto& m) {
      return std::all_of(m.requires_ids.begin(), m.requires_ids.end(),
                         [&](const auto& id) { return has(out.ordered, id); });
    });
    if (ready != all.end()) {
      out.ordered.push_back(std::move(*ready));
      all.erase(ready);
      continue;
    }
    const auto lacks = [&](const manifest& m) {
      return std::find_if(m.requires_ids.begin(), m.requires_ids.end(),
                          [&](const auto& id) { return !has(all, id) && !has(out.ordered, id); });
    };
    const auto lost =
        std::find_if(all.begin(), all.end(), [&](const auto& m) { return lacks(m) != m.requires_ids.end(); });
    if (lost == all.end()) {
      leave(all.begin(), "expected plugins that can be started in some order, found a circle of requirements",
            "Correct `requires` in their manifests.");
      continue;
    }
    const auto missing = *lacks(*lost);
    leave(lost,
          "expected the plugin " + missing + ", which it requires, found " +
              (is_left(missing) ? "that it cannot be loaded" : "none that is enabled"),
          "Install or enable " + missing + ", or disable " + lost->id + ".");
  }
  return out;
}

}  // namespace stoa::runtime

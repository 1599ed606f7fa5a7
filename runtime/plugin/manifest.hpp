// plugin.toml: what a plugin says of itself, and what must be true before its library is opened.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoa::runtime {

/// Why a plugin cannot be used. The text names the plugin, its file, the step, what was expected, what was found, and
/// the fix.
class plugin_error : public std::runtime_error {
 public:
  /// `subject` is the plugin with its file: `payments 1.0.0 (/opt/stoa/plugins/payments/libstoa_payments.so)`.
  plugin_error(const std::string& subject, std::string step, const std::string& what, const std::string& fix);
  ~plugin_error() override;
  /// `discover`, `verify`, `open`, `configure`, `migrate`, `statements`, `wire`, `start`, ...
  const std::string& step() const noexcept { return step_; }

 private:
  std::string step_;
};

/// `1.2.3`; parts left out are 0.
struct version_number {
  int major = 0, minor = 0, patch = 0;
  auto operator<=>(const version_number&) const = default;
  static std::optional<version_number> parse(std::string_view text);
};

/// Whether `version` lies in a range such as `>=1.0 <2`: comparisons (`>=`, `>`, `<=`, `<`, `=`) that must all hold.
/// nullopt where the range cannot be read.
std::optional<bool> in_range(const version_number& version, std::string_view range);

struct manifest {
  std::string id;
  std::string name;
  std::string version;
  std::string sdk;  ///< range of SDK versions
  std::string license;
  std::vector<std::string> requires_ids;     ///< plugins that must be started before
  std::vector<std::string> needs;            ///< areas of the SDK with their versions: `orders/1`
  std::map<std::string, std::string> areas;  ///< by name: the hash of the headers it was built from
  std::vector<std::string> outbound;         ///< hosts that it asks: see outbound_rules
  std::string library;                       ///< file name
  std::string sha256;                        ///< of the library, hex
  std::string fingerprint;
  std::string compiler;
  bool required = false;  ///< whether the server stops without it, where `[plugins.<id>] required` does not say
  std::filesystem::path dir;

  std::filesystem::path library_path() const { return dir / library; }
  std::filesystem::path migrations() const { return dir / "migrations"; }
  /// For errors: id, version and file.
  std::string subject() const;
};

/// Reads `dir/plugin.toml`. Throws plugin_error, step `discover`.
manifest read_manifest(const std::filesystem::path& dir);

/// What this server was built with.
struct sdk_identity {
  std::string version;
  std::string fingerprint;
  std::string compiler;
};
const sdk_identity& this_sdk();

/// Checks SDK range, fingerprint, each needed area and the library's hash without running anything of the plugin.
/// Throws plugin_error, step `verify`.
void verify(const manifest& m);

/// The manifests below `dir`, by id; folders whose name begins with a dot are passed over. Throws plugin_error.
std::vector<manifest> discover(const std::filesystem::path& dir);

/// Plugins in the order in which they are loaded, each after those it requires; and those that cannot be, with the
/// reason: they require one that is not there, or each other.
struct load_order {
  std::vector<manifest> ordered;
  std::vector<std::pair<manifest, plugin_error>> left;
};
load_order in_order_of_need(std::vector<manifest> all);

}  // namespace stoa::runtime

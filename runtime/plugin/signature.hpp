// Who vouches for a plugin's folder: an ed25519 signature over its manifest and the hashes of all its files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/plugin/manifest.hpp"

namespace stoa::runtime {

/// The file beside plugin.toml that holds it.
inline constexpr const char* signature_file = "plugin.sig";

/// What is signed: a line `<sha256> <path>` for every file of the folder but the signature, by path. Throws
/// std::runtime_error for what is neither file nor folder, such as a link, and for a file that cannot be read.
std::string signed_text(const std::filesystem::path& dir);

/// A new key: the private one goes to `file` (mode 0600), which must not be there; the public one is returned, as
/// `[plugins] trusted_keys` takes it: `ed25519:<64 hexadecimal digits>`. Throws std::runtime_error.
std::string make_signing_key(const std::filesystem::path& file);

/// Signs the folder with the private key of that file. Returns the public key. Throws std::runtime_error.
std::string sign_plugin(const std::filesystem::path& dir, const std::filesystem::path& private_key);

struct signature_policy {
  std::vector<std::string> trusted_keys;  ///< `ed25519:...`
  bool allow_unsigned = true;             ///< and what is signed with a key that is not among them
};

/// Holds the folder against its signature. `signed by ed25519:...` or `not signed`, in words. Throws plugin_error, step
/// `verify`, where a signature does not fit the files, and where the policy wants another.
std::string check_signature(const manifest& m, const signature_policy& policy);

/// Whether that is the text of a public key.
bool is_public_key(const std::string& text);

}  // namespace stoa::runtime

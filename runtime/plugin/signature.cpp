#include "runtime/plugin/signature.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>

#include "stoa/crypto.hpp"

namespace stoa::runtime {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t signature_bytes = 64;
constexpr std::string_view key_prefix = "ed25519:";
constexpr std::string_view first_line = "stoa plugin signature 1";

using key_ptr = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using context_ptr = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string public_text(EVP_PKEY* key) {
  std::array<std::uint8_t, key_bytes> raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1 || size != raw.size())
    throw std::runtime_error("the key is no ed25519 key");
  return std::string(key_prefix) + hex(raw);
}

key_ptr private_key_of(const fs::path& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "re"), std::fclose);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  key_ptr key(PEM_read_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (!key || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519)
    throw std::runtime_error(file.string() +
                             ": expected a private ed25519 key in PEM, as `stoa plugin keygen` writes it");
  return key;
}

bool fits(const std::string& public_key, const std::string& signature, const std::string& text) {
  const key_ptr key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(public_key), public_key.size()),
                    EVP_PKEY_free);
  const context_ptr context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
}

/// The hexadecimal text behind a word in a line; nothing where it is not of that many bytes.
std::optional<std::string> field(const std::string& line, std::string_view word, std::size_t size) {
  if (!line.starts_with(word)) return std::nullopt;
  auto raw = from_hex(std::string_view(line).substr(word.size()));
  if (!raw || raw->size() != size) return std::nullopt;
  return raw;
}

}  // namespace

bool is_public_key(const std::string& text) { return field(text, key_prefix, key_bytes).has_value(); }

std::string signed_text(const fs::path& dir) {
  std::vector<std::string> lines;
  for (auto at = fs::recursive_directory_iterator(dir); at != fs::recursive_directory_iterator(); ++at) {
    const auto path = at->path().lexically_relative(dir).generic_string();
    if (path == signature_file || (at->is_directory() && !at->is_symlink())) continue;
    if (!at->is_regular_file() || at->is_symlink())
      throw std::runtime_error("expected files and folders alone, found " + path);
    if (path.find('\n') != path.npos) throw std::runtime_error("expected names without line breaks");
    lines.push_back(path);
  }
  std::sort(lines.begin(), lines.end());
  std::string text(first_line);
  text += "\n";
  for (const auto& path : lines) text += hex(sha256(read_file(dir / path))) + " " + path + "\n";
  return text;
}

std::string make_signing_key(const fs::path& file) {
  const key_ptr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  if (!key) throw std::runtime_error("no key could be made");
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("cannot make " + file.string() + ": " + std::strerror(errno));
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(::fdopen(fd, "w"), std::fclose);
  if (!out || PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      std::fflush(out.get()) != 0)
    throw std::runtime_error("cannot write " + file.string());
  return public_text(key.get());
}

std::string sign_plugin(const fs::path& dir, const fs::path& private_key) {
  const auto key = private_key_of(private_key);
  const auto text = signed_text(dir);
  const context_ptr context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<std::uint8_t, signature_bytes> signature{};
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(text), text.size()) != 1)
    throw std::runtime_error("the folder could not be signed");
  const auto who = public_text(key.get());
  std::ofstream out(dir / signature_file, std::ios::trunc);
  out << first_line << "\n" << who << "\n" << hex(signature) << "\n";
  if (!out.flush()) throw std::runtime_error("cannot write " + (dir / signature_file).string());
  return who;
}

std::string check_signature(const manifest& m, const signature_policy& policy) {
  const auto refuse = [&](const std::string& what, const std::string& fix) {
    throw plugin_error(m.subject(), "verify", what, fix);
  };
  const auto file = m.dir / signature_file;
  if (!fs::exists(fs::symlink_status(file))) {
    if (!policy.allow_unsigned)
      refuse("expected a signature in " + std::string(signature_file) + ", found none",
             "Sign it with a trusted key (stoa plugin sign), or set [plugins] allow_unsigned = true.");
    return "not signed";
  }
  std::ifstream in(file);
  std::string head, who, hexadecimal;
  std::getline(in, head);
  std::getline(in, who);
  std::getline(in, hexadecimal);
  const auto key = field(who, key_prefix, key_bytes);
  const auto signature = field(hexadecimal, "", signature_bytes);
  if (head != first_line || !key || !signature)
    refuse("expected a signature of this version in " + std::string(signature_file) + ", found something else",
           "Sign it again with stoa plugin sign.");
  std::string text;
  try {
    text = signed_text(m.dir);
  } catch (const std::exception& e) {
    refuse(e.what(), "Install the plugin again.");
  }
  if (!fits(*key, *signature, text))
    refuse("expected the files that " + who + " signed, found others",
           "A file was changed, added or taken away: install the plugin again.");
  const bool trusted =
      std::find(policy.trusted_keys.begin(), policy.trusted_keys.end(), who) != policy.trusted_keys.end();
  if (!trusted && !policy.allow_unsigned)
    refuse("expected a signature by a key of [plugins] trusted_keys, found one by " + who,
           "Add the key where you trust it, or get the plugin from somebody you do.");
  return "signed by " + who + (trusted ? "" : ", which is not among [plugins] trusted_keys");
}

}  // namespace stoa::runtime

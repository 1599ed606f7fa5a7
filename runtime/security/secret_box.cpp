#include "runtime/security/secret_box.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include "stoa/crypto.hpp"

namespace stoa::runtime {
namespace {

constexpr std::string_view form = "1.";
constexpr std::size_t nonce_size = 12, tag_size = 16;

using cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
std::string_view text_of(const digest_256& d) { return {reinterpret_cast<const char*>(d.data()), d.size()}; }
int length_of(std::string_view text) { return static_cast<int>(text.size()); }

/// RFC 5869 with the zero salt, one block.
std::string derive(std::string_view key, std::string_view purpose) {
  const auto extracted = hmac_sha256(std::string(32, '\0'), key);
  const auto expanded = hmac_sha256(text_of(extracted), std::string(purpose) + '\x01');
  return std::string(text_of(expanded));
}

cipher begin() {
  cipher c(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  if (!c) throw std::bad_alloc();
  return c;
}

void must(int done) {
  if (done != 1) throw std::runtime_error("a secret cannot be sealed");
}

std::optional<std::string> open_with(const std::string& key, std::string raw, std::string_view context) {
  const auto c = begin();
  auto tag = raw.substr(raw.size() - tag_size);
  const auto nonce = raw.substr(0, nonce_size);
  const auto hidden = std::string_view(raw).substr(nonce_size, raw.size() - nonce_size - tag_size);
  std::string plain(hidden.size(), '\0');
  int n = 0;
  const bool good = EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) == 1 &&
                    EVP_DecryptUpdate(c.get(), nullptr, &n, bytes_of(context), length_of(context)) == 1 &&
                    EVP_DecryptUpdate(c.get(), bytes_of(plain), &n, bytes_of(hidden), length_of(hidden)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1 &&
                    EVP_DecryptFinal_ex(c.get(), bytes_of(plain) + n, &n) == 1;
  if (!good) return std::nullopt;
  return plain;
}

}  // namespace

secret_box::secret_box(std::string_view key, const std::vector<std::string>& older_keys, std::string_view purpose) {
  keys_.push_back(derive(key, purpose));
  for (const auto& older : older_keys) keys_.push_back(derive(older, purpose));
}

std::string secret_box::seal(std::string_view secret, std::string_view context) const {
  std::array<std::uint8_t, nonce_size> nonce;
  random_bytes(nonce);
  std::string hidden(secret.size(), '\0'), tag(tag_size, '\0');
  const auto c = begin();
  int n = 0;
  must(
      EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, bytes_of(std::string_view(keys_.front())), nonce.data()));
  must(EVP_EncryptUpdate(c.get(), nullptr, &n, bytes_of(context), length_of(context)));
  must(EVP_EncryptUpdate(c.get(), bytes_of(hidden), &n, bytes_of(secret), length_of(secret)));
  must(EVP_EncryptFinal_ex(c.get(), bytes_of(hidden) + n, &n));
  must(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, tag_size, tag.data()));
  const std::string start(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  return std::string(form) + base64url(start + hidden + tag);
}

std::optional<secret_box::opened> secret_box::open(std::string_view sealed, std::string_view context) const {
  if (!sealed.starts_with(form)) return std::nullopt;
  const auto raw = from_base64url(sealed.substr(form.size()));
  if (!raw || raw->size() < nonce_size + tag_size) return std::nullopt;
  for (const auto& key : keys_)
    if (auto plain = open_with(key, *raw, context)) {
      opened out{std::move(*plain), &key != &keys_.front()};
      return out;
    }
  return std::nullopt;
}

}  // namespace stoa::runtime

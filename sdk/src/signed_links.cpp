#include "stoa/signed_links.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include "stoa/crypto.hpp"

namespace stoa {
namespace {

constexpr std::size_t shortest_key = 32;

/// Each part with its length before it: no two lists of parts give the same text.
std::string signed_text(verb method, std::string_view path, std::string_view purpose, std::string_view expires) {
  std::string text = "stoa link 1";
  for (const auto part : {name_of(method), path, purpose, expires})
    text.append(1, '\n').append(std::to_string(part.size())).append(1, ':').append(part);
  return text;
}

std::optional<std::int64_t> second_of(std::string_view text) {
  std::int64_t second = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), second);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return second;
}

}  // namespace

link_signer::link_signer(std::vector<std::string> keys) : keys_(std::move(keys)) {
  if (keys_.empty()) throw std::invalid_argument("links are signed with a key");
  for (const auto& k : keys_)
    if (k.size() < shortest_key) throw std::invalid_argument("a key that signs links has at least 32 bytes");
}

std::string link_signer::link(verb method, std::string_view path, std::string_view purpose, timestamp expires) const {
  const auto second = std::to_string(std::chrono::floor<seconds>(expires).time_since_epoch().count());
  const auto signature = hmac_sha256(keys_.front(), signed_text(method, path, purpose, second));
  return std::string(path) + "?expires=" + second + "&signature=" + base64url(signature);
}

result<done> link_signer::check(const request& q, verb method, std::string_view path, std::string_view purpose) const {
  const auto expires = q.query("expires").value_or("");
  const auto signature = from_base64url(q.query("signature").value_or(""));
  const auto second = second_of(expires);
  bool good = false;
  if (signature && second) {
    const auto text = signed_text(method, path, purpose, expires);
    for (const auto& k : keys_) {
      const auto own = hmac_sha256(k, text);
      good |= constant_time_equal({reinterpret_cast<const char*>(own.data()), own.size()}, *signature);
    }
  }
  if (!good) return fault{fault_kind::forbidden, "LINK_INVALID", "This link is not one that this server made."};
  if (std::chrono::floor<seconds>(q.now).time_since_epoch().count() >= *second)
    return fault{fault_kind::forbidden, "LINK_EXPIRED", "This link has expired. Ask for a new one."};
  return done{};
}

}  // namespace stoa

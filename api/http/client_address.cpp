#include "api/http/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include "api/http/uri.hpp"
#include "stoa/text.hpp"

namespace stoa::http {

namespace {

std::optional<std::array<std::uint8_t, 16>> parse_address(std::string_view text) {
  if (text.size() > 60) return std::nullopt;
  const std::string s(text);
  std::array<std::uint8_t, 16> out{};
  if (s.find(':') != s.npos) {
    if (inet_pton(AF_INET6, s.c_str(), out.data()) != 1) return std::nullopt;
    return out;
  }
  out[10] = out[11] = 0xFF;
  if (inet_pton(AF_INET, s.c_str(), out.data() + 12) != 1) return std::nullopt;
  return out;
}

}  // namespace

trusted_proxies::trusted_proxies(const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    const auto n = parse_network(text);
    if (!n) throw std::invalid_argument("trusted_proxies: neither an address nor a network: " + text);
    proxies_.push_back(*n);
  }
}

std::optional<trusted_proxies::network> trusted_proxies::parse_network(std::string_view text) {
  network n;
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  n.bytes = *address;
  if (slash != text.npos) {
    const auto bits = text.substr(slash + 1);
    if (std::from_chars(bits.data(), bits.data() + bits.size(), n.bits).ec != std::errc{}) return std::nullopt;
    if (text.find(':') == text.npos) n.bits += 96;
    if (n.bits < 0 || n.bits > 128) return std::nullopt;
  }
  return n;
}

bool trusted_proxies::contains(const network& n, const std::array<std::uint8_t, 16>& a) {
  const int whole = n.bits / 8, rest = n.bits % 8;
  if (std::memcmp(n.bytes.data(), a.data(), static_cast<std::size_t>(whole)) != 0) return false;
  return rest == 0 ||
         (n.bytes[static_cast<std::size_t>(whole)] >> (8 - rest)) == (a[static_cast<std::size_t>(whole)] >> (8 - rest));
}

bool trusted_proxies::trusted(const std::string& address) const {
  const auto a = parse_address(address);
  return a && std::any_of(proxies_.begin(), proxies_.end(), [&](const network& n) { return contains(n, *a); });
}

bool trusted_proxies::over_tls(const incoming& in) const {
  if (proxies_.empty()) return false;
  const auto proto = in.header("X-Forwarded-Proto");
  return proto && same_word(trim(proto->substr(0, proto->find(','))), "https") && trusted(in.peer());
}

std::string trusted_proxies::client_address(const incoming& in) const {
  std::string peer = in.peer();
  if (proxies_.empty() || !trusted(peer)) return peer;
  auto list = in.header("X-Forwarded-For").value_or(std::string_view{});
  while (!list.empty()) {
    const auto comma = list.rfind(',');
    const auto one = trim(comma == list.npos ? list : list.substr(comma + 1));
    if (!parse_address(one)) break;
    peer = std::string(one);
    if (!trusted(peer) || comma == list.npos) break;
    list = list.substr(0, comma);
  }
  return peer;
}

std::string subject_of(const std::string& address) {
  if (address.find(':') == address.npos) return address;
  const auto bytes = parse_address(address);
  if (!bytes) return address;
  const auto* text = reinterpret_cast<const char*>(bytes->data());
  const bool mapped = std::all_of(bytes->begin(), bytes->begin() + 10, [](auto b) { return b == 0; }) &&
                      (*bytes)[10] == 0xFF && (*bytes)[11] == 0xFF;
  return mapped ? address.substr(address.rfind(':') + 1) : std::string(text, 8);
}

}  // namespace stoa::http

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

/// An element of X-Forwarded-For without its port: `198.51.100.21:40001`, `[2001:db8::1]:40001`, `[2001:db8::1]`.
std::string_view without_port(std::string_view node) {
  if (node.starts_with('[')) {
    const auto end = node.find(']');
    if (end == node.npos) return node;
    const auto rest = node.substr(end + 1);
    return rest.empty() || rest.front() == ':' ? node.substr(1, end - 1) : node;
  }
  const auto colon = node.find(':');
  // More than one colon is an IPv6 address by itself.
  return colon != node.npos && node.find(':', colon + 1) == node.npos ? node.substr(0, colon) : node;
}

/// The elements of a list, which may stand in several lines of one name.
std::vector<std::string_view> elements_of(const incoming& in, std::string_view name) {
  std::vector<std::string_view> out;
  in.each(name, [&](std::string_view line) {
    for (;;) {
      const auto comma = line.find(',');
      if (const auto one = trim(line.substr(0, comma)); !one.empty()) out.push_back(one);
      if (comma == line.npos) return;
      line.remove_prefix(comma + 1);
    }
  });
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

trusted_proxies::way trusted_proxies::way_of(const incoming& in) const {
  way w{in.peer(), 0};
  if (proxies_.empty() || !trusted(w.client)) return w;
  // Each proxy has added the address that it was called from: from the last one back as long as they are trusted.
  const auto listed = elements_of(in, "X-Forwarded-For");
  for (auto one = listed.rbegin(); one != listed.rend(); ++one) {
    const auto address = without_port(*one);
    if (!parse_address(address)) break;
    w.client = std::string(address);
    ++w.proxies;
    if (!trusted(w.client)) break;
  }
  return w;
}

bool trusted_proxies::over_tls(const incoming& in) const {
  if (proxies_.empty() || !trusted(in.peer())) return false;
  const auto listed = elements_of(in, "X-Forwarded-Proto");
  if (listed.empty()) return false;
  // What the outermost trusted proxy has said of its client, where each has added a word; what stands before that, the
  // client has said itself.
  const auto back = std::clamp<std::size_t>(way_of(in).proxies, 1, listed.size());
  return same_word(listed[listed.size() - back], "https");
}

std::string trusted_proxies::client_address(const incoming& in) const { return way_of(in).client; }

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

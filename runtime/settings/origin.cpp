#include "runtime/settings/origin.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "stoa/text.hpp"

namespace stoa::runtime {
namespace {

/// `[::1]` in its shortest form.
std::optional<std::string> canonical_v6(std::string_view bracketed) {
  if (bracketed.size() < 4 || bracketed.size() > 60 || bracketed.back() != ']') return std::nullopt;
  in6_addr bytes{};
  if (inet_pton(AF_INET6, std::string(bracketed.substr(1, bracketed.size() - 2)).c_str(), &bytes) != 1)
    return std::nullopt;
  char text[INET6_ADDRSTRLEN];
  return "[" + std::string(inet_ntop(AF_INET6, &bytes, text, sizeof text)) + "]";
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() < 256 && host.front() != '.' && host.find("..") == host.npos &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
         });
}

}  // namespace

std::optional<std::string> canonical_origin(std::string_view text) {
  std::string out = ascii_lower(text);
  if (out.ends_with('/')) out.pop_back();
  const bool tls = out.starts_with("https://");
  if (!tls && !out.starts_with("http://")) return std::nullopt;
  const std::string scheme = tls ? "https://" : "http://";
  const std::string_view rest = std::string_view(out).substr(scheme.size());
  const auto bracket = rest.starts_with('[') ? std::min(rest.find(']'), rest.size()) : 0;
  const auto colon = rest.find(':', bracket);
  std::string host(rest.substr(0, colon));
  if (bracket > 0) {
    auto v6 = canonical_v6(host);
    if (!v6) return std::nullopt;
    host = std::move(*v6);
  } else if (!is_host(host)) {
    return std::nullopt;
  }
  if (colon == rest.npos) return scheme + host;
  const auto port = rest.substr(colon + 1);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535) return std::nullopt;
  return number == (tls ? 443u : 80u) ? scheme + host : scheme + host + ":" + std::to_string(number);
}

}  // namespace stoa::runtime

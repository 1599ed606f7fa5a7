// Whose address a request comes from: peers, trusted proxies, X-Forwarded-For.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.hpp"

namespace stoa::http {

/// The proxies whose word on their clients counts. Thread-safe: it never changes.
class trusted_proxies {
 public:
  /// Addresses and networks (`10.0.0.0/8`). Throws std::invalid_argument where a text is neither.
  explicit trusted_proxies(const std::vector<std::string>& texts);

  /// The peer, or behind trusted proxies the nearest address that is none of them.
  std::string client_address(const incoming& in) const;
  /// Whether a trusted proxy says that its client came over TLS.
  bool over_tls(const incoming& in) const;

 private:
  /// An address or network, IPv4 mapped into IPv6.
  struct network {
    std::array<std::uint8_t, 16> bytes{};
    int bits = 128;
  };

  /// Where a request came from, and how many trusted proxies have told so.
  struct way {
    std::string client;
    std::size_t proxies = 0;
  };

  way way_of(const incoming& in) const;
  static std::optional<network> parse_network(std::string_view text);
  static bool contains(const network& n, const std::array<std::uint8_t, 16>& a);
  bool trusted(const std::string& address) const;

  std::vector<network> proxies_;
};

/// Whom a limit by address counts: an IPv6 client owns its whole /64, an IPv4 one in IPv6 clothes only itself.
std::string subject_of(const std::string& address);

}  // namespace stoa::http

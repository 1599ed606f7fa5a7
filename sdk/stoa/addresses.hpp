// Which addresses belong to the public internet.
#pragma once

struct sockaddr;

namespace stoa {

/// Whether a server may be made to connect there by somebody else: false for loopback, private, link-local,
/// carrier-grade NAT, multicast, unspecified, documentation and reserved addresses, and for IPv6 forms that carry such
/// an IPv4 address. For whoever connects by itself; `http_client` asks already.
bool is_public(const sockaddr& address) noexcept;

}  // namespace stoa

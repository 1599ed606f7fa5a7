#include "stoa/addresses.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace stoa {

namespace {

struct block {
  std::uint32_t network;
  int bits;
};

constexpr std::uint32_t quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

/// IANA's special-purpose registry, as far as it is not globally reachable.
constexpr block not_public_v4[] = {
    {quad(0, 0, 0, 0), 8},      {quad(10, 0, 0, 0), 8},     {quad(100, 64, 0, 0), 10}, {quad(127, 0, 0, 0), 8},
    {quad(169, 254, 0, 0), 16}, {quad(172, 16, 0, 0), 12},  {quad(192, 0, 0, 0), 24},  {quad(192, 0, 2, 0), 24},
    {quad(192, 88, 99, 0), 24}, {quad(192, 168, 0, 0), 16}, {quad(198, 18, 0, 0), 15}, {quad(198, 51, 100, 0), 24},
    {quad(203, 0, 113, 0), 24}, {quad(224, 0, 0, 0), 4},    {quad(240, 0, 0, 0), 4},
};

bool public_v4(std::uint32_t host_order) {
  return std::none_of(std::begin(not_public_v4), std::end(not_public_v4),
                      [&](const block& b) { return (host_order ^ b.network) >> (32 - b.bits) == 0; });
}

std::uint32_t quad_at(const std::uint8_t* b) { return quad(b[0], b[1], b[2], b[3]); }

bool public_v6(const std::uint8_t (&b)[16]) {
  const auto starts = [&](std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), b);
  };
  const std::uint8_t none[16] = {};
  // Forms that lead to an IPv4 address count as that address.
  if (std::memcmp(b, none, 10) == 0 && b[10] == 0xff && b[11] == 0xff) return public_v4(quad_at(b + 12));
  if (starts({0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return public_v4(quad_at(b + 12));
  if (starts({0x20, 0x02})) return public_v4(quad_at(b + 2));
  // Only 2000::/3 is given out; Teredo, ORCHID and documentation lie within it.
  if ((b[0] & 0xe0) != 0x20) return false;
  return !starts({0x20, 0x01, 0x00}) && !starts({0x20, 0x01, 0x0d, 0xb8}) && !(starts({0x3f, 0xff}) && b[2] < 0x10);
}

}  // namespace

bool is_public(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return public_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    std::uint8_t bytes[16];
    std::memcpy(bytes, &v6.sin6_addr, sizeof bytes);
    return public_v6(bytes);
  }
  return false;
}

}  // namespace stoa

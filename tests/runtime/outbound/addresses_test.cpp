#include "runtime/outbound/addresses.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <string>

using stoa::runtime::is_public;

namespace {

bool is_public_text(const std::string& text) {
  if (text.find(':') == text.npos) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    REQUIRE(::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1);
    return is_public(reinterpret_cast<const sockaddr&>(v4));
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  REQUIRE(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1);
  return is_public(reinterpret_cast<const sockaddr&>(v6));
}

}  // namespace

TEST_CASE("addresses nobody may be sent to", "[outbound]") {
  for (const char* a :
       {"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "255.255.255.255"}) {
    INFO(a);
    CHECK_FALSE(is_public_text(a));
  }
  for (const char* a : {"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "fe80::1", "fec0::1",
                        "fc00::1", "fd12::1", "ff02::1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
                        "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1", "3fff::1", "100::1"}) {
    INFO(a);
    CHECK_FALSE(is_public_text(a));
  }
}

TEST_CASE("addresses of the public internet", "[outbound]") {
  for (const char* a : {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
                        "192.167.0.1", "223.255.255.254", "2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
                        "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:4860::8888"}) {
    INFO(a);
    CHECK(is_public_text(a));
  }
}

TEST_CASE("other families lead nowhere public", "[outbound]") {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK_FALSE(is_public(reinterpret_cast<const sockaddr&>(local)));
}

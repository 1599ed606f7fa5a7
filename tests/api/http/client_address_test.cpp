#include "api/http/client_address.hpp"

#include <catch2/catch.hpp>

#include "support.hpp"

using namespace stoa;

namespace {

const http::trusted_proxies known({"192.0.2.0/24", "2001:db8:ffff::/48"});

test::fake_request from(test::fields lines, std::string peer = "192.0.2.1") {
  test::fake_request r;
  r.address = std::move(peer);
  r.fields = std::move(lines);
  return r;
}
std::string client(test::fields lines, std::string peer = "192.0.2.1") {
  return known.client_address(from(std::move(lines), std::move(peer)));
}
bool tls(test::fields lines) { return known.over_tls(from(std::move(lines))); }

const std::string forwarded = "X-Forwarded-For", proto = "X-Forwarded-Proto";

}  // namespace

TEST_CASE("several lines of X-Forwarded-For are one list", "[address]") {
  // The client's own line comes first, the proxy's behind it.
  CHECK(client({{forwarded, "10.9.9.9"}, {forwarded, "198.51.100.7"}}) == "198.51.100.7");
  CHECK(client({{forwarded, "10.9.9.9, 203.0.113.5"}, {forwarded, "198.51.100.7"}, {forwarded, "192.0.2.9"}}) ==
        "198.51.100.7");
  CHECK(client({{forwarded, "198.51.100.7"}, {"x-forwarded-for", " , 192.0.2.9 ,"}}) == "198.51.100.7");
  CHECK(client({{forwarded, "10.9.9.9"}, {forwarded, "198.51.100.7"}}, "203.0.113.1") == "203.0.113.1");
}

TEST_CASE("elements with a port are addresses", "[address]") {
  CHECK(client({{forwarded, "198.51.100.21:40001"}}) == "198.51.100.21");
  CHECK(client({{forwarded, "[2001:db8::7]:40001"}}) == "2001:db8::7");
  CHECK(client({{forwarded, "[2001:db8::7]"}}) == "2001:db8::7");
  CHECK(client({{forwarded, "2001:db8::7"}}) == "2001:db8::7");
  CHECK(client({{forwarded, "198.51.100.21:1, [2001:db8:ffff::1]:443, 192.0.2.9:80"}}) == "198.51.100.21");
  CHECK(client({{forwarded, "198.51.100.21, unknown"}}) == "192.0.2.1");
  CHECK(client({{forwarded, "[2001:db8::7"}}) == "192.0.2.1");
  CHECK(client({{forwarded, "[2001:db8::7]x"}}) == "192.0.2.1");
}

TEST_CASE("the scheme is what the outermost trusted proxy says of its client", "[address]") {
  CHECK(tls({{proto, "https"}}));
  CHECK(tls({{forwarded, "198.51.100.7"}, {proto, "HTTPS"}}));
  // A line of the client's own does not count.
  CHECK_FALSE(tls({{forwarded, "198.51.100.7"}, {proto, "https"}, {proto, "http"}}));
  CHECK_FALSE(tls({{forwarded, "198.51.100.7"}, {proto, "https, http"}}));
  // Two proxies, each with its word.
  CHECK(tls({{forwarded, "198.51.100.7, 192.0.2.9"}, {proto, "https, http"}}));
  CHECK(tls({{forwarded, "198.51.100.7, 192.0.2.9"}, {proto, "https"}}));
  CHECK_FALSE(tls({{forwarded, "198.51.100.7"}}));
}

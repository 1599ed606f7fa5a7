#include "runtime/security/signatures.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "stoa/crypto.hpp"

using namespace stoa;
using namespace stoa::runtime;

TEST_CASE("published digests", "[signatures]") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231, cases 2 and 6.
  CHECK(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac_sha256_hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("signatures are checked exactly", "[signatures]") {
  const auto good = hmac_sha256_hex("key", "body");
  auto upper = good;
  std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  CHECK(verify_hmac_sha256_hex("key", "body", good));
  CHECK(verify_hmac_sha256_hex("key", "body", upper));
  CHECK_FALSE(verify_hmac_sha256_hex("kez", "body", good));
  CHECK_FALSE(verify_hmac_sha256_hex("key", "bodz", good));
  CHECK_FALSE(verify_hmac_sha256_hex("key", "body", good.substr(0, 62)));
  CHECK_FALSE(verify_hmac_sha256_hex("key", "body", good + "00"));
  CHECK_FALSE(verify_hmac_sha256_hex("key", "body", ""));
  CHECK_FALSE(verify_hmac_sha256_hex("key", "body", std::string(64, 'g')));
  CHECK_FALSE(verify_hmac_sha256_hex("", "body", hmac_sha256_hex("", "body")));
}

TEST_CASE("base64url is strict", "[signatures]") {
  for (std::size_t n = 0; n < 70; ++n) {
    std::string bytes(n, '\0');
    random_bytes({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    CHECK(from_base64url(base64url(bytes)) == bytes);
    CHECK(from_hex(hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()})) == bytes);
  }
  CHECK(base64url("\xfb\xff\xbf") == "-_-_");
  CHECK(base64url("f") == "Zg");
  for (const auto* text : {"A", "Zg==", "Zh", "Zm9=", "+/+/", "Zm 9", "Zm9v\n", "AAAAA"})
    CHECK_FALSE(from_base64url(text));
  for (const auto* text : {"0", "0g", "0x12", " 00"}) CHECK_FALSE(from_hex(text));
}

TEST_CASE("secrets are long, clean and different", "[signatures]") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto t = random_token();
    CHECK(t.size() == 43);
    CHECK(from_base64url(t).has_value());
    seen.insert(t);
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("codes have their digits, all of them about as often", "[signatures]") {
  CHECK(random_digits(0).empty());
  CHECK(random_digits(6).size() == 6);
  const auto many = random_digits(100'000);
  for (char c = '0'; c <= '9'; ++c) {
    const auto n = std::ranges::count(many, c);
    CHECK(n > 9000);
    CHECK(n < 11'000);
  }
}

TEST_CASE("comparison", "[signatures]") {
  CHECK(constant_time_equal("", ""));
  CHECK(constant_time_equal("abc", "abc"));
  CHECK_FALSE(constant_time_equal("abc", "abd"));
  CHECK_FALSE(constant_time_equal("abc", "abcd"));
}

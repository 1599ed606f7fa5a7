#include "runtime/security/totp.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace stoa;
using namespace stoa::runtime;

namespace {

/// RFC 6238, appendix B: the secret of its SHA-1 column.
constexpr const char* published = "12345678901234567890";

timestamp at(std::int64_t unix_seconds) { return from_unix_us(unix_seconds * 1'000'000); }

}  // namespace

TEST_CASE("published codes of the clock", "[totp]") {
  // The last six of the eight digits that the RFC prints.
  CHECK(totp_code(published, totp_step(at(59))) == "287082");
  CHECK(totp_code(published, totp_step(at(1'111'111'109))) == "081804");
  CHECK(totp_code(published, totp_step(at(1'111'111'111))) == "050471");
  CHECK(totp_code(published, totp_step(at(1'234'567'890))) == "005924");
  CHECK(totp_code(published, totp_step(at(2'000'000'000))) == "279037");
  CHECK(totp_code(published, totp_step(at(20'000'000'000))) == "353130");
}

TEST_CASE("a code fits its own period and those beside it", "[totp]") {
  const auto now = at(1'111'111'109);
  const auto step = totp_step(now);
  for (std::int64_t beside : {-1, 0, 1})
    CHECK(totp_match(published, totp_code(published, step + beside), now, 0) == step + beside);
  for (std::int64_t beside : {-2, 2}) CHECK_FALSE(totp_match(published, totp_code(published, step + beside), now, 0));
  for (const auto* none : {"", "0", "08180", "0818040", "abcdef", "081 804"})
    CHECK_FALSE(totp_match(published, none, now, 0));
  CHECK_FALSE(totp_match("another secret of 20", totp_code(published, step), now, 0));
}

TEST_CASE("a code that was spent is still known as the code of its period", "[totp]") {
  const auto now = at(1'111'111'109);
  CHECK(totp_match(published, "081804", now, totp_step(now)) == totp_step(now));
}

TEST_CASE("base32 as RFC 4648 prints it, without padding", "[totp]") {
  CHECK(base32("f") == "MY");
  CHECK(base32("fo") == "MZXQ");
  CHECK(base32("foo") == "MZXW6");
  CHECK(base32("foob") == "MZXW6YQ");
  CHECK(base32("fooba") == "MZXW6YTB");
  CHECK(base32("foobar") == "MZXW6YTBOI");
}

TEST_CASE("secrets have 160 bits and differ", "[totp]") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto secret = make_totp_secret();
    CHECK(secret.size() == 20);
    CHECK(base32(secret).size() == 32);
    seen.insert(secret);
  }
  CHECK(seen.size() == 100);
}

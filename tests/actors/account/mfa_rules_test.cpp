#include "actors/account/mfa_rules.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "actors/account/mfa_codes.hpp"
#include "runtime/security/totp.hpp"

using namespace stoa;
using namespace stoa::actors;
using kind = mfa_rules::typed_code::kind;

namespace {

class silent final : public logger {
 public:
  bool enabled(log_level) const noexcept override { return false; }
  void write(log_level, std::string_view, log_fields) override {}
};

mfa_state on() {
  mfa_state m;
  m.mfa_secret = "sealed";
  m.mfa_last_step = 100;
  m.mfa_recovery = "one two three";
  m.mfa_version = 2;
  return m;
}

code_proof of_step(std::int64_t step, std::int64_t version = 2) { return {version, step, {}, {}}; }
code_proof of_recovery(const std::string& hash) { return {2, 0, hash, {}}; }

}  // namespace

TEST_CASE("codes are read with the blanks and hyphens that people add", "[mfa]") {
  for (const auto* text : {"123456", "123 456", " 123-456 "}) {
    CHECK(mfa_rules::read_code(text).what == kind::clock);
    CHECK(mfa_rules::read_code(text).text == "123456");
  }
  for (const auto* text : {"abcd-efgh-ijkl-mn27", "ABCD EFGH IJKL MN27", "abcdefghijklmn27"}) {
    CHECK(mfa_rules::read_code(text).what == kind::recovery);
    CHECK(mfa_rules::read_code(text).text == "abcdefghijklmn27");
  }
  for (const auto* text : {"", " ", "--"}) CHECK(mfa_rules::read_code(text).what == kind::none);
  for (const auto* text : {"12345", "1234567", "12345a", "abcd-efgh-ijkl-mn01", "abcd-efgh", "١٢٣٤٥٦"})
    CHECK(mfa_rules::read_code(text).what == kind::neither);
}

TEST_CASE("recovery codes: ten, readable, different, kept as hashes of their owner", "[mfa]") {
  std::set<std::string> seen;
  const auto codes = mfa_rules::fresh_recovery_codes();
  CHECK(codes.size() == 10);
  for (const auto& code : codes) {
    CHECK(code.size() == 19);
    CHECK(mfa_rules::read_code(code).what == kind::recovery);
    seen.insert(code);
  }
  CHECK(seen.size() == 10);
  const auto ada = user_id::make(), bob = user_id::make();
  CHECK(mfa_codes::hashes_of(ada, codes) != mfa_codes::hashes_of(bob, codes));
  CHECK(mfa_codes::hashes_of(ada, codes)[0].find(codes[0].substr(0, 4)) == std::string::npos);
}

TEST_CASE("a period's code is spent once, and with it those before it", "[mfa]") {
  const auto spent = mfa_rules::spend(on(), of_step(101));
  REQUIRE(spent);
  CHECK(spent->mfa_last_step == 101);
  for (std::int64_t step : {99, 100}) CHECK_FALSE(mfa_rules::spend(on(), of_step(step)));
  CHECK_FALSE(mfa_rules::spend(*spent, of_step(101)));
  CHECK(mfa_rules::spend(*spent, of_step(102)));
}

TEST_CASE("a recovery code is spent once", "[mfa]") {
  const auto spent = mfa_rules::spend(on(), of_recovery("two"));
  REQUIRE(spent);
  CHECK(spent->mfa_recovery == "one three");
  CHECK(mfa_rules::recovery_left(*spent) == 2);
  CHECK(spent->mfa_last_step == 100);
  CHECK_FALSE(mfa_rules::spend(*spent, of_recovery("two")));
  CHECK_FALSE(mfa_rules::spend(on(), of_recovery("four")));
  CHECK_FALSE(mfa_rules::has_recovery(on(), ""));
}

TEST_CASE("a code proves the secret that it was shown for", "[mfa]") {
  CHECK_FALSE(mfa_rules::spend(on(), of_step(101, 1)));
  CHECK_FALSE(mfa_rules::spend(mfa_state{}, of_step(101, 0)));
  CHECK(mfa_rules::spend(on(), of_step(101, 1)).refusal().code == "INVALID_MFA_CODE");
}

TEST_CASE("a secret that was sealed with an older key is kept as it is sealed now", "[mfa]") {
  auto code = of_step(101);
  code.resealed = "sealed anew";
  CHECK(mfa_rules::spend(on(), code)->mfa_secret == "sealed anew");
}

TEST_CASE("what waits for its first code changes nothing, and never replaces what is on", "[mfa]") {
  const auto begun = mfa_rules::begin({}, "sealed one");
  REQUIRE(begun);
  CHECK_FALSE(begun->on());
  CHECK(mfa_rules::begin(*begun, "sealed two")->mfa_pending == "sealed two");
  CHECK(mfa_rules::begin(on(), "sealed two").refusal().code == "MFA_ALREADY_ENABLED");
}

TEST_CASE("the first code makes the secret that waited the second factor", "[mfa]") {
  mfa_state waits;
  waits.mfa_pending = "sealed";
  waits.mfa_version = 4;
  const auto now_on = mfa_rules::confirm(waits, "sealed", 100, {"one", "two"});
  REQUIRE(now_on);
  CHECK(now_on->on());
  CHECK(now_on->mfa_secret == "sealed");
  CHECK(now_on->mfa_pending.empty());
  CHECK(now_on->mfa_version == 5);
  CHECK(mfa_rules::recovery_left(*now_on) == 2);
  // The code that was shown is spent.
  CHECK_FALSE(mfa_rules::spend(*now_on, of_step(100, 5)));
  CHECK(mfa_rules::confirm(waits, "another", 100, {}).refusal().code == "MFA_NOT_BEGUN");
  CHECK(mfa_rules::confirm({}, "", 100, {}).refusal().code == "MFA_NOT_BEGUN");
  CHECK(mfa_rules::confirm(*now_on, "sealed", 101, {}).refusal().code == "MFA_ALREADY_ENABLED");
}

TEST_CASE("a code takes the second factor away, and gives new recovery codes", "[mfa]") {
  const auto off = mfa_rules::end(on(), of_step(101));
  REQUIRE(off);
  CHECK_FALSE(off->on());
  CHECK(off->mfa_recovery.empty());
  CHECK(mfa_rules::end(on(), of_recovery("one")));
  CHECK(mfa_rules::end(on(), of_step(100)).refusal().kind == fault_kind::rejected);
  CHECK(mfa_rules::end({}, of_step(101)).refusal().code == "MFA_NOT_ENABLED");
  CHECK(mfa_rules::replace_recovery(on(), of_recovery("one"), {"four"})->mfa_recovery == "four");
  CHECK(mfa_rules::replace_recovery(on(), of_step(100), {"four"}).refusal().code == "INVALID_MFA_CODE");
  CHECK(mfa_rules::replace_recovery({}, of_step(101), {"four"}).refusal().code == "MFA_NOT_ENABLED");
}

TEST_CASE("codes are judged by the sealed secret of their account", "[mfa]") {
  using verdict = judged_code::verdict;
  silent log;
  const mfa_codes codes(runtime::secret_box("a key of thirty-two bytes or more, for tests", {}, "second factors"), log);
  const auto ada = user_id::make();
  const auto now = *parse_rfc3339("2026-01-27T12:00:00Z");
  const auto secret = runtime::make_totp_secret();
  const auto recovery = mfa_rules::fresh_recovery_codes();
  mfa_state m;
  m.mfa_pending = codes.seal(ada, secret);
  const auto step = runtime::totp_step(now);
  CHECK(codes.first_step(ada, m, runtime::totp_code(secret, step), now) == step);
  CHECK_FALSE(codes.first_step(user_id::make(), m, runtime::totp_code(secret, step), now));
  CHECK_FALSE(codes.first_step(ada, m, recovery[0], now));
  m = *mfa_rules::confirm(m, m.mfa_pending, step, mfa_codes::hashes_of(ada, recovery));

  const auto judge = [&](const std::string& code) { return codes.judge(ada, m, code, now).what; };
  CHECK(judge(runtime::totp_code(secret, step + 1)) == verdict::right);
  CHECK(judge(runtime::totp_code(secret, step)) == verdict::spent);
  CHECK(judge(runtime::totp_code(secret, step + 2)) == verdict::wrong);
  CHECK(judge("") == verdict::missing);
  CHECK(judge("12345") == verdict::wrong);
  CHECK(judge(recovery[3]) == verdict::right);
  CHECK(judge("aaaa-aaaa-aaaa-aaaa") == verdict::wrong);
  CHECK(codes.judge(user_id::make(), m, recovery[3], now).what == verdict::wrong);
  // Without the key that sealed the secret no code of the clock is a guess, and recovery codes go on working.
  const mfa_codes lost(runtime::secret_box("another key of more than thirty-two bytes", {}, "second factors"), log);
  CHECK(lost.judge(ada, m, runtime::totp_code(secret, step + 1), now).what == verdict::spent);
  CHECK(lost.judge(ada, m, recovery[3], now).what == verdict::right);
}

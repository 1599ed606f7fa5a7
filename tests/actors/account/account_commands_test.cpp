// What an account decides of the commands it is told.
#include <catch2/catch.hpp>

#include "actors/account/account.hpp"

using namespace stoa;
using namespace stoa::actors;

namespace {

const moment noon{*parse_rfc3339("2026-01-27T12:00:00Z"), uuid::make_v7()};

account_state with_password_version(std::int64_t n) {
  account_state a;
  a.id = user_id::make();
  a.password_version = n;
  a.version = 10 + n;
  return a;
}

/// Of the account as `with_password_version` makes it.
password_proof proof_of(std::int64_t version) { return {10 + version, version}; }

begin_session on_password(std::int64_t version) {
  begin_session told;
  told.session = {session_id::make(), "lms", noon.now + days{7}};
  told.proof = proof_of(version);
  return told;
}

}  // namespace

TEST_CASE("no session is opened on a password that was replaced since it was verified", "[account]") {
  auto told = on_password(1);
  CHECK(decide(with_password_version(1), told, noon)->next);
  // Nor does its stronger hash come back over the new one.
  told.stronger_hash = "$argon2id$of-the-old-one";
  const auto late = decide(with_password_version(2), told, noon);
  REQUIRE_FALSE(late.ok());
  CHECK(late.refusal().code == "INVALID_CREDENTIALS");
}

TEST_CASE("a password proves the one change that it was verified for", "[account]") {
  CHECK(decide(with_password_version(4), replace_password{proof_of(4), "new"}, noon)->next);
  const auto second = decide(with_password_version(5), replace_password{proof_of(4), "new"}, noon);
  REQUIRE_FALSE(second.ok());
  CHECK(second.refusal().code == "WRONG_PASSWORD");
}

TEST_CASE("an account older than the password that was verified leaves the judgement to the row", "[account]") {
  CHECK(decide(with_password_version(1), on_password(2), noon)->next);
  CHECK(decide(with_password_version(1), replace_password{proof_of(2), "new"}, noon)->next);
}

TEST_CASE("no session is opened for an account that is switched off", "[account]") {
  auto off = with_password_version(1);
  off.active = false;
  CHECK_FALSE(decide(off, on_password(1), noon).ok());
  // Unless the row that was looked at is newer, and it was switched on again.
  --off.version;
  CHECK(decide(off, on_password(1), noon)->next);
}

// -- the second factor

namespace {

account_state with_second_factor() {
  auto a = with_password_version(1);
  a.mfa.mfa_secret = "sealed";
  a.mfa.mfa_version = 1;
  a.mfa.mfa_last_step = 100;
  a.mfa.mfa_recovery = "one two";
  return a;
}

begin_session with_step(std::int64_t step) {
  auto told = on_password(1);
  told.code = {1, step, {}, {}};
  return told;
}

}  // namespace

TEST_CASE("no session is opened without a code where there is a second factor", "[account][mfa]") {
  const auto bare = decide(with_second_factor(), on_password(1), noon);
  REQUIRE_FALSE(bare.ok());
  CHECK(bare.refusal().code == "MFA_REQUIRED");
  CHECK(bare.refusal().kind == fault_kind::unauthenticated);
  const auto opened = decide(with_second_factor(), with_step(101), noon);
  REQUIRE(opened.ok());
  CHECK(opened->next->mfa.mfa_last_step == 101);
}

TEST_CASE("of sign-ins that were proved by one code the first opens a session", "[account][mfa]") {
  const auto first = decide(with_second_factor(), with_step(101), noon);
  auto after = *first->next;
  ++after.version;
  const auto second = decide(after, with_step(101), noon);
  REQUIRE_FALSE(second.ok());
  CHECK(second.refusal().code == "INVALID_MFA_CODE");
}

TEST_CASE("a code is not wanted any more where the second factor went meanwhile", "[account][mfa]") {
  CHECK(decide(with_password_version(1), with_step(101), noon).ok());
}

TEST_CASE("an account older than the row a code was found right by leaves the judgement to the row", "[account][mfa]") {
  auto older = with_password_version(1);
  --older.version;
  const auto told = with_step(101);
  const auto next = decide(older, told, noon);
  REQUIRE(next.ok());
  // The write names the older version: nothing is written, and the state is read again.
  CHECK(next->next->version == older.version);
  confirm_mfa confirm;
  confirm.account_version = older.version + 1;
  confirm.pending = "sealed";
  CHECK(decide(older, confirm, noon).ok());
  confirm.account_version = older.version;
  CHECK_FALSE(decide(older, confirm, noon).ok());
}

TEST_CASE("a second factor that is on is not begun anew, and an operator takes it away", "[account][mfa]") {
  CHECK(decide(with_second_factor(), begin_mfa{"another"}, noon).refusal().code == "MFA_ALREADY_ENABLED");
  CHECK(decide(with_password_version(1), begin_mfa{"another"}, noon)->next->mfa.mfa_pending == "another");
  CHECK_FALSE(decide(with_second_factor(), take_mfa_away{}, noon)->next->mfa.on());
}

// What an account decides of the commands it is told.
#include <catch2/catch.hpp>

#include "actors/account/account.hpp"

using namespace stoa;
using namespace stoa::actors;

namespace {

const moment noon{*parse_rfc3339("2026-01-27T12:00:00Z"), uuid::make_v7()};

account with_password_version(std::int64_t n) {
  account a;
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

#include <catch2/catch.hpp>

#include <set>

#include "actors/account/account.hpp"
#include "actors/session/sign_in_budget.hpp"
#include "actors/session/sign_in_guard.hpp"

using namespace stoa;
using namespace stoa::actors;

namespace {

const moment m{*parse_rfc3339("2026-01-27T16:05:00Z"), uuid::make_v7()};

account_state somebody() {
  account_state a;
  a.id = user_id::make();
  a.version = 7;
  a.password_version = 3;
  return a;
}

}  // namespace

TEST_CASE("a link's secret is 32 random bytes, and what is kept of it is a hash", "[account][mailed]") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto t = mail_rules::make_token();
    CHECK(t.secret.size() == 43);
    CHECK(t.hash.size() == 64);
    CHECK(t.hash == mail_rules::hash_of(t.secret));
    CHECK(t.hash.find(t.secret) == std::string::npos);
    seen.insert(t.secret);
  }
  CHECK(seen.size() == 100);
}

TEST_CASE("a link is a page with the secret behind it", "[account][mailed]") {
  CHECK(mail_rules::link("https://a.example/reset", "s") == "https://a.example/reset?token=s");
  CHECK(mail_rules::link("https://a.example/reset/", "s") == "https://a.example/reset/?token=s");
  CHECK(mail_rules::link("https://a.example/?to=reset", "s") == "https://a.example/?to=reset&token=s");
}

TEST_CASE("how long a link is good, in words", "[account][mailed]") {
  CHECK(mail_rules::in_words(hours{1}) == "1 hour");
  CHECK(mail_rules::in_words(hours{36}) == "36 hours");
  CHECK(mail_rules::in_words(days{3}) == "3 days");
  CHECK(mail_rules::in_words(minutes{90}) == "90 minutes");
  CHECK(mail_rules::in_words(seconds{1}) == "1 second");
}

TEST_CASE("an account gets so many mails in an hour", "[account][mailed]") {
  CHECK(mail_rules::may_write(0, 2));
  CHECK(mail_rules::may_write(1, 2));
  CHECK_FALSE(mail_rules::may_write(2, 2));
  CHECK(mail_rules::may_write(1000, 0));
}

TEST_CASE("a link opens the password that it was mailed beside, and no other", "[account][mailed]") {
  auto now = somebody();
  const auto decided = [&](std::int64_t version, std::int64_t password_version) {
    return decide(now, actors::reset_password{{version, password_version}, "hash"}, m);
  };
  CHECK(decided(7, 3));
  CHECK(decided(2, 3));  // signed in since
  // Memory that is behind is no judge: the write's version is.
  CHECK(decided(9, 4));
  for (const auto& dead : {decided(7, 2), decided(7, 4)}) {
    REQUIRE(!dead);
    CHECK(dead.refusal().code == "LINK_INVALID");
    CHECK(dead.refusal().kind == fault_kind::rejected);
  }
  now.active = false;
  CHECK(!decided(7, 3));
}

TEST_CASE("a mailed link lifts the lock on sign-ins, and only a full count locks again", "[account][mailed]") {
  session_rules::lock_policy policy;
  session_rules::guard_state g;
  for (std::size_t i = 0; i < policy.failures; ++i) g = session_rules::failed(g, policy, m.now);
  REQUIRE(!session_rules::check(g, m.now));
  const auto lifted = decide(g, lift_lock{}, m);
  REQUIRE(lifted);
  const auto& next = *lifted.value().next;
  CHECK(session_rules::check(next, m.now));
  CHECK(next.failures.empty());
  CHECK(session_rules::check(session_rules::failed(next, policy, m.now), m.now));
}

TEST_CASE("a budget counts each address by itself, for an hour", "[account][mailed]") {
  hourly_budget<std::string> budget(2);
  CHECK(budget.take("a", m.now));
  CHECK(budget.take("a", m.now));
  const auto refused = budget.take("a", m.now + minutes{59});
  REQUIRE(!refused);
  CHECK(refused.refusal().kind == fault_kind::too_many);
  CHECK(refused.refusal().retry_after == minutes{1});
  CHECK(budget.take("b", m.now));
  CHECK(budget.take("a", m.now + hours{1}));
  hourly_budget<std::string> none(0);
  for (int i = 0; i < 100; ++i) CHECK(none.take("a", m.now));
}

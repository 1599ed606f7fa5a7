// What sessions and sign-in guards decide of the commands they are told.
#include <catch2/catch.hpp>

#include "actors/session/session_store.hpp"
#include "actors/session/sign_in_budget.hpp"

using namespace stoa;
using namespace stoa::actors;

namespace {

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

moment at(timestamp t) { return {t, uuid::make_v7()}; }

session_state refreshed_once() {
  session_state s;
  s.id = session_id::make();
  s.expires_at = noon + days{7};
  s.version = 1;
  return session_rules::advanced(std::move(s), noon, days{7});
}

}  // namespace

TEST_CASE("a repeated answer is given on the row's word alone", "[session]") {
  const auto s = refreshed_once();
  const rotate_session parent{1, days{7}};
  const auto answer = decide(s, parent, at(noon + seconds{1}));
  REQUIRE(answer.ok());
  CHECK(answer->reply.accepted);
  REQUIRE(answer->next);
  CHECK(save(s, *answer->next, parent, at(noon)).what == &session_store::confirm);
  const rotate_session newest{2, days{7}};
  const auto next = decide(s, newest, at(noon + seconds{1}));
  CHECK(save(s, *next->next, newest, at(noon)).what == &session_store::rotate);
}

TEST_CASE("a session that has ended is not ended again", "[session]") {
  auto s = refreshed_once();
  CHECK(decide(s, revoke_session{}, at(noon))->next);
  s.revoked = true;
  CHECK_FALSE(decide(s, revoke_session{}, at(noon))->next);
}

TEST_CASE("once locked, right and wrong attempts that were under way are refused alike", "[session]") {
  const session_rules::lock_policy policy;
  session_rules::guard_state g;
  for (int i = 0; i < 5; ++i) {
    const auto failed = decide(g, settle_sign_in{false, policy}, at(noon));
    REQUIRE(failed.ok());
    CHECK(failed->reply == (i == 4));
    g = *failed->next;
  }
  for (const bool right : {true, false}) {
    const auto late = decide(g, settle_sign_in{right, policy}, at(noon + minutes{1}));
    REQUIRE_FALSE(late.ok());
    CHECK(late.refusal().code == "ACCOUNT_LOCKED");
  }
}

TEST_CASE("a good password forgets failures, and asks the row where there were none", "[session]") {
  const settle_sign_in good{true, {}};
  session_rules::guard_state g;
  g.identifier = "ada@example.com";
  CHECK(save(g, *decide(g, good, at(noon))->next, good, at(noon)).what == &session_store::confirm_guard);
  g = session_rules::failed(g, {}, noon);
  const auto forgiven = decide(g, good, at(noon + minutes{1}));
  CHECK(forgiven->next->failures.empty());
  CHECK(save(g, *forgiven->next, good, at(noon)).what == &session_store::write_guard);
}

TEST_CASE("sign-ins of one account are counted for an hour", "[session]") {
  sign_in_budget two(2), unlimited(0);
  const auto ada = user_id::make();
  CHECK(two.take(ada, noon).ok());
  CHECK(two.take(ada, noon + minutes{10}).ok());
  const auto refused = two.take(ada, noon + minutes{20});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.refusal().kind == fault_kind::too_many);
  CHECK(refused.refusal().retry_after == minutes{40});
  CHECK(two.take(user_id::make(), noon + minutes{20}).ok());
  two.forget(noon + minutes{50});
  CHECK_FALSE(two.take(ada, noon + minutes{59}).ok());
  CHECK(two.take(ada, noon + hours{1}).ok());
  for (int i = 0; i < 100; ++i) REQUIRE(unlimited.take(ada, noon).ok());
}

TEST_CASE("a session that is older than the second factor wants a code, and its token stays good", "[session][mfa]") {
  auto s = refreshed_once();
  s.mfa_due = true;
  for (const std::int64_t presented : {1, 2}) {
    rotate_session told{presented, days{7}};
    const auto refused = decide(s, told, at(noon));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.refusal().code == "MFA_REQUIRED");
    told.code_shown = true;
    const auto next = decide(s, told, at(noon));
    REQUIRE(next.ok());
    CHECK(next->reply.accepted);
    CHECK_FALSE(next->next->mfa_due);
    // It is written down that the code was shown, also where the token's answer is repeated.
    CHECK(save(s, *next->next, told, at(noon)).what == &session_store::rotate);
  }
}

TEST_CASE("people end sessions of their own alone, and open ones", "[session]") {
  auto s = refreshed_once();
  s.user = user_id::make();
  CHECK(decide(s, revoke_own_session{s.user}, at(noon))->next->revoked);
  CHECK(decide(s, revoke_own_session{user_id::make()}, at(noon)).refusal().code == "SESSION_NOT_FOUND");
  CHECK_FALSE(decide(s, revoke_own_session{s.user}, at(s.expires_at)).ok());
  s.revoked = true;
  CHECK_FALSE(decide(s, revoke_own_session{s.user}, at(noon)).ok());
}

TEST_CASE("an attempt that is not over neither counts nor forgives", "[session][mfa]") {
  session_rules::guard_state g;
  g.identifier = "ada@example.com";
  g = session_rules::failed(g, {}, noon);
  const settle_sign_in open{false, {}, true};
  const auto settled = decide(g, open, at(noon + minutes{1}));
  REQUIRE(settled.ok());
  CHECK_FALSE(settled->reply);
  CHECK(settled->next->failures.size() == 1);
  CHECK(save(g, *settled->next, open, at(noon)).what == &session_store::confirm_guard);
  for (int i = 0; i < 4; ++i) g = session_rules::failed(g, {}, noon);
  CHECK(decide(g, open, at(noon + minutes{1})).refusal().code == "ACCOUNT_LOCKED");
}

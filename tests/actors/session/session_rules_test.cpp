#include "actors/session/session_rules.hpp"

#include <catch2/catch.hpp>

#include "actors/session/revocations.hpp"

using namespace stoa;
using namespace stoa::actors;
using session_rules::rotation;

namespace {

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

session_state fresh() {
  session_state s;
  s.id = session_id::make();
  s.expires_at = noon + days{7};
  return s;
}

}  // namespace

TEST_CASE("the newest refresh token advances the session", "[session]") {
  auto s = fresh();
  REQUIRE(session_rules::decide(s, 1, noon) == rotation::advance);
  s = session_rules::advanced(s, noon, days{7});
  CHECK(s.generation == 2);
  CHECK(s.expires_at == noon + days{7});
}

TEST_CASE("a parent is answered again while its child is unused", "[session]") {
  auto s = session_rules::advanced(fresh(), noon, days{7});
  CHECK(session_rules::decide(s, 1, noon + hours{5}) == rotation::repeat);
  CHECK(session_rules::decide(s, 2, noon + hours{5}) == rotation::advance);
}

TEST_CASE("a used parent is a lost answer for ten seconds and a theft after", "[session]") {
  auto s = session_rules::advanced(fresh(), noon, days{7});
  s = session_rules::advanced(s, noon + seconds{2}, days{7});
  CHECK(session_rules::decide(s, 1, noon + seconds{10}) == rotation::repeat);
  CHECK(session_rules::decide(s, 1, noon + seconds{11}) == rotation::revoke);
}

TEST_CASE("ended, expired and invented generations are refused", "[session]") {
  auto s = fresh();
  CHECK(session_rules::decide(s, 2, noon) == rotation::refuse);
  CHECK(session_rules::decide(s, 0, noon) == rotation::refuse);
  CHECK(session_rules::decide(s, 1, noon + days{7}) == rotation::refuse);
  s.revoked = true;
  CHECK(session_rules::decide(s, 1, noon) == rotation::refuse);
}

TEST_CASE("five failures within the window lock, for a while", "[session]") {
  session_rules::lock_policy policy;
  session_rules::guard_state g;
  for (int i = 0; i < 4; ++i) g = session_rules::failed(g, policy, noon + minutes{i});
  CHECK(session_rules::check(g, noon + minutes{4}).ok());
  g = session_rules::failed(g, policy, noon + minutes{4});
  auto locked = session_rules::check(g, noon + minutes{5});
  REQUIRE_FALSE(locked.ok());
  CHECK(locked.refusal().kind == fault_kind::locked);
  CHECK(*locked.refusal().retry_after == minutes{14});
  CHECK(session_rules::check(g, noon + minutes{19}).ok());

  g = session_rules::failed(g, policy, noon + minutes{19});
  CHECK(g.failures.size() == 1);
  CHECK_FALSE(g.locked_until);
}

TEST_CASE("failures outside the window do not add up", "[session]") {
  session_rules::lock_policy policy;
  session_rules::guard_state g;
  for (int i = 0; i < 20; ++i) g = session_rules::failed(g, policy, noon + minutes{5 * i});
  CHECK_FALSE(g.locked_until);
}

TEST_CASE("revocations end sessions and replace roles of older tokens", "[session]") {
  revocations r;
  const auto session = session_id::make();
  const auto user = user_id::make();
  CHECK_FALSE(r.revoked(session));
  r.revoke(session, noon);
  CHECK(r.revoked(session));

  role_set teacher;
  teacher.add(role::instructor);
  r.change_roles(user, teacher, noon);
  CHECK(r.newer_roles(user, noon - seconds{1}) == teacher);
  CHECK_FALSE(r.newer_roles(user, noon + seconds{1}));

  r.forget(noon + seconds{1});
  CHECK_FALSE(r.revoked(session));
  CHECK_FALSE(r.newer_roles(user, noon - seconds{1}));
}

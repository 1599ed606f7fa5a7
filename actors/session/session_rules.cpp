#include "actors/session/session_rules.hpp"

#include <algorithm>

#include "actors/account/mfa_rules.hpp"

namespace stoa::actors::session_rules {

namespace {

/// Enough to answer every parent within the window even for a client that refreshes in a loop.
constexpr std::size_t rotations_kept = 16;

}  // namespace

rotation decide(const session_state& s, std::int64_t presented, timestamp now) {
  if (s.revoked || now >= s.expires_at || presented > s.generation || presented < 1) return rotation::refuse;
  if (presented == s.generation) return rotation::advance;
  // The child of the last but one is the newest, and the newest is unused: were it used, there would be a newer one.
  if (presented == s.generation - 1) return rotation::repeat;
  for (const auto& [generation, at] : s.rotations)
    if (generation == presented && now - at <= lost_answer_window) return rotation::repeat;
  return rotation::revoke;
}

session_state advanced(session_state s, timestamp now, seconds lifetime) {
  s.rotations.emplace_back(s.generation, now);
  if (s.rotations.size() > rotations_kept) s.rotations.erase(s.rotations.begin());
  ++s.generation;
  s.expires_at = now + lifetime;
  return s;
}

fault invalid_refresh_token() {
  return fault(fault_kind::unauthenticated, "INVALID_TOKEN", "Token is invalid or expired");
}

fault foreign_refresh_token() {
  fault f = fault::field("refresh", "This token is none of yours, or it has expired.");
  f.code = "INVALID_TOKEN";
  return f;
}

fault session_not_found() {
  return fault(fault_kind::not_found, "SESSION_NOT_FOUND", "The requested session does not exist");
}

fault code_required() { return mfa_rules::required(); }

result<done> check(const guard_state& g, timestamp now) {
  if (!g.locked_until || now >= *g.locked_until) return done{};
  fault f(fault_kind::locked, "ACCOUNT_LOCKED", "Too many failed sign-ins. Try again later.");
  f.retry_after = std::chrono::ceil<seconds>(*g.locked_until - now);
  return f;
}

guard_state failed(guard_state g, const lock_policy& p, timestamp now) {
  if (g.locked_until && now >= *g.locked_until) {
    g.locked_until.reset();
    g.failures.clear();
  }
  std::erase_if(g.failures, [&](timestamp t) { return now - t > p.window; });
  g.failures.push_back(now);
  if (g.failures.size() >= p.failures) g.locked_until = now + p.duration;
  return g;
}

guard_state forgiven(guard_state g) {
  g.failures.clear();
  g.locked_until.reset();
  return g;
}

}  // namespace stoa::actors::session_rules

// What keeps an account its owner's: the second factor and the list of sessions.
#include "api/fields.hpp"
#include "api/lms/lms.hpp"
#include "stoa/http_text.hpp"

namespace stoa::lms {
namespace {

using api::area_parts;

struct code_in {
  api::code_text code;
};
BOOST_DESCRIBE_STRUCT(code_in, (), (code))

struct mfa_begun {
  std::string secret, provisioning_url;
};
BOOST_DESCRIBE_STRUCT(mfa_begun, (), (secret, provisioning_url))

struct mfa_verified {
  std::string message = "MFA enabled successfully";
  std::vector<std::string> recovery_codes;
};
BOOST_DESCRIBE_STRUCT(mfa_verified, (), (message, recovery_codes))

struct recovery_codes_out {
  std::vector<std::string> recovery_codes;
};
BOOST_DESCRIBE_STRUCT(recovery_codes_out, (), (recovery_codes))

struct session_out {
  session_id id;
  std::string door;
  std::optional<std::string> user_agent;
  timestamp created_at, last_used_at, expires_at;
  bool current = false;
};
BOOST_DESCRIBE_STRUCT(session_out, (), (id, door, user_agent, created_at, last_used_at, expires_at, current))

constexpr std::string_view documented_issuer = "LMS Backend";

/// Escaped but for the @, which an address shows.
std::string escaped_address(const std::string& email) {
  auto out = http::percent_encoded(email);
  if (const auto at = out.find("%40"); at != out.npos) out.replace(at, 3, "@");
  return out;
}

std::string provisioning_url(const mfa_secret& s) {
  const auto by = http::percent_encoded(s.issuer.empty() ? documented_issuer : s.issuer);
  return "otpauth://totp/" + by + ":" + escaped_address(s.email) + "?secret=" + s.secret + "&issuer=" + by;
}

session_out to_wire(const session_view& s, session_id asking) {
  session_out out;
  out.id = s.id;
  out.door = s.door;
  if (!s.client.empty()) out.user_agent = s.client;
  out.created_at = s.created_at;
  out.last_used_at = s.last_used_at;
  out.expires_at = s.expires_at;
  out.current = s.id == asking;
  return out;
}

task<mfa_begun> enable(const area_parts& a, const request& q) {
  const auto begun = co_await a.domain.accounts.begin_mfa(q.who.user);
  mfa_begun out{begun.secret, provisioning_url(begun)};
  co_return out;
}

task<mfa_verified> verify(const area_parts& a, const request& q, code_in in) {
  mfa_verified out;
  out.recovery_codes = co_await a.domain.accounts.verify_mfa(q.who.user, q.who.session, in.code);
  co_return out;
}

task<wire::nothing> disable(const area_parts& a, const request& q, code_in in) {
  co_await a.domain.accounts.disable_mfa(q.who.user, in.code);
  co_return wire::nothing{};
}

task<recovery_codes_out> renew(const area_parts& a, const request& q, code_in in) {
  recovery_codes_out out;
  out.recovery_codes = co_await a.domain.accounts.new_recovery_codes(q.who.user, in.code);
  co_return out;
}

task<page_of<session_out>> list(const area_parts& a, const request& q, paged<> in) {
  const auto found = co_await a.domain.accounts.sessions_of(q.who.user, in.asked);
  page_of<session_out> out{in.asked, found.total, {}};
  for (const auto& s : found.items) out.items.push_back(to_wire(s, q.who.session));
  co_return out;
}

task<wire::nothing> end(const area_parts& a, const request& q, in_path<"id", session_id> id) {
  co_await a.domain.accounts.end_session(q.who.user, *id);
  co_return wire::nothing{};
}

task<wire::nothing> end_others(const area_parts& a, const request& q) {
  co_await a.domain.accounts.end_other_sessions(q.who.user, q.who.session);
  co_return wire::nothing{};
}

}  // namespace

void add_security_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("auth", parts);
  // Their answers hold secrets, and are kept nowhere for the same reason as tokens.
  at.post("/auth/mfa/enable",
          {.auth = auth::required,
           .summary = "Begin a second factor: a secret for an app that makes codes",
           .door = true,
           .refuses = {fault_kind::conflict}},
          enable);
  at.post("/auth/mfa/verify",
          {.auth = auth::required,
           .summary = "Show the first code; sign-ins need one from now on",
           .door = true,
           .refuses = {fault_kind::rejected, fault_kind::conflict, fault_kind::locked}},
          verify);
  at.post("/auth/mfa/disable",
          {.auth = auth::required,
           .status = 204,
           .summary = "Take the second factor away, by a code",
           .door = true,
           .refuses = {fault_kind::rejected, fault_kind::conflict, fault_kind::locked}},
          disable);
  at.post("/auth/mfa/recovery-codes",
          {.auth = auth::required,
           .summary = "New recovery codes in the place of all older ones, by a code",
           .door = true,
           .addition = true,
           .refuses = {fault_kind::rejected, fault_kind::conflict, fault_kind::locked}},
          renew);
  at.get("/auth/sessions", {.auth = auth::required, .summary = "One's own sessions", .addition = true}, list);
  at.del("/auth/sessions",
         {.auth = auth::required, .status = 204, .summary = "End all sessions but this one", .addition = true},
         end_others);
  at.del("/auth/sessions/{id}",
         {.auth = auth::required, .status = 204, .summary = "End one of one's own sessions", .addition = true}, end);
}

}  // namespace stoa::lms

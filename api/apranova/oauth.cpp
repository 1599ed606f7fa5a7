// Signing in by what Google, GitHub and others vouch for. The documented way is a code that the page got by itself; the
// additions begin at the server, with state, nonce and PKCE of its own.
#include "actors/account/identities.hpp"
#include "api/apranova/apranova.hpp"
#include "api/fields.hpp"
#include "api/people.hpp"

namespace stoa::apranova {
namespace {

using api::area_parts;
using uri_text = wire::verbatim<2048>;
using provider_name = in_path<"provider", std::string>;

struct code_in {
  wire::verbatim<4096> code;
  uri_text redirect_uri;
  std::optional<wire::verbatim<128>> state, binding;  ///< of a start here
  std::optional<wire::verbatim<128>> code_verifier;   ///< of the page's own PKCE
  std::optional<uri_text> iss;
  std::optional<api::code_text> mfa_code;
  // Of who has no account yet.
  std::optional<wire::choice<"student", "trainer", "instructor", "admin">> role;
  std::optional<wire::text<0, account_limits::track>> track;
};
BOOST_DESCRIBE_STRUCT(code_in, (), (code, redirect_uri, state, binding, code_verifier, iss, mfa_code, role, track))

struct ticket_in {
  wire::verbatim<128> ticket;
  api::code_text mfa_code;
};
BOOST_DESCRIBE_STRUCT(ticket_in, (), (ticket, mfa_code))

struct start_in {
  uri_text redirect_uri;
};
BOOST_DESCRIBE_STRUCT(start_in, (), (redirect_uri))

struct start_out {
  std::string url, state, binding;
  timestamp expires_at;
};
BOOST_DESCRIBE_STRUCT(start_out, (), (url, state, binding, expires_at))

struct identity_user {
  std::int64_t id = 0;
  std::string email, name, role, track;
};
BOOST_DESCRIBE_STRUCT(identity_user, (), (id, email, name, role, track))

struct entered {
  std::string access, refresh;
  identity_user user;
};
BOOST_DESCRIBE_STRUCT(entered, (), (access, refresh, user))

struct provider_list {
  std::vector<identity_provider> providers;
};
BOOST_DESCRIBE_STRUCT(provider_list, (), (providers))

struct link_list {
  std::vector<identity_link> links;
};
BOOST_DESCRIBE_STRUCT(link_list, (), (links))

result<std::shared_ptr<identity_broker>> broker_of(const area_parts& a) {
  if (auto broker = a.domain.identity()) return broker;
  auto f = fault::unavailable("This server signs nobody in by other providers at the moment.", seconds{30});
  f.code = "IDENTITY_UNAVAILABLE";
  return f;
}

entered entered_by(const signed_in& in) {
  const auto& who = *in.account;
  const auto leading = api::leading_role(who.roles);
  const std::string word(leading == role::instructor ? "trainer" : name_of(leading));
  return {in.tokens.access_token, in.tokens.refresh_token, {who.number, who.email, who.full_name(), word, who.track}};
}

task<entered> enter_at(const area_parts& a, const request& q, std::string provider, code_in in) {
  const auto broker = co_await broker_of(a);
  identity_answer answer{std::move(provider),     in.code,
                         in.redirect_uri,         in.state.value_or(""),
                         in.binding.value_or(""), in.code_verifier.value_or(""),
                         in.iss.value_or("")};
  auto claim = co_await broker->finish(std::move(answer));
  newcomer with;
  if (in.role) with.wanted = *in.role == "trainer" ? role::instructor : role_named(*in.role).value_or(role::student);
  if (in.track) with.track = *in.track;
  auto terms = api::terms_of(a, q);
  const auto in_now = co_await a.domain.identities().enter(std::move(claim), std::move(with), in.mfa_code.value_or(""),
                                                           std::move(terms));
  co_return entered_by(in_now);
}

task<entered> by_google(const area_parts& a, const request& q, code_in in) {
  return enter_at(a, q, "google", std::move(in));
}

task<entered> by_github(const area_parts& a, const request& q, code_in in) {
  return enter_at(a, q, "github", std::move(in));
}

task<entered> by_any(const area_parts& a, const request& q, provider_name provider, code_in in) {
  return enter_at(a, q, *provider, std::move(in));
}

task<entered> by_ticket(const area_parts& a, const request& q, ticket_in in) {
  auto terms = api::terms_of(a, q);
  const auto in_now = co_await a.domain.identities().enter_by_ticket(in.ticket, in.mfa_code, std::move(terms));
  co_return entered_by(in_now);
}

task<start_out> start(const area_parts& a, const request&, provider_name provider, start_in in) {
  const auto broker = co_await broker_of(a);
  identity_wish wish{*provider, in.redirect_uri};
  auto begun = co_await broker->begin(std::move(wish));
  start_out out{std::move(begun.url), std::move(begun.state), std::move(begun.binding), begun.expires_at};
  co_return out;
}

task<provider_list> providers(const area_parts& a, const request&) {
  provider_list out;
  if (const auto broker = a.domain.identity()) out.providers = broker->providers();
  co_return out;
}

task<link_list> links(const area_parts& a, const request& q) {
  link_list out;
  out.links = co_await a.domain.identities().links_of(q.who.user);
  co_return out;
}

task<wire::nothing> unlink(const area_parts& a, const request& q, provider_name provider) {
  co_await a.domain.identities().unlink(q.who.user, *provider);
  co_return wire::nothing{};
}

}  // namespace

void add_oauth_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("oauth", parts);
  route_options entering{.summary = "Sign in by a code of Google's",
                         .door = true,
                         .login = true,
                         .refuses = {fault_kind::rejected, fault_kind::unauthenticated, fault_kind::forbidden,
                                     fault_kind::not_found, fault_kind::conflict}};
  at.post("/auth/google/", entering, by_google);
  entering.summary = "Sign in by a code of GitHub's";
  at.post("/auth/github/", entering, by_github);
  entering.addition = true;
  entering.summary = "Sign in by a code of any provider of the settings";
  at.post("/auth/{provider}/", entering, by_any);
  entering.summary = "Go on with a sign-in that wanted a code of the second factor";
  at.post("/auth/ticket/", entering, by_ticket);
  at.post("/auth/{provider}/start/",
          {.summary = "Begin a sign-in: where the browser goes, and what it keeps until it is back",
           .door = true,
           .addition = true,
           .refuses = {fault_kind::not_found}},
          start);
  at.get("/auth/providers/", {.summary = "Who may vouch for people here", .addition = true}, providers);
  at.get("/auth/links/",
         {.auth = auth::required, .summary = "By which providers one's account can be entered", .addition = true},
         links);
  at.del("/auth/links/{provider}/",
         {.auth = auth::required,
          .status = 204,
          .summary = "Take one of them away, but not the last way in",
          .addition = true,
          .refuses = {fault_kind::not_found, fault_kind::conflict}},
         unlink);
}

}  // namespace stoa::apranova

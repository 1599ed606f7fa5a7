#include "speaker.hpp"

#include <algorithm>
#include <utility>

#include "id_token.hpp"
#include "stoa/crypto.hpp"
#include "stoa/http_text.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::identity {

using stoa::fault;
using stoa::http_request;
using stoa::identity_claim;
using stoa::json;
using stoa::task;

namespace {

using steady = std::chrono::steady_clock;

/// One call, and all of a sign-in: less than what a request may take.
constexpr stoa::milliseconds patience{4000}, all_patience{8000};
constexpr stoa::hours fresh_for{1};
constexpr stoa::seconds key_pause{30};
constexpr std::size_t most_bytes = 256 * 1024;

std::string text_in(const json& of, std::string_view name) {
  const auto* v = of.find(name);
  return v && v->is_string() ? v->text() : std::string();
}

std::string base64(const std::string& text) {
  auto out = stoa::base64url(text);
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  out.resize((out.size() + 3) / 4 * 4, '=');
  return out;
}

/// What is wrong with how this server asks, and not with who asks it.
bool is_ours_to_mend(const std::string& error) {
  return error == "invalid_client" || error == "unauthorized_client" || error == "incorrect_client_credentials" ||
         error == "unsupported_grant_type" || error == "invalid_scope";
}

}  // namespace

task<speaker::told> speaker::ask(http_request r, until end) {
  const auto left = std::chrono::duration_cast<stoa::milliseconds>(end - steady::now());
  if (left < stoa::milliseconds{50}) co_return away();
  r.timeout = std::min(left, patience);
  r.max_answer = most_bytes;
  r.allow_private = true;  // where the operator's settings name the host; others are held to public addresses
  r.headers.emplace_back("Accept", "application/json");
  r.headers.emplace_back("User-Agent", "Stoa");
  const auto url = r.url.substr(0, r.url.find('?'));
  const auto answer = co_await as_result(http_.send(std::move(r)));
  if (!answer) {
    log_.warn("identity provider not reached",
              {{"provider", who_.name}, {"url", url}, {"code", answer.refusal().code}});
    co_return away();
  }
  auto body = json::parse(answer->body);
  const bool in_trouble =
      answer->status >= 500 || answer->status == 429 || (answer->status >= 300 && answer->status < 400);
  if (in_trouble || !body || !(body->is_object() || body->is_array())) {
    log_.warn("identity provider in trouble", {{"provider", who_.name}, {"url", url}, {"status", answer->status}});
    co_return away();
  }
  told out;
  out.status = answer->status;
  out.body = std::move(body).value();
  co_return out;
}

task<speaker::told> speaker::get(std::string url, std::string access_token, until end) {
  http_request r;
  r.url = std::move(url);
  if (!access_token.empty()) r.headers.emplace_back("Authorization", "Bearer " + access_token);
  co_return co_await ask(std::move(r), end);
}

task<speaker::addresses> speaker::find(until end) {
  const auto now = time_.now();
  std::shared_ptr<const addresses> known;
  {
    const std::lock_guard lock{mutex_};
    known = found_;
  }
  if (known && now - known->read_at < fresh_for) co_return addresses(*known);
  addresses out;
  out.issuer = who_.issuer;
  out.authorize = who_.authorize_url;
  out.token = who_.token_url;
  out.userinfo = who_.userinfo_url;
  out.jwks = who_.jwks_url;
  out.read_at = now;
  const bool all_set = !out.authorize.empty() && !out.token.empty() && !out.jwks.empty();
  if (who_.speaks == protocol::oidc && !all_set) {
    auto base = who_.issuer;
    while (base.ends_with('/')) base.pop_back();
    auto asked = co_await as_result(get(base + "/.well-known/openid-configuration", "", end));
    // What was known an hour ago is better than nothing.
    if (!asked && known) co_return addresses(*known);
    if (!asked) co_return std::move(asked).refusal();
    const auto& says = asked->body;
    const auto take = [&](std::string& into, const char* name) {
      auto url = text_in(says, name);
      // What an issuer behind https says must not lead secrets out of it.
      const bool as_safe = url.starts_with("https://") || !who_.issuer.starts_with("https://");
      if (into.empty() && as_safe && stoa::looks_like_http_url(url)) into = std::move(url);
    };
    const auto issuer = text_in(says, "issuer");
    const bool of_tenants =
        issuer.find("{tenantid}") != issuer.npos && issuer.starts_with("https://login.microsoftonline.com/");
    if (asked->status != 200 || (issuer != who_.issuer && !of_tenants)) {
      log_.warn("identity provider describes another issuer", {{"provider", who_.name}, {"issuer", issuer}});
      co_return away();
    }
    out.issuer = issuer;
    take(out.authorize, "authorization_endpoint");
    take(out.token, "token_endpoint");
    take(out.userinfo, "userinfo_endpoint");
    take(out.jwks, "jwks_uri");
    if (out.authorize.empty() || out.token.empty() || out.jwks.empty()) {
      log_.warn("identity provider describes no addresses", {{"provider", who_.name}});
      co_return away();
    }
  }
  const std::lock_guard lock{mutex_};
  found_ = std::make_shared<const addresses>(out);
  co_return out;
}

task<json> speaker::key_for(std::string jwks, std::string id, until end) {
  const auto now = time_.now();
  std::shared_ptr<const keys> known;
  {
    const std::lock_guard lock{mutex_};
    known = keys_;
  }
  if (known && now - known->read_at < fresh_for) {
    if (const auto* key = key_in(known->all, id, who_.algorithm)) co_return json(*key);
    if (now - known->read_at < key_pause) co_return refused("no key of its has signed the token");
  }
  auto asked = co_await get(std::move(jwks), "", end);
  if (asked.status != 200) co_return away();
  auto read = std::make_shared<keys>();
  read->all = std::move(asked.body);
  read->read_at = now;
  {
    const std::lock_guard lock{mutex_};
    keys_ = read;
  }
  if (const auto* key = key_in(read->all, id, who_.algorithm)) co_return json(*key);
  co_return refused("no key of its has signed the token");
}

task<json> speaker::tokens_for(std::string token_url, exchange e, until end) {
  std::vector<std::pair<std::string, std::string>> fields{
      {"grant_type", "authorization_code"}, {"code", e.code}, {"redirect_uri", e.redirect_uri}};
  if (!e.verifier.empty()) fields.emplace_back("code_verifier", e.verifier);
  http_request r;
  r.method = "POST";
  r.url = std::move(token_url);
  if (who_.basic) {
    const auto pair =
        stoa::http::percent_encoded(who_.client_id) + ":" + stoa::http::percent_encoded(who_.client_secret);
    r.headers.emplace_back("Authorization", "Basic " + base64(pair));
  } else {
    fields.emplace_back("client_id", who_.client_id);
    fields.emplace_back("client_secret", who_.client_secret);
  }
  r.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  r.body = form_of(fields);
  auto got = co_await ask(std::move(r), end);
  const auto error = text_in(got.body, "error");
  if (is_ours_to_mend(error)) {
    log_.warn("identity provider does not take this server", {{"provider", who_.name}, {"error", error}});
    co_return away();
  }
  // GitHub refuses with 200.
  if (got.status != 200 || !error.empty()) co_return refused("it does not take the code");
  co_return std::move(got.body);
}

task<identity_claim> speaker::by_userinfo(std::string access_token, until end) {
  const auto got = co_await get(who_.userinfo_url, access_token, end);
  if (got.status != 200) co_return refused("it does not say whose the code is");
  auto claim = claim_of(who_, got.body);
  if (claim.name.empty()) claim.name = text_in(got.body, "login");
  if (!who_.emails_url.empty()) {
    const auto emails = co_await get(who_.emails_url, access_token, end);
    if (emails.status == 200) take_address(claim, emails.body);
  }
  co_return claim;
}

task<identity_claim> speaker::by_id_token(addresses at, json tokens, std::string nonce, until end) {
  const auto token = text_in(tokens, "id_token");
  if (token.empty()) co_return refused("it sends no identity token");
  const auto id = co_await key_id_of(token, who_.algorithm);
  const auto key = co_await key_for(at.jwks, id, end);
  token_rules rules;
  rules.algorithm = who_.algorithm;
  rules.issuer = at.issuer;
  rules.client_id = who_.client_id;
  rules.nonce = std::move(nonce);
  rules.now = time_.now();
  const auto says = co_await verified(token, key, rules);
  auto claim = claim_of(who_, says);
  const auto access = text_in(tokens, "access_token");
  if (!claim.email.empty() || at.userinfo.empty() || access.empty()) co_return claim;
  const auto more = co_await get(at.userinfo, access, end);
  if (more.status != 200) co_return claim;
  // Another person's answer to our question is not this person's.
  if (text_in(more.body, "sub") != text_in(says, "sub")) co_return refused("its answers are about different people");
  auto told = claim_of(who_, more.body);
  told.subject = claim.subject;
  if (told.name.empty()) told.name = claim.name;
  if (told.picture.empty()) told.picture = claim.picture;
  co_return told;
}

task<std::string> speaker::authorize_url() {
  const auto at = co_await find(steady::now() + all_patience);
  co_return at.authorize;
}

task<identity_claim> speaker::claim(exchange e) {
  const auto end = steady::now() + all_patience;
  const auto at = co_await find(end);
  if (!e.issuer.empty() && !at.issuer.empty() && at.issuer.find('{') == at.issuer.npos && e.issuer != at.issuer)
    co_return refused("the answer came from another one");
  auto nonce = e.nonce;
  auto tokens = co_await tokens_for(at.token, std::move(e), end);
  if (who_.speaks == protocol::oidc) co_return co_await by_id_token(at, std::move(tokens), std::move(nonce), end);
  const auto access = text_in(tokens, "access_token");
  if (access.empty()) co_return refused("it does not take the code");
  co_return co_await by_userinfo(access, end);
}

}  // namespace stoa_plugin::identity

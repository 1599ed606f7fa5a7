#include "provider.hpp"

#include <algorithm>
#include <utility>

#include "stoa/http_text.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::identity {

using stoa::identity_claim;
using stoa::json;
using stoa::setting;
using stoa::setting_type;
using stoa::settings_error;

namespace {

struct preset {
  const char* type;
  const char* title;
  protocol speaks;
  const char *issuer, *authorize_url, *token_url, *userinfo_url, *emails_url;
  const char* scopes;  ///< with blanks between them
  bool basic;
  const char *id, *email, *verified, *name, *picture;
};

constexpr const char* usual_scopes = "openid email profile";

constexpr preset presets[] = {
    {"google", "Google", protocol::oidc, "https://accounts.google.com", "", "", "", "", usual_scopes, false, "sub",
     "email", "email_verified", "name", "picture"},
    {"github", "GitHub", protocol::oauth2, "", "https://github.com/login/oauth/authorize",
     "https://github.com/login/oauth/access_token", "https://api.github.com/user", "https://api.github.com/user/emails",
     "read:user user:email", false, "id", "email", "", "name", "avatar_url"},
    // Its `email` may be any text that an administrator typed; `xms_edov` says that the domain is theirs.
    {"microsoft", "Microsoft", protocol::oidc, "https://login.microsoftonline.com/common/v2.0", "", "", "", "",
     usual_scopes, false, "sub", "email", "xms_edov", "name", "picture"},
    {"gitlab", "GitLab", protocol::oidc, "https://gitlab.com", "", "", "", "", usual_scopes, false, "sub", "email",
     "email_verified", "name", "picture"},
    {"oidc", "", protocol::oidc, "", "", "", "", "", usual_scopes, true, "sub", "email", "email_verified", "name",
     "picture"},
    {"oauth2", "", protocol::oauth2, "", "", "", "", "", "", false, "id", "email", "", "name", ""},
};

const preset* preset_named(const std::string& type) {
  for (const auto& p : presets)
    if (type == p.type) return &p;
  return nullptr;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) all.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

std::string text_in(const json& of, const std::string& name) {
  const auto* v = name.empty() ? nullptr : of.find(name);
  return v && (v->is_string() || v->is_number()) ? v->text() : std::string();
}

bool truth_in(const json& of, const std::string& name) {
  const auto* v = name.empty() ? nullptr : of.find(name);
  if (!v) return false;
  // Some write "true", and Microsoft 1.
  return v->is_boolean() ? v->as_boolean() : v->text() == "true" || v->text() == "1";
}

void check_address(const std::string& key, const std::string& url, bool production) {
  if (url.empty()) return;
  if (!stoa::looks_like_http_url(url)) throw settings_error(key + ": expected an http(s) URL");
  if (production && !url.starts_with("https://"))
    throw settings_error(key + ": expected an https URL in production, since secrets go there");
}

}  // namespace

std::vector<setting> provider_settings() {
  const auto text = [](const char* key, const char* about, bool secret = false) {
    return setting{std::string("*.") + key, setting_type::text, "", about, {}, secret};
  };
  std::vector<setting> all{
      {"*.type",
       setting_type::text,
       "",
       "What it is; empty: by its name, and any OpenID Connect issuer otherwise",
       {"google", "github", "microsoft", "gitlab", "oidc", "oauth2"}},
      text("title", "What a button says"),
      text("client_id", "Who this server is there"),
      text("client_secret", "And its secret", true),
      text("issuer", "Of OpenID Connect: where the addresses below are found"),
      text("authorize_url", "Where browsers go"),
      text("token_url", "Where a code is exchanged"),
      text("userinfo_url", "Where an access token says whose it is"),
      text("emails_url", "Where it says which addresses are verified, as at GitHub"),
      text("jwks_url", "Where the keys of id_tokens are"),
      {"*.scopes", setting_type::text_list, "", "What is asked for; empty: what the type needs", {}},
      {"*.algorithm",
       setting_type::text,
       "RS256",
       "Which signatures of id_tokens are taken, and no others",
       {"RS256", "ES256"}},
      {"*.token_auth", setting_type::text, "", "How the secret is shown; empty: as usual there", {"basic", "post"}},
      {"*.pkce", setting_type::boolean, "true", "Whether sign-ins that begin here show a code challenge (S256)", {}},
  };
  for (const char* field : {"id", "email", "verified", "name", "picture"})
    all.push_back(text((std::string(field) + "_field").c_str(), "Which member tells it; empty: as usual there"));
  return all;
}

provider read_provider(const stoa::settings_view& s, const std::string& name, bool production) {
  const auto key = [&](const char* of) { return name + "." + of; };
  const auto written = s.text(key("type"));
  const auto* known = preset_named(!written.empty() ? written : preset_named(name) ? name : "oidc");
  const auto or_else = [&](const char* of, const char* usual) {
    auto text = s.text(key(of));
    return text.empty() ? std::string(usual) : text;
  };
  provider p;
  p.name = name;
  p.title = or_else("title", known->title);
  if (p.title.empty()) p.title = name;
  p.speaks = known->speaks;
  p.client_id = s.text(key("client_id"));
  p.client_secret = s.text(key("client_secret"));
  p.issuer = or_else("issuer", known->issuer);
  p.authorize_url = or_else("authorize_url", known->authorize_url);
  p.token_url = or_else("token_url", known->token_url);
  p.userinfo_url = or_else("userinfo_url", known->userinfo_url);
  p.emails_url = or_else("emails_url", known->emails_url);
  p.jwks_url = s.text(key("jwks_url"));
  p.scopes = s.text_list(key("scopes"));
  if (p.scopes.empty()) p.scopes = words_of(known->scopes);
  p.algorithm = s.text(key("algorithm"));
  const auto auth = s.text(key("token_auth"));
  p.basic = auth.empty() ? known->basic : auth == "basic";
  p.pkce = s.boolean(key("pkce"));
  p.id_field = or_else("id_field", known->id);
  p.email_field = or_else("email_field", known->email);
  p.verified_field = or_else("verified_field", known->verified);
  p.name_field = or_else("name_field", known->name);
  p.picture_field = or_else("picture_field", known->picture);

  if (p.client_id.empty()) throw settings_error(key("client_id") + ": expected what the provider calls this server");
  if (p.client_secret.empty()) throw settings_error(key("client_secret") + ": expected a secret, found an empty text");
  const std::pair<const char*, const std::string*> addresses[] = {
      {"authorize_url", &p.authorize_url}, {"token_url", &p.token_url}, {"userinfo_url", &p.userinfo_url},
      {"emails_url", &p.emails_url},       {"jwks_url", &p.jwks_url},   {"issuer", &p.issuer}};
  for (const auto& [of, url] : addresses) check_address(key(of), *url, production);
  if (p.speaks == protocol::oidc && p.issuer.empty())
    throw settings_error(key("issuer") + ": expected the issuer's address, found an empty text");
  if (p.speaks == protocol::oauth2)
    for (std::size_t i = 0; i < 3; ++i)
      if (addresses[i].second->empty())
        throw settings_error(key(addresses[i].first) + ": expected an address, found an empty text");
  return p;
}

identity_claim claim_of(const provider& p, const json& told) {
  identity_claim c;
  c.provider = p.name;
  c.subject = text_in(told, p.id_field);
  c.email = text_in(told, p.email_field);
  c.email_verified = !c.email.empty() && truth_in(told, p.verified_field);
  c.name = text_in(told, p.name_field);
  c.picture = text_in(told, p.picture_field);
  return c;
}

void take_address(identity_claim& claim, const json& emails) {
  for (const auto& one : emails.items()) {
    if (!truth_in(one, "primary")) continue;
    claim.email = text_in(one, "email");
    claim.email_verified = truth_in(one, "verified");
  }
}

std::string form_of(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, text] : fields) {
    if (!out.empty()) out += '&';
    out += stoa::http::percent_encoded(name) + "=" + stoa::http::percent_encoded(text);
  }
  return out;
}

std::string with_query(const std::string& address, const std::vector<std::pair<std::string, std::string>>& fields) {
  return address + (address.find('?') == address.npos ? "?" : "&") + form_of(fields);
}

stoa::result<identity_claim> sandbox_claim(const std::string& code) {
  identity_claim c;
  c.provider = "sandbox";
  c.email_verified = true;
  std::string_view rest = code;
  while (!rest.empty()) {
    const auto one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    const auto equals = one.find('=');
    const auto name = one.substr(0, equals);
    const std::string text(equals == one.npos ? std::string_view() : one.substr(equals + 1));
    if (name == "email")
      c.email = text;
    else if (name == "sub")
      c.subject = text;
    else if (name == "verified")
      c.email_verified = text == "true";
    else if (name == "name")
      c.name = text;
    else
      return refused("a code of the sandbox is such as email=ada@example.com");
  }
  if (c.subject.empty()) c.subject = c.email;
  if (c.subject.empty()) return refused("a code of the sandbox is such as email=ada@example.com");
  return c;
}

stoa::fault refused(const std::string& why) {
  return {stoa::fault_kind::rejected, "IDENTITY_REFUSED", "The provider does not vouch for you: " + why + "."};
}

stoa::fault away() {
  auto f = stoa::fault::unavailable("The identity provider cannot be reached at the moment.", stoa::seconds{5});
  f.code = "UPSTREAM_UNAVAILABLE";
  return f;
}

}  // namespace stoa_plugin::identity

#include "id_token.hpp"

#include <cjose/cjose.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "provider.hpp"
#include "stoa/crypto.hpp"
#include "stoa/ids.hpp"

namespace stoa_plugin::identity {

using stoa::json;
using stoa::result;

namespace {

/// How far two clocks may be apart.
constexpr stoa::seconds leeway{60};
constexpr std::size_t longest_token = 16 * 1024;

std::string text_in(const json& of, std::string_view name) {
  const auto* v = of.find(name);
  return v && v->is_string() ? v->text() : std::string();
}

std::string_view key_type(const std::string& algorithm) { return algorithm == "ES256" ? "EC" : "RSA"; }

bool is_for(const json& claims, const std::string& client) {
  const auto* aud = claims.find("aud");
  if (!aud) return false;
  const auto azp = text_in(claims, "azp");
  if (!azp.empty() && azp != client) return false;
  if (aud->is_string()) return aud->text() == client;
  const auto& all = aud->items();
  const bool ours =
      std::any_of(all.begin(), all.end(), [&](const json& one) { return one.is_string() && one.text() == client; });
  return ours && (all.size() == 1 || !azp.empty());
}

/// Whose word it is.
std::string issuer_for(const token_rules& rules, const json& claims) {
  constexpr std::string_view hole = "{tenantid}";
  auto issuer = rules.issuer;
  const auto at = issuer.find(hole);
  if (at == issuer.npos) return issuer;
  const auto tenant = text_in(claims, "tid");
  if (!stoa::uuid::parse(tenant)) return {};
  return issuer.replace(at, hole.size(), tenant);
}

std::optional<stoa::timestamp> moment_in(const json& claims, std::string_view name) {
  const auto* v = claims.find(name);
  const auto n = v && v->is_number() ? v->as_real() : std::nullopt;
  if (!n || *n < 0 || *n > 1e11) return std::nullopt;
  return stoa::timestamp{stoa::seconds{static_cast<std::int64_t>(*n)}};
}

result<json> payload_of(const std::string& token, const json& key) {
  cjose_err error{};
  const auto text = key.dump();
  const std::unique_ptr<cjose_jwk_t, bool (*)(cjose_jwk_t*)> jwk{cjose_jwk_import(text.data(), text.size(), &error),
                                                                 cjose_jwk_release};
  const std::unique_ptr<cjose_jws_t, void (*)(cjose_jws_t*)> jws{cjose_jws_import(token.data(), token.size(), &error),
                                                                 cjose_jws_release};
  if (!jwk || !jws || !cjose_jws_verify(jws.get(), jwk.get(), &error))
    return refused("the signature of its token is not the provider's");
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &bytes, &size, &error)) return refused("its token holds nothing");
  auto claims = json::parse({reinterpret_cast<const char*>(bytes), size});
  if (!claims || !claims->is_object()) return refused("its token holds no claims");
  return claims;
}

}  // namespace

result<std::string> key_id_of(const std::string& token, const std::string& algorithm) {
  if (token.size() > longest_token || std::count(token.begin(), token.end(), '.') != 2)
    return refused("its token is none");
  const auto head_text = stoa::from_base64url(std::string_view(token).substr(0, token.find('.')));
  const auto head = json::parse(head_text.value_or(""));
  if (!head || !head->is_object()) return refused("its token is none");
  // The token's own word for how it is to be checked is the attacker's, too.
  if (text_in(*head, "alg") != algorithm) return refused("its token is not signed with " + algorithm);
  if (head->find("crit")) return refused("its token wants what nobody here knows");
  return text_in(*head, "kid");
}

const json* key_in(const json& jwks, const std::string& id, const std::string& algorithm) {
  const auto* keys = jwks.find("keys");
  if (!keys) return nullptr;
  const json* found = nullptr;
  for (const auto& key : keys->items()) {
    const auto use = text_in(key, "use"), alg = text_in(key, "alg");
    if (text_in(key, "kty") != key_type(algorithm) || (!use.empty() && use != "sig")) continue;
    if (!alg.empty() && alg != algorithm) continue;
    if (algorithm == "ES256" && text_in(key, "crv") != "P-256") continue;
    if (!id.empty() && text_in(key, "kid") != id) continue;
    if (found) return nullptr;
    found = &key;
  }
  return found;
}

result<json> verified(const std::string& token, const json& key, const token_rules& rules) {
  if (auto head = key_id_of(token, rules.algorithm); !head) return std::move(head).refusal();
  auto read = payload_of(token, key);
  if (!read) return read;
  const auto& claims = *read;
  const auto issuer = issuer_for(rules, claims);
  if (issuer.empty() || text_in(claims, "iss") != issuer) return refused("its token is somebody else's");
  if (!is_for(claims, rules.client_id)) return refused("its token is for somebody else");
  const auto expires = moment_in(claims, "exp");
  if (!expires || *expires + leeway <= rules.now) return refused("its token has expired");
  for (const char* name : {"iat", "nbf"})
    if (const auto since = moment_in(claims, name); since && *since > rules.now + leeway)
      return refused("its token is not good yet");
  if (!rules.nonce.empty() && !stoa::constant_time_equal(text_in(claims, "nonce"), rules.nonce))
    return refused("its token answers another sign-in");
  if (text_in(claims, "sub").empty()) return refused("its token names nobody");
  return read;
}

}  // namespace stoa_plugin::identity

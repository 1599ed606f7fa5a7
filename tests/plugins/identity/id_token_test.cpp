// id_tokens that a provider never signed, or signed for somebody or something else.
#include <cjose/cjose.h>

#include <catch2/catch.hpp>
#include <memory>

#include "plugins/identity/id_token.hpp"
#include "plugins/identity/speaker.hpp"
#include "runtime/outbound/curl_http_client.hpp"
#include "stoa/crypto.hpp"
#include "testing/fake_host.hpp"
#include "testing/waiting.hpp"
#include "tests/runtime/outbound/tiny_server.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::identity;

namespace {

const timestamp now = *parse_rfc3339("2026-01-27T16:05:00Z");

std::string at(seconds from_now) {
  return std::to_string(std::chrono::floor<seconds>(now + from_now).time_since_epoch().count());
}

/// A key of a provider's.
class signer {
 public:
  signer(std::string algorithm, std::string id) : algorithm_(std::move(algorithm)), key_(make(algorithm_)) {
    cjose_err e{};
    if (!key_ || !cjose_jwk_set_kid(key_.get(), id.data(), id.size(), &e)) throw std::runtime_error("no key");
    id_ = std::move(id);
  }

  json shown() const {
    cjose_err e{};
    const std::unique_ptr<char, void (*)(void*)> text{cjose_jwk_to_json(key_.get(), false, &e), free};
    return json::parse(text.get()).value();
  }

  std::string sign(const std::string& claims) const {
    cjose_err e{};
    const std::unique_ptr<cjose_header_t, void (*)(cjose_header_t*)> head{cjose_header_new(&e), cjose_header_release};
    cjose_header_set(head.get(), CJOSE_HDR_ALG, algorithm_.c_str(), &e);
    cjose_header_set(head.get(), CJOSE_HDR_KID, id_.c_str(), &e);
    const std::unique_ptr<cjose_jws_t, void (*)(cjose_jws_t*)> jws{
        cjose_jws_sign(key_.get(), head.get(), reinterpret_cast<const std::uint8_t*>(claims.data()), claims.size(), &e),
        cjose_jws_release};
    const char* out = nullptr;
    if (!jws || !cjose_jws_export(jws.get(), &out, &e)) throw std::runtime_error("not signed");
    return out;
  }

 private:
  using owned = std::unique_ptr<cjose_jwk_t, bool (*)(cjose_jwk_t*)>;
  static owned make(const std::string& algorithm) {
    cjose_err e{};
    const std::uint8_t exponent[] = {1, 0, 1};
    return {algorithm == "ES256" ? cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &e)
                                 : cjose_jwk_create_RSA_random(2048, exponent, sizeof exponent, &e),
            cjose_jwk_release};
  }
  std::string algorithm_, id_;
  owned key_;
};

std::string jwks_of(std::initializer_list<const signer*> keys) {
  std::string all;
  for (const auto* k : keys) all += (all.empty() ? "" : ",") + k->shown().dump();
  return R"({"keys":[)" + all + "]}";
}

/// Good claims with some of them replaced.
std::string claims(const std::string& issuer, std::initializer_list<std::pair<std::string, std::string>> other = {}) {
  std::vector<std::pair<std::string, std::string>> all{
      {"iss", "\"" + issuer + "\""}, {"aud", R"("stoa")"},       {"sub", R"("7")"},       {"nonce", R"("n")"},
      {"email", R"("a@b.example")"}, {"email_verified", "true"}, {"exp", at(minutes{5})}, {"iat", at(seconds{-5})}};
  for (const auto& [name, text] : other) {
    std::erase_if(all, [&, n = name](const auto& one) { return one.first == n; });
    if (!text.empty()) all.emplace_back(name, text);
  }
  std::string out;
  for (const auto& [name, text] : all) out += (out.empty() ? "{\"" : ",\"") + name + "\":" + text;
  return out + "}";
}

const std::string us = "https://op.example";

token_rules rules(const std::string& algorithm = "RS256") { return {algorithm, us, "stoa", "n", now}; }

std::string checked_as(const std::string& token, const signer& key, const token_rules& r = rules()) {
  const auto said = verified(token, key.shown(), r);
  return said ? "good" : said.refusal().message;
}

const signer& rsa() {
  static const signer one{"RS256", "one"};
  return one;
}
const signer& ec() {
  static const signer one{"ES256", "two"};
  return one;
}

}  // namespace

TEST_CASE("an id_token is taken with the algorithm that was agreed on", "[identity]") {
  CHECK(checked_as(rsa().sign(claims(us)), rsa()) == "good");
  CHECK(checked_as(ec().sign(claims(us)), ec(), rules("ES256")) == "good");
  CHECK_THAT(checked_as(ec().sign(claims(us)), ec()), Catch::Contains("not signed with RS256"));
  CHECK_THAT(checked_as(rsa().sign(claims(us)), rsa(), rules("ES256")), Catch::Contains("not signed with ES256"));
  // Nobody signed, or whoever knows the public key did.
  const auto forged = [&](const std::string& head, const std::string& signature) {
    return base64url(head) + "." + base64url(claims(us)) + "." + signature;
  };
  CHECK_THAT(checked_as(forged(R"({"alg":"none"})", ""), rsa()), Catch::Contains("not signed with RS256"));
  const auto body = base64url(std::string(R"({"alg":"HS256","kid":"one"})")) + "." + base64url(claims(us));
  CHECK_THAT(checked_as(body + "." + base64url(hmac_sha256(rsa().shown().dump(), body)), rsa()),
             Catch::Contains("not signed with RS256"));
  CHECK_THAT(checked_as(forged(R"({"alg":"RS256","crit":["x"]})", "AAAA"), rsa()),
             Catch::Contains("nobody here knows"));
  for (const char* odd : {"", "a.b", "a.b.c", "a.b.c.d", "..", "{}.{}.{}"}) CHECK(checked_as(odd, rsa()) != "good");
}

TEST_CASE("an id_token of another key, or with other claims, is none", "[identity]") {
  static const signer stranger{"RS256", "one"};
  CHECK_THAT(checked_as(stranger.sign(claims(us)), rsa()), Catch::Contains("signature"));
  auto token = rsa().sign(claims(us));
  const auto dot = token.find('.');
  const auto other = base64url(claims(us, {{"sub", R"("8")"}}));
  CHECK_THAT(checked_as(token.substr(0, dot + 1) + other + token.substr(token.rfind('.')), rsa()),
             Catch::Contains("signature"));
}

TEST_CASE("an id_token is for us, from them, for this sign-in and for now", "[identity]") {
  const auto with = [](std::initializer_list<std::pair<std::string, std::string>> other) {
    return checked_as(rsa().sign(claims(us, other)), rsa());
  };
  CHECK_THAT(with({{"iss", R"("https://evil.example")"}}), Catch::Contains("somebody else's"));
  CHECK_THAT(with({{"aud", R"("other")"}}), Catch::Contains("for somebody else"));
  CHECK_THAT(with({{"aud", R"(["other","more"])"}}), Catch::Contains("for somebody else"));
  CHECK_THAT(with({{"aud", R"(["other","stoa"])"}}), Catch::Contains("for somebody else"));
  CHECK_THAT(with({{"aud", ""}}), Catch::Contains("for somebody else"));
  CHECK_THAT(with({{"azp", R"("other")"}}), Catch::Contains("for somebody else"));
  CHECK(with({{"aud", R"(["other","stoa"])"}, {"azp", R"("stoa")"}}) == "good");
  CHECK(with({{"aud", R"(["stoa"])"}}) == "good");
  CHECK_THAT(with({{"exp", at(seconds{-61})}}), Catch::Contains("expired"));
  CHECK(with({{"exp", at(seconds{-30})}}) == "good");
  CHECK_THAT(with({{"exp", ""}}), Catch::Contains("expired"));
  CHECK_THAT(with({{"exp", R"("never")"}}), Catch::Contains("expired"));
  CHECK_THAT(with({{"iat", at(minutes{5})}}), Catch::Contains("not good yet"));
  CHECK_THAT(with({{"nbf", at(minutes{5})}}), Catch::Contains("not good yet"));
  CHECK_THAT(with({{"nonce", R"("m")"}}), Catch::Contains("another sign-in"));
  CHECK_THAT(with({{"nonce", ""}}), Catch::Contains("another sign-in"));
  CHECK_THAT(with({{"sub", ""}}), Catch::Contains("nobody"));
}

TEST_CASE("Microsoft's issuer is that of the token's own tenant", "[identity]") {
  token_rules r = rules();
  r.issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
  const std::string tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
  const auto token = [&](const std::string& tid) {
    return rsa().sign(claims("https://login.microsoftonline.com/" + tenant + "/v2.0", {{"tid", "\"" + tid + "\""}}));
  };
  CHECK(checked_as(token(tenant), rsa(), r) == "good");
  CHECK_THAT(checked_as(token("00000000-0000-4000-8000-000000000001"), rsa(), r), Catch::Contains("somebody else's"));
  CHECK_THAT(checked_as(token("x/../y"), rsa(), r), Catch::Contains("somebody else's"));
}

TEST_CASE("a key is chosen by its id, its sort and its use", "[identity]") {
  const auto all = json::parse(jwks_of({&rsa(), &ec()})).value();
  CHECK(key_in(all, "one", "RS256"));
  CHECK(key_in(all, "two", "ES256"));
  CHECK_FALSE(key_in(all, "two", "RS256"));
  CHECK_FALSE(key_in(all, "three", "RS256"));
  CHECK(key_in(all, "", "RS256"));
  static const signer more{"RS256", "more"};
  CHECK_FALSE(key_in(json::parse(jwks_of({&rsa(), &more})).value(), "", "RS256"));
  CHECK_FALSE(key_in(json::parse(R"({"keys":[{"kty":"RSA","kid":"one","use":"enc"}]})").value(), "one", "RS256"));
  CHECK_FALSE(key_in(json::parse("{}").value(), "one", "RS256"));
}

namespace {

/// A provider whose keys and tokens a test chooses.
struct odd_provider {
  odd_provider() : server([this](const std::string& q) { return answer(q); }) {
    provider p;
    p.name = "own";
    p.issuer = server.url("");
    p.client_id = "stoa", p.client_secret = "s";
    p.id_field = "sub", p.email_field = "email", p.verified_field = "email_verified";
    own = std::make_unique<speaker>(std::move(p), http, log, time);
  }
  std::string answer(const std::string& q) {
    const auto base = server.url("");
    if (q.starts_with("GET /.well-known/openid-configuration "))
      return tiny_server::ok(R"({"issuer":")" + base + R"(","authorization_endpoint":")" + base +
                             R"(/a","token_endpoint":")" + base + R"(/t","jwks_uri":")" + base +
                             R"(/k","userinfo_endpoint":")" + base + R"(/u"})");
    if (q.starts_with("GET /k ")) return ++key_reads, tiny_server::ok(jwks);
    if (q.starts_with("GET /u ")) return tiny_server::ok(userinfo);
    return tiny_server::ok(R"({"access_token":"at","id_token":")" + token + R"("})");
  }
  std::string claim() {
    exchange e;
    e.code = "c", e.redirect_uri = "http://x.example/", e.nonce = "n";
    const auto r = wait_for(own->claim(std::move(e)));
    return r ? r->subject + " " + r->email : r.refusal().code;
  }
  std::string issuer() const { return server.url(""); }

  std::string jwks, token, userinfo = "{}";
  std::atomic<int> key_reads = 0;
  tiny_server server;
  runtime::curl_http_client http{{}};
  memory_log log;
  manual_clock time{now};
  std::unique_ptr<speaker> own;
};

}  // namespace

TEST_CASE("keys that rotate are found at once, made-up ones are looked for seldom", "[identity]") {
  odd_provider op;
  static const signer next{"RS256", "next"};
  op.jwks = jwks_of({&rsa()});
  op.token = rsa().sign(claims(op.issuer()));
  CHECK(op.claim() == "7 a@b.example");
  CHECK(op.claim() == "7 a@b.example");
  CHECK(op.key_reads == 1);

  op.jwks = jwks_of({&rsa(), &next});
  op.token = next.sign(claims(op.issuer()));
  CHECK(op.claim() == "IDENTITY_REFUSED");  // within the pause
  op.time.advance(seconds{31});
  CHECK(op.claim() == "7 a@b.example");
  CHECK(op.key_reads == 2);

  static const signer stranger{"RS256", "stranger"};
  op.token = stranger.sign(claims(op.issuer()));
  for (int i = 0; i < 5; ++i) CHECK(op.claim() == "IDENTITY_REFUSED");
  CHECK(op.key_reads == 2);

  // A key that was withdrawn is not good for longer than an hour.
  op.jwks = jwks_of({&rsa()});
  op.time.advance(hours{1});
  op.token = next.sign(claims(op.issuer(), {{"exp", at(hours{3})}}));
  CHECK(op.claim() == "IDENTITY_REFUSED");
}

TEST_CASE("what a token does not tell is asked for, and only of the same person", "[identity]") {
  odd_provider op;
  op.jwks = jwks_of({&rsa()});
  op.token = rsa().sign(claims(op.issuer(), {{"email", ""}, {"email_verified", ""}}));
  op.userinfo = R"({"sub":"7","email":"more@b.example","email_verified":true})";
  CHECK(op.claim() == "7 more@b.example");
  op.userinfo = R"({"sub":"8","email":"other@b.example","email_verified":true})";
  CHECK(op.claim() == "IDENTITY_REFUSED");
  op.userinfo = "<html>";
  CHECK(op.claim() == "UPSTREAM_UNAVAILABLE");
}

TEST_CASE("a provider without an identity token says nothing", "[identity]") {
  odd_provider op;
  op.jwks = jwks_of({&rsa()});
  op.token = "";
  CHECK(op.claim() == "IDENTITY_REFUSED");
  op.token = base64url(std::string(R"({"alg":"none"})")) + "." + base64url(claims(op.issuer())) + ".";
  CHECK(op.claim() == "IDENTITY_REFUSED");
  CHECK(op.key_reads == 0);
}

TEST_CASE("GitHub's primary address counts, and as verified as it is", "[identity]") {
  const auto taken = [](const char* list) {
    identity_claim c;
    c.email = "public@x.example";
    take_address(c, json::parse(list).value());
    return c.email + (c.email_verified ? " yes" : " no");
  };
  CHECK(taken(R"([{"email":"b@x.example","primary":false,"verified":true},
                  {"email":"a@x.example","primary":true,"verified":true}])") == "a@x.example yes");
  CHECK(taken(R"([{"email":"a@x.example","primary":true,"verified":false}])") == "a@x.example no");
  CHECK(taken("[]") == "public@x.example no");
}

#include "runtime/security/tokens.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "stoa/crypto.hpp"
#include "stoa/settings.hpp"

using namespace stoa;
using namespace stoa::runtime;

namespace {

const std::string key(32, 'k');
const timestamp now{seconds{1'769'529'900}};

token_settings with_key(std::string k = key) {
  token_settings s;
  s.key = std::move(k);
  return s;
}

token_claims some_claims(token_type type = token_type::access) {
  token_claims c;
  c.user = user_id::make();
  c.session = session_id::make();
  c.issued_at = now;
  c.expires_at = now + minutes{15};
  c.type = type;
  c.dialect = "learnflow";
  c.roles = {"student", "instructor"};
  c.generation = 7;
  return c;
}

/// A token with any header and payload under a right HMAC.
std::string forge(std::string_view header, std::string_view payload, std::string_view k = key) {
  const auto signed_part = base64url(header) + "." + base64url(payload);
  return signed_part + "." + base64url(hmac_sha256(k, signed_part));
}

std::string segment(const std::string& token, int n) {
  std::size_t begin = 0;
  for (; n > 0; --n) begin = token.find('.', begin) + 1;
  return token.substr(begin, token.find('.', begin) - begin);
}

}  // namespace

TEST_CASE("a token says what was signed", "[tokens]") {
  const token_service tokens{with_key()};
  const auto c = some_claims();
  const auto text = tokens.sign(c);
  // From the decoder, then from the memory of verified tokens.
  for (int i = 0; i < 2; ++i) {
    const auto v = tokens.verify(text, token_type::access, now);
    REQUIRE(v);
    CHECK(v.claims->issuer == "stoa");
    CHECK(v.claims->audience == "stoa");
    CHECK(v.claims->user == c.user);
    CHECK(v.claims->session == c.session);
    CHECK_FALSE(v.claims->jti.is_nil());
    CHECK(v.claims->issued_at == c.issued_at);
    CHECK(v.claims->expires_at == c.expires_at);
    CHECK(v.claims->dialect == "learnflow");
    CHECK(v.claims->roles == c.roles);
    CHECK(v.claims->generation == 7);
  }
}

TEST_CASE("tokens are JWTs with the documented claims", "[tokens]") {
  const token_service tokens{with_key()};
  auto c = some_claims();
  const auto text = tokens.sign(c);
  const auto header = from_base64url(segment(text, 0)).value();
  const auto payload = from_base64url(segment(text, 1)).value();
  CHECK(header.find("\"alg\":\"HS256\"") != std::string::npos);
  for (const auto* name : {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "token_type"})
    CHECK(payload.find("\"" + std::string{name} + "\":") != std::string::npos);
  CHECK(payload.find("\"exp\":1769530800") != std::string::npos);
  const auto signed_part = text.substr(0, text.rfind('.'));
  CHECK(segment(text, 2) == base64url(hmac_sha256(key, signed_part)));
}

TEST_CASE("a refresh token carries how long the access tokens beside it live", "[tokens]") {
  const token_service tokens{with_key()};
  auto c = some_claims(token_type::refresh);
  c.access_life = hours{1};
  const auto v = tokens.verify(tokens.sign(c), token_type::refresh, now);
  REQUIRE(v);
  CHECK(v.claims->access_life == hours{1});
  // An access token does not say it.
  c.type = token_type::access;
  CHECK(from_base64url(segment(tokens.sign(c), 1)).value().find("\"acl\"") == std::string::npos);
  // One that does not say it, or says nonsense, grants the shortest.
  c.type = token_type::refresh;
  c.access_life = seconds{0};
  CHECK(tokens.verify(tokens.sign(c), token_type::refresh, now).claims->access_life == minutes{15});
  c.access_life = seconds{-5};
  CHECK(tokens.verify(tokens.sign(c), token_type::refresh, now).claims->access_life == minutes{15});
}

TEST_CASE("no two tokens are alike", "[tokens]") {
  const token_service tokens{with_key()};
  const auto c = some_claims();
  CHECK(tokens.sign(c) != tokens.sign(c));
}

TEST_CASE("expired is told from invalid", "[tokens]") {
  const token_service tokens{with_key()};
  const auto text = tokens.sign(some_claims());
  CHECK(tokens.verify(text, token_type::access, now + minutes{15} - microseconds{1}).status == token_status::valid);
  CHECK(tokens.verify(text, token_type::access, now + minutes{15}).status == token_status::expired);
  CHECK(tokens.verify(text, token_type::access, now + hours{900}).status == token_status::expired);
  CHECK(tokens.verify(text + "x", token_type::access, now + hours{900}).status == token_status::invalid);
}

TEST_CASE("a refresh token is no access token, nor the reverse", "[tokens]") {
  const token_service tokens{with_key()};
  const auto access = tokens.sign(some_claims());
  const auto refresh = tokens.sign(some_claims(token_type::refresh));
  for (int i = 0; i < 2; ++i) {
    CHECK(tokens.verify(access, token_type::access, now));
    CHECK(tokens.verify(refresh, token_type::refresh, now));
    CHECK(tokens.verify(access, token_type::refresh, now).status == token_status::invalid);
    CHECK(tokens.verify(refresh, token_type::access, now).status == token_status::invalid);
  }
  CHECK(tokens.verify(refresh, token_type::access, now + hours{1}).status == token_status::invalid);
}

TEST_CASE("other keys, issuers and audiences are invalid", "[tokens]") {
  const token_service tokens{with_key()};
  const auto c = some_claims();
  CHECK_FALSE(tokens.verify(token_service{with_key(std::string(32, 'l'))}.sign(c), token_type::access, now));
  auto other = with_key();
  other.issuer = "someone";
  CHECK_FALSE(tokens.verify(token_service{other}.sign(c), token_type::access, now));
  other = with_key();
  other.audience = "elsewhere";
  CHECK_FALSE(tokens.verify(token_service{other}.sign(c), token_type::access, now));
}

TEST_CASE("the server chooses the algorithm", "[tokens]") {
  auto s512 = with_key(std::string(64, 'k'));
  s512.algorithm = "HS512";
  auto s256 = s512;
  s256.algorithm = "HS256";
  const token_service by512{s512}, by256{s256};
  const auto c = some_claims();
  CHECK(by512.verify(by512.sign(c), token_type::access, now));
  CHECK_FALSE(by256.verify(by512.sign(c), token_type::access, now));
  CHECK_FALSE(by512.verify(by256.sign(c), token_type::access, now));

  const token_service tokens{with_key()};
  const auto payload = from_base64url(segment(tokens.sign(c), 1)).value();
  for (const auto* header :
       {R"({"alg":"none"})", R"({"alg":"none","typ":"JWT"})", R"({"typ":"JWT","alg":"none"})",
        R"({"alg":"HS512","typ":"JWT"})", R"({"alg":"hs256","typ":"JWT"})", R"({"typ":"JWT"})",
        R"({"alg":"RS256","typ":"JWT"})", R"({"alg":"HS256","typ":"JWT","crit":["x"]})", "{}", ""}) {
    CAPTURE(header);
    CHECK_FALSE(tokens.verify(forge(header, payload), token_type::access, now));
    CHECK_FALSE(tokens.verify(base64url(header) + "." + base64url(payload) + ".", token_type::access, now));
  }
}

TEST_CASE("only the text that was signed is the token", "[tokens]") {
  const token_service tokens{with_key()};
  const auto text = tokens.sign(some_claims());
  std::set<std::string> others{"",         ".",        "..",       "...",      "a.b.c",
                               text + "=", text + ".", text + " ", " " + text, "." + text};
  // Every single character changed; the last one also to those that differ only in bits behind the end.
  for (std::size_t i = 0; i < text.size(); ++i)
    for (const char c : {'A', 'Q', '_', '.', '=', '+', '\0'}) {
      auto changed = text;
      changed[i] = c;
      others.insert(changed);
    }
  for (const char c : std::string{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}) {
    auto changed = text;
    changed.back() = c;
    others.insert(changed);
  }
  others.insert(text.substr(0, text.rfind('.') + 1));
  others.insert(text.substr(0, text.rfind('.')));
  others.insert(std::string(100'000, 'a'));
  others.insert(text + std::string(10'000, 'a'));
  others.erase(text);
  // Before the right one has been seen and after.
  for (const auto& o : others) REQUIRE(tokens.verify(o, token_type::access, now).status == token_status::invalid);
  CHECK(tokens.verify(text, token_type::access, now));
  for (const auto& o : others) REQUIRE(tokens.verify(o, token_type::access, now).status == token_status::invalid);
}

TEST_CASE("a signed payload with claims missing or of the wrong type is invalid", "[tokens]") {
  const token_service tokens{with_key()};
  const auto good = tokens.sign(some_claims());
  const auto header = from_base64url(segment(good, 0)).value();
  const auto payload = from_base64url(segment(good, 1)).value();
  CHECK(tokens.verify(forge(header, payload), token_type::access, now));
  auto with = [&](std::string_view from, std::string_view to) {
    auto changed = payload;
    const auto at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, from.size(), to);
    return forge(header, changed);
  };
  for (const auto& bad :
       {with("\"exp\":1769530800", "\"exp\":\"1769530800\""), with("\"exp\":1769530800", "\"exp\":null"),
        with("\"exp\":1769530800", "\"exp\":-1"), with("\"exp\":1769530800", "\"exp\":9223372036854775807"),
        with("\"exp\":1769530800", "\"exq\":1769530800"), with("\"token_type\":\"access\"", "\"token_type\":\"any\""),
        with("\"token_type\":\"access\"", "\"token_type\":1"), with("\"sub\":\"", "\"sub\":\"x"),
        with("\"sid\":", "\"sad\":"), with("\"iss\":\"stoa\"", "\"iss\":[\"stoa\"]"), forge(header, "[]"),
        forge(header, "{}"), forge(header, ""), forge(header, "{"), forge(header, "null")})
    CHECK(tokens.verify(bad, token_type::access, now).status == token_status::invalid);
}

TEST_CASE("keys and algorithms that are no good do not start", "[tokens]") {
  CHECK_THROWS_AS(token_service(with_key("")), settings_error);
  CHECK_THROWS_AS(token_service(with_key(std::string(31, 'k'))), settings_error);
  auto s = with_key();
  s.algorithm = "none";
  CHECK_THROWS_AS(token_service(s), settings_error);
  s.algorithm = "HS512";
  CHECK_THROWS_AS(token_service(s), settings_error);
}

TEST_CASE("a key's zero bytes count", "[tokens]") {
  auto a = std::string(40, 'k'), b = a;
  a[3] = b[3] = '\0';
  b[20] = 'x';
  const token_service first{with_key(a)}, second{with_key(b)};
  CHECK(first.verify(first.sign(some_claims()), token_type::access, now));
  CHECK_FALSE(second.verify(first.sign(some_claims()), token_type::access, now));
}

TEST_CASE("more tokens than are remembered, and none remembered", "[tokens]") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{64}, std::size_t{256}}) {
    auto s = with_key();
    s.cache_size = size;
    const token_service tokens{s};
    std::vector<std::pair<std::string, user_id>> all;
    for (int i = 0; i < 500; ++i) {
      const auto c = some_claims();
      all.emplace_back(tokens.sign(c), c.user);
    }
    for (int round = 0; round < 3; ++round)
      for (const auto& [text, user] : all) {
        const auto v = tokens.verify(text, token_type::access, now);
        REQUIRE(v);
        REQUIRE(v.claims->user == user);
      }
    CHECK_FALSE(tokens.verify(all[0].first, token_type::access, now + hours{1}));
  }
}

TEST_CASE("threads verify at once", "[tokens]") {
  auto s = with_key();
  s.cache_size = 128;
  const token_service tokens{s};
  std::vector<std::string> all;
  for (int i = 0; i < 200; ++i) all.push_back(tokens.sign(some_claims()));
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) good += tokens.verify(all[i % all.size()], token_type::access, now) ? 1 : 0;
    });
  for (auto& t : threads) t.join();
  CHECK(good == 4000);
}

TEST_CASE("a token from before its time is invalid, and good from then on", "[tokens]") {
  const token_service tokens{with_key()};
  const auto good = tokens.sign(some_claims());
  const auto header = from_base64url(segment(good, 0)).value();
  auto payload = from_base64url(segment(good, 1)).value();
  const auto with = [&](const std::string& nbf) {
    auto changed = payload;
    changed.insert(1, "\"nbf\":" + nbf + ",");
    return forge(header, changed);
  };
  const auto later = with(std::to_string(now.time_since_epoch() / seconds{1} + 60));
  CHECK(tokens.verify(later, token_type::access, now).status == token_status::invalid);
  CHECK(tokens.verify(later, token_type::access, now + seconds{59}).status == token_status::invalid);
  CHECK(tokens.verify(later, token_type::access, now + seconds{60}));
  CHECK(tokens.verify(with(std::to_string(now.time_since_epoch() / seconds{1})), token_type::access, now));
  for (const char* nonsense : {"\"tomorrow\"", "null", "[]", "-1", "9223372036854775807"})
    CHECK(tokens.verify(with(nonsense), token_type::access, now).status == token_status::invalid);
  // Nor is one taken that says it was made tomorrow: revocations go by that time.
  auto c = some_claims();
  c.issued_at = now + hours{1};
  c.expires_at = now + hours{2};
  CHECK(tokens.verify(tokens.sign(c), token_type::access, now).status == token_status::invalid);
  c.issued_at = now + minutes{1};
  CHECK(tokens.verify(tokens.sign(c), token_type::access, now));
}

TEST_CASE("a new key signs while the one before it still verifies", "[tokens]") {
  const std::string old_key(32, 'o'), new_key(32, 'n'), other_key(32, 'x');
  const token_service before{with_key(old_key)};
  auto rotated = with_key(new_key);
  rotated.older_keys = {old_key};
  const token_service after{rotated}, later{with_key(new_key)};
  const auto old_token = before.sign(some_claims()), new_token = after.sign(some_claims());
  CHECK(after.verify(old_token, token_type::access, now));
  CHECK(after.verify(new_token, token_type::access, now));
  CHECK(after.verify(before.sign(some_claims(token_type::refresh)), token_type::refresh, now));
  CHECK_FALSE(before.verify(new_token, token_type::access, now));
  CHECK(later.verify(new_token, token_type::access, now));
  CHECK_FALSE(later.verify(old_token, token_type::access, now));
  // The key is named, tells nothing of itself, and a name alone proves nothing.
  const auto header = from_base64url(segment(new_token, 0)).value();
  CHECK(header.find("\"kid\":\"") != std::string::npos);
  CHECK(segment(old_token, 0) != segment(new_token, 0));
  CHECK(header.find(new_key) == std::string::npos);
  const auto payload = from_base64url(segment(new_token, 1)).value();
  CHECK(after.verify(forge(header, payload, new_key), token_type::access, now));
  CHECK_FALSE(after.verify(forge(header, payload, old_key), token_type::access, now));
  // Tokens from before keys had names.
  const std::string unnamed = R"({"alg":"HS256","typ":"JWT"})";
  CHECK(after.verify(forge(unnamed, payload, new_key), token_type::access, now));
  CHECK(after.verify(forge(unnamed, payload, old_key), token_type::access, now));
  CHECK_FALSE(after.verify(forge(unnamed, payload, other_key), token_type::access, now));
  rotated.older_keys = {std::string(31, 'o')};
  CHECK_THROWS_AS(token_service(rotated), settings_error);
}

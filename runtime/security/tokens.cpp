#include "runtime/security/tokens.hpp"

#include <jwt.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <unordered_map>

#include "stoa/crypto.hpp"
#include "stoa/settings.hpp"
#include "stoa/words.hpp"

namespace stoa::runtime {
namespace {

// Our own tokens have some 500 characters; nothing longer is worth a hash.
constexpr std::size_t longest_token = 4096;

// How far ahead the clock of another node may be.
constexpr minutes skew{5};

struct free_jwt {
  void operator()(jwt_t* t) const { jwt_free(t); }
};
using jwt_ptr = std::unique_ptr<jwt_t, free_jwt>;

jwt_alg_t algorithm(const std::string& name) {
  if (name == "HS256") return JWT_ALG_HS256;
  if (name == "HS384") return JWT_ALG_HS384;
  if (name == "HS512") return JWT_ALG_HS512;
  throw settings_error("token algorithm '" + name + "' is not one of HS256, HS384, HS512");
}

std::size_t least_key(jwt_alg_t alg) {
  if (alg == JWT_ALG_HS384) return 48;
  if (alg == JWT_ALG_HS512) return 64;
  return 32;
}

std::string_view type_name(token_type t) { return t == token_type::access ? "access" : "refresh"; }

/// Reads claims and remembers whether one was missing or of the wrong type.
class claim_reader {
 public:
  explicit claim_reader(jwt_t* t) : jwt_(t) {}

  std::string text(const char* name) {
    const char* value = jwt_get_grant(jwt_, name);
    if (!value) complete_ = false;
    return value ? value : "";
  }
  std::int64_t integer(const char* name) {
    errno = 0;
    const long value = jwt_get_grant_int(jwt_, name);
    if (errno != 0) complete_ = false;
    return value;
  }
  std::int64_t integer_or(const char* name, std::int64_t otherwise) {
    errno = 0;
    const long value = jwt_get_grant_int(jwt_, name);
    return errno == 0 ? value : otherwise;
  }
  bool has(const char* name) {
    errno = 0;
    jwt_get_grant_int(jwt_, name);
    return errno != ENOENT;
  }
  uuid identity(const char* name) {
    const auto id = uuid::parse(text(name));
    if (!id) complete_ = false;
    return id.value_or(uuid{});
  }
  timestamp time(const char* name) {
    const auto s = integer(name);
    // Beyond year 9999 the signature may be ours, but the time is not; what is no number reads as 0.
    if (s <= 0 || s > 253'402'300'799) {
      complete_ = false;
      return {};
    }
    return timestamp{seconds{s}};
  }
  bool complete() const { return complete_; }
  void fail() { complete_ = false; }

 private:
  jwt_t* jwt_;
  bool complete_ = true;
};

/// Tokens that were verified, by their exact text. Each shard has two generations: when the young one is full the old
/// one is forgotten, so that what is in use stays and the size is bounded without any bookkeeping per entry.
class verified_tokens {
 public:
  explicit verified_tokens(std::size_t size) : half_(size / (2 * shards)) {}

  std::shared_ptr<const token_claims> find(std::string_view token, timestamp now) {
    if (half_ == 0) return nullptr;
    auto& s = shard_of(token);
    std::lock_guard lock{s.mutex};
    if (auto it = s.young.find(token); it != s.young.end()) {
      if (it->second->expires_at > now) return it->second;
      s.young.erase(it);
      return nullptr;
    }
    auto it = s.old.find(token);
    if (it == s.old.end()) return nullptr;
    auto node = s.old.extract(it);
    if (node.mapped()->expires_at <= now) return nullptr;
    auto claims = node.mapped();
    make_room(s);
    s.young.insert(std::move(node));
    return claims;
  }

  void insert(std::string_view token, std::shared_ptr<const token_claims> claims) {
    if (half_ == 0) return;
    auto& s = shard_of(token);
    std::lock_guard lock{s.mutex};
    make_room(s);
    s.young.insert_or_assign(std::string{token}, std::move(claims));
  }

 private:
  static constexpr std::size_t shards = 32;

  /// The tail of a token is its signature, random to whoever lacks the key; only tokens of ours are ever kept.
  struct tail_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view token) const noexcept {
      std::uint64_t a = 0, b = 0;
      if (token.size() >= 16) {
        std::memcpy(&a, token.data() + token.size() - 16, 8);
        std::memcpy(&b, token.data() + token.size() - 8, 8);
      }
      a = (a ^ (b << 29 | b >> 35)) * 0x9E3779B97F4A7C15ull;
      return a ^ a >> 32;
    }
  };
  using map = std::unordered_map<std::string, std::shared_ptr<const token_claims>, tail_hash, std::equal_to<>>;

  struct alignas(64) shard {
    std::mutex mutex;
    map young;
    map old;
  };

  shard& shard_of(std::string_view token) { return shards_[tail_hash{}(token) >> 20 & (shards - 1)]; }

  void make_room(shard& s) {
    if (s.young.size() < half_) return;
    s.old = std::move(s.young);
    s.young = {};
  }

  const std::size_t half_;
  std::array<shard, shards> shards_;
};

}  // namespace

struct token_service::state {
  token_settings settings;
  jwt_alg_t alg;
  /// The keys by age, the signing one first; `header` is the first segment of every token under it, with its dot.
  struct named_key {
    std::string key, kid, header;
  };
  std::vector<named_key> keys;
  std::string unnamed_header;  ///< of tokens from before keys had names
  mutable verified_tokens cache;

  explicit state(token_settings s)
      : settings(std::move(s)), alg(algorithm(settings.algorithm)), cache(settings.cache_size) {
    add(settings.key);
    for (const auto& k : settings.older_keys) add(k);
    unnamed_header = header_of({settings.key, {}, {}});
  }

  void add(const std::string& key) {
    if (key.size() < least_key(alg))
      throw settings_error("a token key has " + std::to_string(key.size()) + " bytes; " + settings.algorithm +
                           " needs at least " + std::to_string(least_key(alg)));
    // A name that all nodes make alike and that tells nothing of the key.
    named_key k{key, base64url(hmac_sha256(key, "stoa token key")).substr(0, 8), {}};
    k.header = header_of(k);
    keys.push_back(std::move(k));
  }

  std::string header_of(const named_key& k) const {
    const auto sample = encode({}, k);
    return sample.substr(0, sample.find('.') + 1);
  }

  std::string encode(const token_claims& c, const named_key& k) const {
    jwt_t* raw = nullptr;
    if (jwt_new(&raw) != 0) throw std::bad_alloc();
    jwt_ptr jwt{raw};
    int failed =
        jwt_set_alg(raw, alg, reinterpret_cast<const unsigned char*>(k.key.data()), static_cast<int>(k.key.size()));
    if (!k.kid.empty()) failed |= jwt_add_header(raw, "kid", k.kid.c_str());
    auto text = [&](const char* name, const std::string& value) { failed |= jwt_add_grant(raw, name, value.c_str()); };
    auto integer = [&](const char* name, std::int64_t value) { failed |= jwt_add_grant_int(raw, name, value); };
    auto time = [&](const char* name, timestamp t) {
      integer(name, std::chrono::floor<seconds>(t).time_since_epoch().count());
    };
    text("iss", c.issuer.empty() ? settings.issuer : c.issuer);
    text("aud", c.audience.empty() ? settings.audience : c.audience);
    text("sub", c.user.str());
    text("sid", c.session.str());
    text("jti", (c.jti.is_nil() ? uuid::make_v7() : c.jti).str());
    time("iat", c.issued_at);
    time("exp", c.expires_at);
    text("token_type", std::string{type_name(c.type)});
    text("dia", c.dialect);
    text("roles", joined_words(c.roles));
    integer("gen", c.generation);
    if (c.type == token_type::refresh) integer("acl", c.access_life.count());
    char* encoded = failed == 0 ? jwt_encode_str(raw) : nullptr;
    if (!encoded) throw std::runtime_error("signing a token failed");
    std::string token{encoded};
    std::free(encoded);
    return token;
  }

  /// The claims of a token with a good signature that is of our making in every respect; null otherwise.
  std::shared_ptr<token_claims> decode(std::string_view token) const {
    if (token.size() > longest_token) return nullptr;
    for (const auto& k : keys)
      if (token.starts_with(k.header)) return decode(token, k.header, k.key);
    if (token.starts_with(unnamed_header))
      for (const auto& k : keys)
        if (auto claims = decode(token, unnamed_header, k.key)) return claims;
    return nullptr;
  }

  std::shared_ptr<token_claims> decode(std::string_view token, const std::string& header,
                                       const std::string& key) const {
    const auto second = token.find('.', header.size());
    if (second == std::string_view::npos) return nullptr;
    // libjwt's reader forgives what RFC 7515 does not (padding, the other alphabet), and two texts of one
    // signature would be two tokens here.
    if (!from_base64url(token.substr(header.size(), second - header.size())) ||
        !from_base64url(token.substr(second + 1)))
      return nullptr;

    jwt_t* raw = nullptr;
    const std::string terminated{token};
    const int error = jwt_decode(&raw, terminated.c_str(), reinterpret_cast<const unsigned char*>(key.data()),
                                 static_cast<int>(key.size()));
    jwt_ptr jwt{raw};
    if (error != 0 || !jwt || jwt_get_alg(jwt.get()) != alg) return nullptr;

    claim_reader read{jwt.get()};
    auto c = std::make_shared<token_claims>();
    c->issuer = read.text("iss");
    c->audience = read.text("aud");
    c->user = user_id{read.identity("sub")};
    c->session = session_id{read.identity("sid")};
    c->jti = read.identity("jti");
    c->issued_at = read.time("iat");
    c->expires_at = read.time("exp");
    if (read.has("nbf")) c->not_before = read.time("nbf");
    c->dialect = read.text("dia");
    c->roles = words_of(read.text("roles"));
    c->generation = read.integer("gen");
    const auto type = read.text("token_type");
    if (type == type_name(token_type::access))
      c->type = token_type::access;
    else if (type == type_name(token_type::refresh))
      c->type = token_type::refresh;
    else
      read.fail();
    // A refresh token from before this claim grants the shortest.
    if (c->type == token_type::refresh)
      if (const auto life = read.integer_or("acl", c->access_life.count()); life > 0) c->access_life = seconds{life};
    if (!read.complete() || c->issuer != settings.issuer || c->audience != settings.audience) return nullptr;
    return c;
  }
};

token_service::token_service(token_settings settings) : state_(std::make_unique<state>(std::move(settings))) {}
token_service::~token_service() = default;

std::string token_service::sign(const token_claims& claims) const {
  return state_->encode(claims, state_->keys.front());
}

token_verdict token_service::verify(std::string_view token, token_type expected, timestamp now) const {
  auto claims = state_->cache.find(token, now);
  if (!claims) {
    claims = state_->decode(token);
    if (!claims) return {};
    if (claims->type != expected) return {};
    if (claims->not_before > now || claims->issued_at > now + skew) return {};
    if (claims->expires_at <= now) return {token_status::expired, nullptr};
    // Refresh tokens are seen once or twice: remembering them would only push access tokens out.
    if (expected == token_type::access) state_->cache.insert(token, claims);
  }
  if (claims->type != expected) return {};
  return {token_status::valid, std::move(claims)};
}

}  // namespace stoa::runtime

#include "starts.hpp"

#include <boost/describe.hpp>

#include "stoa/columns.hpp"
#include "stoa/crypto.hpp"

namespace stoa_plugin::identity {

using stoa::acts_as_system;
using stoa::statement;
using stoa::task;
using stoa::values;

namespace {

struct kept_start {
  std::string provider, redirect_uri, binding_hash, challenge;
  stoa::timestamp expires_at;
};
BOOST_DESCRIBE_STRUCT(kept_start, (), (provider, redirect_uri, binding_hash, challenge, expires_at))

constexpr statement keep{"keep_start", R"(
  insert into plugin_identity.start (state_hash, provider, redirect_uri, binding_hash, challenge, expires_at)
  values (:p1::text, :p2::text, :p3::text, :p4::text, :p5::text, :p6::timestamptz))"};
constexpr auto spend_sql =
    "delete from plugin_identity.start where state_hash = :p1::text returning " + stoa::columns<kept_start>;
constexpr statement spend_start{"spend_start", spend_sql};

constexpr statement starts_due{"start_due", R"(
  select count(*) from (select 1 from plugin_identity.start where expires_at < :p1::timestamptz limit :p2::bigint) due)"};
constexpr statement purge_starts{"start_purge", R"(
  with gone as (
    delete from plugin_identity.start where state_hash in (
      select state_hash from plugin_identity.start where expires_at < :p1::timestamptz order by expires_at
      limit :p2::bigint for update skip locked)
    returning 1)
  select count(*) from gone)"};

std::string hash_of(const std::string& secret) { return stoa::hex(stoa::sha256(secret)); }

}  // namespace

stoa::fault dead_state() {
  return {stoa::fault_kind::rejected, "STATE_INVALID",
          "This sign-in was not begun here, was used, or has expired. Begin again."};
}

begun made_of(const std::string& key, std::string state) {
  begun b;
  b.nonce = stoa::base64url(stoa::hmac_sha256(key, "nonce " + state));
  b.verifier = stoa::base64url(stoa::hmac_sha256(key, "verifier " + state));
  b.challenge = stoa::base64url(stoa::sha256(b.verifier));
  b.state = std::move(state);
  return b;
}

task<begun> starts::make(std::string provider, std::string redirect_uri) {
  auto b = made_of(keys_.front(), stoa::random_token());
  b.binding = stoa::random_token();
  b.expires_at = time_.now() + life_;
  values v{hash_of(b.state), provider, redirect_uri, hash_of(b.binding), b.challenge, b.expires_at};
  co_await db_.query(acts_as_system(), keep, std::move(v), stoa::lane::commands);
  co_return b;
}

task<begun> starts::spend(const stoa::identity_answer& answer) {
  values v{hash_of(answer.state)};
  const auto found = co_await db_.query(acts_as_system(), spend_start, std::move(v), stoa::lane::commands);
  if (found.empty()) co_return dead_state();
  const auto kept = stoa::read_columns<kept_start>(found.front());
  const bool same_browser = stoa::constant_time_equal(kept.binding_hash, hash_of(answer.binding));
  if (!same_browser || kept.expires_at <= time_.now() || kept.provider != answer.provider ||
      kept.redirect_uri != answer.redirect_uri)
    co_return dead_state();
  for (const auto& key : keys_)
    if (auto b = made_of(key, answer.state); b.challenge == kept.challenge) co_return b;
  co_return dead_state();
}

task<std::int64_t> starts::forget(stoa::purge_options how) {
  const stoa::purge_rule rule{"identity_start", &starts_due, &purge_starts};
  co_return co_await stoa::purge(db_, rule, time_.now(), how);
}

}  // namespace stoa_plugin::identity

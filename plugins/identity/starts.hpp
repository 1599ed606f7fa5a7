// Sign-ins that the server began: state, nonce and PKCE, each good once and in one browser.
#pragma once

#include <string>
#include <vector>

#include "stoa/areas/identity.hpp"
#include "stoa/db.hpp"
#include "stoa/purge.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::identity {

/// What a browser is sent with.
struct begun {
  std::string state, binding;
  std::string nonce;
  std::string verifier, challenge;  ///< of PKCE, S256
  stoa::timestamp expires_at;
};

/// What belongs to a state and is in no table: whoever has the key makes it again.
begun made_of(const std::string& key, std::string state);

/// Thread-safe.
class starts {
 public:
  /// The first key makes, all of them know again.
  starts(stoa::database& db, const stoa::clock& time, std::vector<std::string> keys, stoa::milliseconds life)
      : db_(db), time_(time), keys_(std::move(keys)), life_(life) {}

  stoa::task<begun> make(std::string provider, std::string redirect_uri);
  /// Uses up the state, whatever comes of it. STATE_INVALID.
  stoa::task<begun> spend(const stoa::identity_answer& answer);
  stoa::task<std::int64_t> forget(stoa::purge_options how);

 private:
  stoa::database& db_;
  const stoa::clock& time_;
  const std::vector<std::string> keys_;
  const stoa::milliseconds life_;
};

stoa::fault dead_state();

}  // namespace stoa_plugin::identity

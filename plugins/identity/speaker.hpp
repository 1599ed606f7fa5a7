// What is asked of one provider: where its addresses and keys are, what a code is worth. Knows how long it may take.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "provider.hpp"
#include "stoa/http_client.hpp"
#include "stoa/log.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::identity {

/// What a code is exchanged with.
struct exchange {
  std::string code, redirect_uri, verifier;
  std::string nonce;   ///< of the id_token; empty: none was asked for
  std::string issuer;  ///< `iss` beside the code; empty: it did not come
};

/// Thread-safe. Keys and addresses are kept for an hour in each process; an unknown key is looked for at once, but not
/// more often than twice a minute, whoever makes them up.
class speaker {
 public:
  speaker(provider p, stoa::http_client& http, stoa::logger& log, const stoa::clock& time)
      : who_(std::move(p)), http_(http), log_(log), time_(time) {}

  const provider& who() const noexcept { return who_; }
  /// Where browsers go.
  stoa::task<std::string> authorize_url();
  stoa::task<stoa::identity_claim> claim(exchange e);

 private:
  using until = std::chrono::steady_clock::time_point;
  struct addresses {
    std::string issuer, authorize, token, userinfo, jwks;
    stoa::timestamp read_at;
  };
  struct keys {
    stoa::json all;
    stoa::timestamp read_at;
  };
  struct told {
    int status = 0;
    stoa::json body;
  };

  stoa::task<told> ask(stoa::http_request r, until end);
  stoa::task<told> get(std::string url, std::string access_token, until end);
  stoa::task<addresses> find(until end);
  stoa::task<stoa::json> key_for(std::string jwks, std::string id, until end);
  stoa::task<stoa::json> tokens_for(std::string token_url, exchange e, until end);
  stoa::task<stoa::identity_claim> by_id_token(addresses at, stoa::json tokens, std::string nonce, until end);
  stoa::task<stoa::identity_claim> by_userinfo(std::string access_token, until end);

  const provider who_;
  stoa::http_client& http_;
  stoa::logger& log_;
  const stoa::clock& time_;
  std::mutex mutex_;
  std::shared_ptr<const addresses> found_;
  std::shared_ptr<const keys> keys_;
};

}  // namespace stoa_plugin::identity

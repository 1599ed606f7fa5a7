// Idempotency-Key: a POST sent twice has its effect once. What is known of a key, and where it is kept.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/once.hpp"
#include "stoa/purge.hpp"
#include "stoa/routes.hpp"
#include "stoa/task.hpp"

namespace stoa::runtime {

/// What a key is bound to.
struct idempotency_slot {
  std::string caller;     ///< the user's id, or `address:` and the client's address
  std::string operation;  ///< method and path
  std::string key;
  std::string body_hash;  ///< SHA-256 of the body, in hex
  timestamp now;
  uuid token = uuid::make_v7();  ///< whose reservation it is: of this try
};

/// What is known of a key.
struct idempotency_state {
  enum class outcome {
    fresh,       ///< reserved for this request; where an earlier try went down half-way, `once` knows its steps
    replay,      ///< done before with the same body: `kept` is the answer
    other_body,  ///< done or begun with another body
    in_flight,   ///< begun, not finished
  };
  outcome what = outcome::fresh;
  reply kept;
  std::shared_ptr<once_scope> once;  ///< what a fresh one works for; null: its steps are not kept
};

/// Where the answers of finished requests are kept, 24 hours each.
class idempotency_store {
 public:
  virtual ~idempotency_store();
  /// Reserves the key or says what is known of it, atomically.
  virtual task<idempotency_state> begin(idempotency_slot slot) = 0;
  /// Keeps the answer of a reserved key.
  virtual task<done> finish(idempotency_slot slot, reply answer) = 0;
  /// Gives a reserved key back: the request did not come to an answer that is kept. Steps that it has taken stay.
  virtual task<done> abandon(idempotency_slot slot) = 0;
};

/// Over PostgreSQL. Answers live for 24 hours and survive a restart, and so does a request that has taken a step; a
/// reservation without any is forgotten when no try can be at work any more.
class idempotency_table final : public idempotency_store {
 public:
  explicit idempotency_table(database& db) : db_(db) {}

  task<idempotency_state> begin(idempotency_slot slot) override;
  task<done> finish(idempotency_slot slot, reply answer) override;
  task<done> abandon(idempotency_slot slot) override;

  /// Deletes what has expired, in batches until nothing is left.
  task<std::int64_t> purge(timestamp now, purge_options options);
  static const purge_rule& purge_of_expired();

 private:
  database& db_;
};

}  // namespace stoa::runtime

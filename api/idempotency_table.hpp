// Idempotency-Key over PostgreSQL: reservations and answers live for 24 hours and survive a restart.
#pragma once

#include "api/http/idempotency.hpp"
#include "stoa/db.hpp"

namespace stoa::http {

class idempotency_table final : public idempotency_store {
 public:
  explicit idempotency_table(database& db) : db_(db) {}

  task<idempotency_state> begin(idempotency_slot slot) override;
  task<done> finish(idempotency_slot slot, reply answer) override;
  task<done> abandon(idempotency_slot slot) override;

  /// Deletes what has expired.
  task<done> purge(timestamp now);

 private:
  database& db_;
};

}  // namespace stoa::http

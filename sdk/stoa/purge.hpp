// Deleting what has had its time: in batches until nothing is left, so that no statement grows with the table.
#pragma once

#include <cstdint>

#include "stoa/db.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

/// What is deleted from a table. Both statements find their rows by an index on the column that says when they are due.
struct purge_rule {
  const char* what;         ///< the metric's label: `idempotency`, `session`
  const statement* due;     ///< one row, one number: how many rows were due before :p1, counted up to :p2
  const statement* remove;  ///< deletes at most :p2 rows that were due before :p1; one row, one number: how many
};

/// How a purge goes about it.
struct purge_options {
  std::int64_t batch = 1000;       ///< rows in one transaction
  std::int64_t batches = 1000;     ///< in one call; what is left waits for the next one
  std::int64_t alarming = 50'000;  ///< so many due rows, or more, are a warning: the purge falls behind
  lane in = lane::commands;        ///< where the batches wait
  stoa::metrics* meters = nullptr;
  logger* log = nullptr;
};

/// Deletes in batches until nothing is left, or `batches` are done. `stoa_purge_backlog{what}` says how many rows are
/// still due while it works and behind it. Acts as the system. Answers how many rows it deleted; ends with the fault of
/// a batch that failed: those before it stay deleted. Two nodes may purge at once.
task<std::int64_t> purge(database& db, purge_rule rule, timestamp before, purge_options options);

}  // namespace stoa

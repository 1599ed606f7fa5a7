// Idempotency-Key on the way of a request: handlers that run once, answers that are kept.
#pragma once

#include <string_view>

#include "api/http/idempotency.hpp"
#include "api/http/message.hpp"
#include "api/http/router.hpp"
#include "stoa/log.hpp"
#include "stoa/task.hpp"

namespace stoa::http {

/// Runs handlers under idempotency keys. Thread-safe as far as its store is.
class kept_answers {
 public:
  /// Both must outlive it; without a store no key means anything.
  kept_answers(idempotency_store* store, logger& log) : store_(store), log_(log) {}

  /// Whether a request for `target` is to have its effect once.
  bool wants_once(const endpoint& target, const incoming& in) const;
  /// Runs the handler, or gives the answer that was kept under `given`, the header as it came. Only for requests that
  /// want it; all arguments must live until the task has ended.
  task<reply> run_once(const endpoint& target, const request& req, std::string_view given);

 private:
  idempotency_store* store_;
  logger& log_;
};

}  // namespace stoa::http

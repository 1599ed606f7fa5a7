// What all requests of a pipeline share.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>

#include "api/http/admission.hpp"
#include "api/http/client_address.hpp"
#include "api/http/cors.hpp"
#include "api/http/kept_answers.hpp"
#include "api/http/pipeline.hpp"
#include "api/http/router.hpp"
#include "api/http/streams.hpp"
#include "stoa/metrics.hpp"

namespace stoa::http {

/// Outlives the pipeline as long as a handler runs.
struct pipeline::shared {
  /// Throws std::invalid_argument where a trusted proxy is none.
  shared(pipeline_options o, parts p);

  /// Counts an answer of the endpoint, by its status, and the time it took.
  void observe(endpoint& e, int status, std::chrono::steady_clock::duration took);

  pipeline_options options;
  parts house;
  http::cors origins;
  trusted_proxies proxies;
  admission door;
  kept_answers answers;
  http::streams streams;
  std::size_t largest_body = 0;
  counter* unrouted;
  counter* timed_out;
  counter* no_room;

  /// Requests that wait for their handler, oldest first: a list through the exchanges themselves.
  struct waiting_list {
    exchange* first = nullptr;
    exchange* last = nullptr;
  };
  std::mutex waiting_lock;
  waiting_list brief;  ///< all have the same time, so that the oldest is the first whose time is over
  waiting_list large;  ///< those whose bodies give them longer
};

}  // namespace stoa::http

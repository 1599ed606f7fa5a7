// A request's way from the wire to its handler and back.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "api/http/authenticator.hpp"
#include "api/http/cors.hpp"
#include "api/http/idempotency.hpp"
#include "api/http/limits.hpp"
#include "api/http/message.hpp"
#include "api/http/router.hpp"
#include "api/http/streams.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa::http {

struct pipeline_options {
  std::size_t max_in_flight = 2000;    ///< requests whose handlers may run at once; more are 503
  std::size_t max_body = 1024 * 1024;  ///< bytes, unless a route says otherwise
  milliseconds request_timeout{8000};  ///< after this a client gets its 503
  /// Bytes a second at which a body beyond `max_body` may be stored: its request has so much longer.
  std::size_t slowest_upload = 1024 * 1024;
  std::string public_url;                    ///< scheme and authority of links; empty: from Host
  std::vector<std::string> trusted_proxies;  ///< addresses and networks (`10.0.0.0/8`) whose X-Forwarded-For counts
  bool secure_cookies = true;
  cors_options cors;
  stream_limits streams;

  /// How long a request with so large a body has.
  milliseconds time_for(std::size_t body) const;
};

/// Everything between transport and handlers. Thread-safe; `handle` and the handlers run on IO threads.
class pipeline {
 public:
  /// What the pipeline needs of the house. All must outlive it; the store may be null. All routes must have been added
  /// to the router before.
  struct parts {
    http::router& routes;
    authenticator& who;
    idempotency_store* idempotency = nullptr;
    const stoa::clock& clock;
    stoa::metrics& metrics;
    stoa::logger& log;
  };

  pipeline(pipeline_options options, parts p);
  ~pipeline();

  /// Takes a request to its answer, here or later.
  void handle(std::shared_ptr<incoming> in);

  /// Answers requests whose time is over, and sends the heartbeats of streams. The transport calls it some times a
  /// second.
  void expire(std::chrono::steady_clock::time_point now);

  /// Requests whose handlers run.
  std::size_t in_flight() const noexcept;
  /// Streamed answers that are open.
  std::size_t open_streams() const noexcept;
  /// From now on every new request is refused and every stream ends: the server is going down.
  void close_intake() noexcept;
  /// The most a body may have on any route; the transport's own limit lies above.
  std::size_t largest_body() const noexcept;
  /// How long the slowest request may take.
  milliseconds longest_request() const;

  /// The enveloped 413 for a request whose body the transport did not read.
  outgoing too_large(const incoming& head);
  /// The enveloped 503 for one for whose body there is no room at the moment.
  outgoing no_room(const incoming& head);
  /// The enveloped 400 for one that breaks the rules of HTTP.
  outgoing malformed(const incoming& head);

 private:
  struct shared;
  class exchange;
  enum class unread_because { too_large, no_room, malformed };
  outgoing unread(const incoming& head, unread_because reason);
  std::shared_ptr<shared> shared_;
};

}  // namespace stoa::http

// Calls to the outside world: bounded, off the core's threads, http(s) only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

/// A call. The client copies what it needs.
struct http_request {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  milliseconds timeout = seconds{10};
  std::size_t max_answer = 1 << 20;  ///< bytes
  /// Whether loopback and private addresses may be reached: only for addresses that the operator set.
  bool allow_private = false;
};

/// What came back, whatever its status: a 500 is an answer.
struct http_response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
};

/// Thread-safe; the coroutine goes on where the core drives coroutines. Resolves once, follows no redirects, connects
/// only to public addresses unless told otherwise. No answer in time, a refused address or a broken connection is an
/// `unavailable` fault with the code UPSTREAM_UNAVAILABLE.
class http_client {
 public:
  virtual ~http_client();
  /// Ends within `r.timeout`. A body of more than `max_answer` bytes is the same fault as no answer.
  virtual task<http_response> send(http_request r) = 0;
};

}  // namespace stoa

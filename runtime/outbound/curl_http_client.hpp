// Calls to the outside world over libcurl: one thread drives all of them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "stoa/http_client.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"

namespace stoa::runtime {

struct outbound_options {
  /// Calls that run or wait at once; one more is refused.
  std::size_t bound = 256;
  /// Runs a function where the core drives coroutines. Empty: on the client's thread.
  std::function<void(std::function<void()>)> post;
  logger* log = nullptr;
  stoa::metrics* meters = nullptr;
};

class curl_http_client final : public http_client {
 public:
  explicit curl_http_client(outbound_options options);
  /// Stops.
  ~curl_http_client() override;
  curl_http_client(const curl_http_client&) = delete;
  curl_http_client& operator=(const curl_http_client&) = delete;

  task<http_response> send(http_request r) override;

  /// Ends every call with `unavailable` and joins the thread. Idempotent.
  void stop();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace stoa::runtime

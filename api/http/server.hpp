// The HTTP server: sockets, connections, IO threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "stoa/log.hpp"
#include "stoa/time.hpp"

namespace stoa::http {

class pipeline;

struct server_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one; ask port()
  std::size_t threads = 1;
  std::size_t max_connections = 10'000;
  std::size_t pipelining = 4;  ///< more than 1, or a client that goes away is not noticed
  std::size_t max_header_bytes = 16 * 1024;
  /// What the bodies of all requests may take together; their handlers hold a copy beside it.
  std::uint64_t max_bodies = 256ull << 20;
  /// How long room is kept for the rest of a body of which nothing comes.
  milliseconds body_patience{5'000};
  milliseconds idle_timeout{60'000};
  /// Beyond the pipeline's own deadline: what is not answered by then is closed.
  milliseconds hard_timeout{30'000};
};

/// Owns the IO threads. Construct, hand out `post()`, build the pipeline, then `start` it.
class server {
 public:
  server(server_options options, logger& log);
  /// Stops at once where stop() was not called.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Runs a function on an IO thread: where coroutines of requests go on. Callable from any thread, also before start
  /// and after stop (where the function is dropped).
  std::function<void(std::function<void()>)> post() const;

  /// Binds, listens and serves. Throws std::system_error where the address is taken. The pipeline must outlive stop().
  void start(pipeline& to);
  std::uint16_t port() const noexcept;

  /// Accepts no more, lets running requests end for up to `grace`, then closes everything and joins the threads.
  void stop(milliseconds grace);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace stoa::http

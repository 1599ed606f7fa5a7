// The answers that go on: between a handler's producer and the transport.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "api/http/message.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "stoa/result.hpp"
#include "stoa/streams.hpp"

namespace stoa::http {

struct stream_limits {
  std::size_t streams = 2000;          ///< open at once; more are refused
  std::size_t buffer = 64 * 1024;      ///< bytes of one stream that wait behind those on their way
  std::size_t pieces = 64;             ///< the same, in pieces
  std::chrono::seconds heartbeat{15};  ///< after so long without a word
};

class live_stream;

/// All open streams of a server. Thread-safe.
class streams {
 public:
  streams(stream_limits limits, stoa::metrics& meters, logger& log);

  /// A place for a stream, or the refusal where there are too many or the server goes down.
  /// `keep` keeps this object alive as long as the stream.
  result<std::shared_ptr<live_stream>> admit(stream_content content, std::shared_ptr<const void> keep);

  /// Streams that have not ended or whose producer still runs. One whose reader is stuck is none any more once both are
  /// over, whatever the socket still holds: a server that goes down does not wait for it.
  std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  /// Sends the heartbeats that are due. Called some times a second.
  void beat(std::chrono::steady_clock::time_point now);
  /// Ends every stream, each where its connection lives, and admits no more.
  void close();

 private:
  friend class live_stream;
  std::vector<std::shared_ptr<live_stream>> all();

  const stream_limits limits_;
  logger& log_;
  gauge& open_;
  counter& refused_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::int64_t> next_beat_{0};
  std::mutex mutex_;  // guards those below
  std::unordered_set<live_stream*> live_;
  bool closed_ = false;
};

/// One of them. Bytes go to the transport one chunk at a time; the next when the last has reached the socket.
class live_stream final : public stream_writer, public std::enable_shared_from_this<live_stream> {
 public:
  live_stream(streams& of, stream_content content, std::shared_ptr<const void> keep);
  ~live_stream() override;

  /// Sends the head of the answer and lets the producer begin. Once.
  void begin(incoming& in, outgoing head);

  task<done> write(std::string bytes) override;
  bool open() const noexcept override { return !ended_.load(std::memory_order_acquire); }
  void when_ended(std::function<void()> f) override;

 private:
  friend class streams;
  using completion = std::function<void(result<done>)>;

  static stoa::detail::detached drive(std::shared_ptr<live_stream> s);
  /// Takes the bytes if there is room.
  bool put(std::string& bytes);
  /// Takes the bytes; `told` when there is room again.
  void put_and_wait(std::string bytes, completion told);
  void take(std::string bytes);  // under the lock
  void send_next();              // under the lock
  void written(bool reached);
  /// Nobody reads any more.
  void end();
  void produced();
  void beat(std::chrono::steady_clock::time_point now);
  void leave();  // under the lock

  std::shared_ptr<const void> keep_;  // the first: goes last
  streams& of_;
  stream_content content_;
  std::shared_ptr<outgoing_stream> to_;
  std::atomic<bool> ended_{false};
  std::mutex mutex_;  // guards all below
  std::string pending_;
  std::size_t pieces_ = 0;
  completion waiter_;
  std::vector<std::function<void()>> enders_;
  std::chrono::steady_clock::time_point last_sent_;
  bool flying_ = false;    // a chunk is on its way
  bool produced_ = false;  // the producer has ended; what is pending is the rest
  bool finished_ = false;  // the transport was told the end
  bool left_ = false;      // counts no more
};

}  // namespace stoa::http

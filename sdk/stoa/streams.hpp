// Answers that go on: server-sent events and other bodies that are made while they are read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "stoa/task.hpp"

namespace stoa {

/// The writing end of a streamed answer. Thread-safe; one task writes at a time.
class stream_writer {
 public:
  virtual ~stream_writer();

  /// Hands bytes over and goes on when there is room for more: what the reader has not taken is bounded. Ends with
  /// `stream_ended()` once nobody reads any more.
  virtual task<done> write(std::string bytes) = 0;
  /// Whether anybody still reads, as far as is known.
  virtual bool open() const noexcept = 0;
  /// Calls `f` once when nobody reads any more: the reader left, was too slow, or the server goes down. At once where
  /// that is so already; otherwise where the core drives coroutines. For those that wait for something to write.
  virtual void when_ended(std::function<void()> f) = 0;
};

/// What a producer ends with when its reader is gone. No failure: nobody is told.
fault stream_ended();

/// The body of a streamed answer.
struct stream_content {
  /// Makes the body. Begun after the head of the answer is on its way; when the task ends, so does the body. The
  /// request is gone by then: copy what is needed of it. Its own waits for something to write must end with the stream.
  std::function<task<done>(std::shared_ptr<stream_writer>)> produce;
  /// Sent where nothing else was for a while, so that a reader who left without a word is noticed. Empty: nothing, and
  /// the connection is closed when nothing was written for half a minute.
  std::string heartbeat;
};

/// One server-sent event as it goes over the wire. `id` and `name` may be empty; line ends in them are dropped, those
/// in `data` are kept as the format has them.
std::string server_event(std::string_view id, std::string_view name, std::string_view data);

}  // namespace stoa

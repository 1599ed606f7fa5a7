// One request and its answer, apart from any HTTP library: what the transport hands to the pipeline.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/routes.hpp"

namespace stoa::http {

/// A part of an open file.
struct file_part {
  std::shared_ptr<const open_file> file;
  std::uint64_t from = 0;
  std::uint64_t count = 0;
};

/// An answer ready for the wire.
struct outgoing {
  int status = 200;
  std::string head;               ///< header lines, each ended by CRLF; without Content-Length, Connection and Date
  std::vector<body_piece> body;   ///< empty for HEAD
  std::optional<file_part> file;  ///< the body, where it is a file's; never for HEAD
  std::uint64_t content_length = 0;
};

/// Adds `name: value` CRLF. Control characters in the value become blanks, so that no value can add a line.
void append_header(std::string& head, std::string_view name, std::string_view value);

/// The transport's end of a streamed answer. Thread-safe.
class outgoing_stream {
 public:
  virtual ~outgoing_stream();
  /// Sends a chunk. `written` is called once, on an IO thread and never from within this call: whether the socket took
  /// it. No two chunks are on their way at once.
  virtual void send(std::string bytes, std::function<void(bool reached)> written) = 0;
  /// Ends the body. Nothing is sent after it. Once.
  virtual void finish() = 0;
  /// Runs a function on an IO thread.
  virtual void post(std::function<void()> f) = 0;
};

/// A request as the transport holds it. All views live as long as the object.
class incoming {
 public:
  virtual ~incoming();
  virtual std::string_view method() const = 0;
  virtual std::string_view target() const = 0;  ///< path and query, as sent
  virtual const std::string& body() const = 0;
  virtual std::optional<std::string_view> header(std::string_view name) const = 0;  ///< names in any case; the first
  /// Every line of that name, in their order.
  virtual void each(std::string_view name, const std::function<void(std::string_view value)>& told) const = 0;
  virtual bool owes_host() const = 0;    ///< its version of HTTP requires a Host
  virtual std::string peer() const = 0;  ///< the address at the other end of the connection
  /// Called once, on an IO thread.
  virtual void send(outgoing answer) = 0;
  /// The same for an answer that goes on: sends the head. `gone` is called at most once, on an IO thread, when the
  /// connection has been closed.
  virtual std::shared_ptr<outgoing_stream> open_stream(outgoing head, std::function<void()> gone) = 0;
};

/// The reason phrase of a status.
std::string_view reason_of(int status) noexcept;

}  // namespace stoa::http

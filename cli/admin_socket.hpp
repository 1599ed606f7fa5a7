// How commands reach a running server: a socket in its data directory that its own user alone may open.
//
// A line of JSON goes in, `{"command":"reset","plugin":"badges"}`, a line of JSON comes out, with `"error"` where it
// could not be done.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stoa::cli {

std::filesystem::path admin_socket_path(const std::filesystem::path& data);

/// Answers one line for each that comes, one after another, on a thread of its own.
class admin_socket {
 public:
  /// Throws std::runtime_error where the socket cannot be made, or another server has it.
  admin_socket(const std::filesystem::path& data, std::function<std::string(const std::string& line)> answer);
  /// Ends the thread, behind the answer that is under way, and takes the socket away.
  ~admin_socket();
  admin_socket(const admin_socket&) = delete;
  admin_socket& operator=(const admin_socket&) = delete;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The answer of the server of that data directory; nothing where none runs there. Throws std::runtime_error where it
/// does not answer.
std::optional<std::string> ask_server(const std::filesystem::path& data, std::string_view line);

}  // namespace stoa::cli

// A client that is no more than a socket, for what HTTP libraries hide.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace stoa::test {

/// One connection to 127.0.0.1; reads give up after five seconds of silence. Not for several threads.
class raw_client {
 public:
  /// `receive_buffer` in bytes, where the test is about a slow reader.
  explicit raw_client(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval limit{5, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  ~raw_client() { leave(); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void write(std::string_view text) {
    while (!text.empty()) {
      const auto n = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      // The other side may have answered and closed before it has read all.
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void get(const std::string& path, const std::string& more = {}) {
    write("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n");
  }
  /// Everything so far, once it contains `end`; also where the other side has closed or is silent.
  const std::string& until(std::string_view end) {
    while (seen_.find(end) == seen_.npos && read_some()) {
    }
    return seen_;
  }
  /// Everything, once the other side has closed.
  const std::string& to_the_end() {
    while (read_some()) {
    }
    return seen_;
  }
  bool read_some() {
    char buffer[16 * 1024];
    const auto n = ::recv(socket_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    seen_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  /// Nothing more will be written.
  void end_of_requests() { ::shutdown(socket_, SHUT_WR); }
  /// Leaves without a farewell.
  void reset() {
    const linger at_once{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    leave();
  }
  void forget() { seen_.clear(); }
  void leave() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 private:
  int socket_;
  std::string seen_;
};

}  // namespace stoa::test

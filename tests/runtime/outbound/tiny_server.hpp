// A loopback server for tests of clients: reads a request, gives it to a function, sends what that returns, closes.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace stoa::testing {

class tiny_server {
 public:
  /// `answer` gets the whole request and returns the whole response; empty closes without one.
  explicit tiny_server(std::function<std::string(const std::string&)> answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof a;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&a), size) != 0 ||
        ::listen(listener_, 16) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&a), &size) != 0)
      throw std::runtime_error("no loopback socket");
    port_ = ntohs(a.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~tiny_server() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  tiny_server(const tiny_server&) = delete;
  tiny_server& operator=(const tiny_server&) = delete;

  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  int connections() const { return connections_; }

  static std::string ok(const std::string& body, const std::string& more = "", int status = 200) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           more + "Connection: close\r\n\r\n" + body;
  }

 private:
  bool readable(int fd) {
    while (!stopping_) {
      pollfd p{fd, POLLIN, 0};
      if (::poll(&p, 1, 20) > 0) return true;
    }
    return false;
  }

  void serve() {
    while (readable(listener_)) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) continue;
      ++connections_;
      const std::string response = answer_(read(fd));
      for (std::size_t sent = 0; sent < response.size();) {
        const auto n = ::send(fd, response.data() + sent, response.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += static_cast<std::size_t>(n);
      }
      ::close(fd);
    }
  }

  std::string read(int fd) {
    std::string all;
    char part[4096];
    while (readable(fd)) {
      const auto n = ::recv(fd, part, sizeof part, 0);
      if (n <= 0) break;
      all.append(part, static_cast<std::size_t>(n));
      const auto head = all.find("\r\n\r\n");
      if (head == all.npos) continue;
      std::size_t length = 0;
      const auto at = all.find("Content-Length: ");
      if (at < head) length = std::stoul(all.substr(at + 16));
      if (all.size() >= head + 4 + length) break;
    }
    return all;
  }

  std::function<std::string(const std::string&)> answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace stoa::testing

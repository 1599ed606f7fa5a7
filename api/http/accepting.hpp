// The loop that accepts connections, in place of RESTinio's: that one never accepts again where an accept has failed
// once, and loses a place for a connection with every client who leaves before it is accepted. Only server.cpp includes
// this, before RESTinio's server is instantiated.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <restinio/all.hpp>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/guarded_socket.hpp"

namespace stoa::http {

/// A descriptor that is kept for the moment when there is none left: given up, it lets one client be told so.
class reserve_descriptor {
 public:
  reserve_descriptor() { take(); }
  ~reserve_descriptor() { give_up(); }
  reserve_descriptor(const reserve_descriptor&) = delete;
  reserve_descriptor& operator=(const reserve_descriptor&) = delete;

  bool take() noexcept {
    if (kept_ < 0) kept_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    return kept_ >= 0;
  }
  void give_up() noexcept {
    if (kept_ >= 0) ::close(kept_);
    kept_ = -1;
  }

 private:
  int kept_ = -1;
};

/// Answers the next client of a listening socket 503, with the reserve's descriptor. False: nobody waits, or not even
/// that could be done.
inline bool turn_away(int listening, reserve_descriptor& reserve) noexcept {
  static constexpr std::string_view text =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
  reserve.give_up();
  const int client = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (client >= 0) {
    (void)!::send(client, text.data(), text.size(), MSG_NOSIGNAL);
    // What it has sent is read, or closing would take the answer back.
    ::shutdown(client, SHUT_WR);
    char unread[8192];
    (void)!::recv(client, unread, sizeof unread, MSG_DONTWAIT);
    ::close(client);
  }
  return reserve.take() && client >= 0;
}

}  // namespace stoa::http

template <class Traits>
requires(Traits::accepts_again) class restinio::impl::acceptor_t<Traits> final
    : public std::enable_shared_from_this<restinio::impl::acceptor_t<Traits>>,
      private restinio::connection_count_limits::impl::acceptor_callback_iface_t {
  using factory = restinio::impl::connection_factory_t<Traits>;
  using limiter = typename restinio::connection_count_limit_types<Traits>::limiter_t;
  using lifetime = typename restinio::connection_count_limit_types<Traits>::lifetime_monitor_t;
  using socket = typename Traits::stream_socket_t;
  using error_code = boost::system::error_code;

 public:
  template <class Settings>
  acceptor_t(Settings& settings, boost::asio::io_context& io, std::shared_ptr<factory> makes,
             typename Traits::logger_t&)
      : io_(io),
        at_(settings.protocol(), settings.port()),
        set_options_(settings.acceptor_options_setter()),
        bound_(settings.giveaway_acceptor_post_bind_hook()),
        acceptor_(io),
        executor_(io.get_executor()),
        makes_(std::move(makes)),
        policy_(boost::asio::use_service<stoa::http::guard_policy>(io)),
        limit_(this, restinio::connection_count_limits::max_parallel_connections_t{settings.max_parallel_connections()},
               restinio::connection_count_limits::max_active_accepts_t{settings.concurrent_accepts_count()}) {
    const auto address = settings.address();
    if (const auto* text = std::get_if<std::string>(&address))
      at_.address(boost::asio::ip::make_address(*text == "localhost" ? "127.0.0.1" : *text));
    else if (const auto* known = std::get_if<boost::asio::ip::address>(&address))
      at_.address(*known);
    for (std::size_t i = 0; i < settings.concurrent_accepts_count(); ++i) slots_.emplace_back(io);
  }

  void open() {
    acceptor_.open(at_.protocol());
    try {
      restinio::acceptor_options_t options{acceptor_};
      (*set_options_)(options);
      acceptor_.bind(at_);
      bound_(acceptor_);
      acceptor_.listen(boost::asio::socket_base::max_listen_connections);
    } catch (...) {
      acceptor_.close();
      throw;
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) limit_.accept_next(i);
  }

  void close() {
    if (!acceptor_.is_open()) return;
    acceptor_.close();
    for (auto& s : slots_) s.pause.cancel();
  }

  auto& get_open_close_operations_executor() noexcept { return executor_; }

 private:
  struct slot {
    explicit slot(boost::asio::io_context& io) : next(io), pause(io) {}
    socket next;
    boost::asio::steady_timer pause;
  };

  // Called by the limiter, which counts the slot as accepting from now on: whatever happens, it ends in a connection.
  void call_accept_now(std::size_t i) noexcept override {
    acceptor_.async_accept(static_cast<boost::asio::ip::tcp::socket&>(slots_[i].next),
                           [self = this->shared_from_this(), i](const error_code& ec) { self->accepted(i, ec); });
  }
  void schedule_next_accept_attempt(std::size_t i) noexcept override {
    boost::asio::post(io_, [self = this->shared_from_this(), i] { self->limit_.accept_next(i); });
  }

  void accepted(std::size_t i, const error_code& ec) {
    if (!acceptor_.is_open()) return;
    if (ec) return failed(i, ec);
    {
      // From here on it is a connection, and no longer one when this is gone.
      lifetime counted{&limit_};
      socket client = std::move(slots_[i].next);
      error_code left;
      const auto from = client.remote_endpoint(left);
      if (!left) {
        try {
          makes_->create_new_connection(std::move(client), from, std::move(counted))->init();
        } catch (const std::exception&) {
          // That client is lost; the next one is not.
        }
      }
    }
    limit_.accept_next(i);
  }

  void failed(std::size_t i, const error_code& ec) {
    if (ec.value() == EMFILE || ec.value() == ENFILE) {
      policy_.out_of_descriptors();
      if (stoa::http::turn_away(acceptor_.native_handle(), reserve_))
        return boost::asio::post(io_, [self = this->shared_from_this(), i] { self->again(i); });
    }
    slots_[i].pause.expires_after(std::chrono::milliseconds{20});
    slots_[i].pause.async_wait([self = this->shared_from_this(), i](const error_code&) { self->again(i); });
  }

  void again(std::size_t i) {
    if (!acceptor_.is_open()) return;
    reserve_.take();
    call_accept_now(i);
  }

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::endpoint at_;
  std::unique_ptr<restinio::acceptor_options_setter_t> set_options_;
  restinio::acceptor_post_bind_hook_t bound_;
  boost::asio::ip::tcp::acceptor acceptor_;
  typename Traits::strand_t executor_;
  std::shared_ptr<factory> makes_;
  stoa::http::guard_policy& policy_;
  limiter limit_;
  std::vector<slot> slots_;
  stoa::http::reserve_descriptor reserve_;
};

// Lets RESTinio hand a file to the kernel through our socket. Only server.cpp includes this, after RESTinio and before
// its connections are instantiated.
#pragma once

#include <restinio/all.hpp>

#include "api/http/guarded_socket.hpp"

/// RESTinio's own runner for sockets of a type it does not know copies files through memory, a chunk at a time. Ours is
/// a TCP socket: the runner for those does the work.
template <>
class restinio::impl::sendfile_operation_runner_t<stoa::http::guarded_socket> final
    : public restinio::impl::sendfile_operation_runner_base_t<stoa::http::guarded_socket> {
  using base = restinio::impl::sendfile_operation_runner_base_t<stoa::http::guarded_socket>;
  using plain = boost::asio::ip::tcp::socket;

 public:
  sendfile_operation_runner_t(const restinio::sendfile_t& sf, restinio::default_asio_executor executor,
                              stoa::http::guarded_socket& socket, restinio::impl::after_sendfile_cb_t after)
      : base(sf, executor, socket, after),
        runner_(std::make_shared<restinio::impl::sendfile_operation_runner_t<plain>>(
            sf, executor, static_cast<plain&>(socket), after)) {}

  /// What fails or ends at once tells so from within, and RESTinio then lets go of us and with us of what is told.
  void start() override {
    const auto kept = runner_;
    kept->start();
  }

 private:
  std::shared_ptr<restinio::impl::sendfile_operation_runner_t<plain>> runner_;
};

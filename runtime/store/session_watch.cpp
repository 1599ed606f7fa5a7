#include <sys/socket.h>

#include <chrono>

#include "runtime/store/session.hpp"

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

std::int64_t steady_us() { return std::chrono::duration_cast<microseconds>(steady::now().time_since_epoch()).count(); }

}  // namespace

sql_error::sql_error(std::string sqlstate, const std::string& message, std::string constraint, const char* statement,
                     bool lost)
    : db_error(std::move(sqlstate), message), constraint_(std::move(constraint)), statement_(statement), lost_(lost) {}
sql_error::~sql_error() = default;

void session_watch::opened(int socket) {
  const std::lock_guard lock{mutex_};
  socket_ = socket;
  cut_.store(false, std::memory_order_relaxed);
}

void session_watch::closed() {
  const std::lock_guard lock{mutex_};
  socket_ = -1;
}

void session_watch::busy(bool on) noexcept { busy_since_us_.store(on ? steady_us() : 0, std::memory_order_relaxed); }

void session_watch::cut_if_slower_than(milliseconds limit) noexcept {
  const auto since = busy_since_us_.load(std::memory_order_relaxed);
  if (since && steady_us() - since > microseconds{limit}.count()) cut();
}

void session_watch::cut() noexcept {
  const std::lock_guard lock{mutex_};
  if (socket_ < 0) return;
  cut_.store(true, std::memory_order_relaxed);
  ::shutdown(socket_, SHUT_RDWR);
}

}  // namespace stoa::runtime

// A socket that reads along: it hands RESTinio one sound message at a time, and answers itself what RESTinio would
// close on without a word. Only server.cpp and what it alone includes may include this.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "api/http/answers_due.hpp"
#include "api/http/body_budget.hpp"
#include "api/http/message_guard.hpp"
#include "api/http/plain_head.hpp"

namespace stoa::http {

class guarded_socket;

/// How the guard answers, and which sockets wait for their clients. One per io_context, and so per server.
class guard_policy final : public boost::asio::execution_context::service {
 public:
  static inline boost::asio::execution_context::id id;  // asio finds its services by this

  explicit guard_policy(boost::asio::execution_context& c) : boost::asio::execution_context::service(c) {}

  // Set before the first connection.
  message_limits limits;
  /// The whole answer, head and body, to a message that RESTinio does not get.
  std::function<std::string(const incoming&, message_guard::verdict)> answer;
  std::function<void()> out_of_descriptors;
  body_budget bodies;  ///< of all connections

  /// A socket's place among those that wait; a list through them, for it is entered and left with every request.
  struct place {
    guarded_socket* of = nullptr;  ///< null: it does not wait
    place *before = nullptr, *after = nullptr;
  };
  // What a socket waits for keeps its connection, and so the socket, alive: between these two it may be hung up.
  void waiting(place& at, guarded_socket* s) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(at.of, s)) return;
    at.before = nullptr;
    at.after = first_;
    if (first_) first_->before = &at;
    first_ = &at;
  }
  void done(place& at) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(at.of, nullptr)) return;
    (at.before ? at.before->after : first_) = at.after;
    if (at.after) at.after->before = at.before;
  }
  bool idle() const {
    const std::lock_guard lock(mutex_);
    return !first_;
  }
  /// Hangs up on every client that is waited for; their reads end at once.
  void hang_up();

 private:
  void shutdown() override {}

  mutable std::mutex mutex_;
  place* first_ = nullptr;
};

/// What RESTinio reads and writes through. All of it runs in the connection's own executor.
class guarded_socket : public boost::asio::ip::tcp::socket {
  using base = boost::asio::ip::tcp::socket;
  using error_code = boost::system::error_code;

 public:
  using base::base;

  /// What is known of the message whose bytes RESTinio is being given in this thread: it makes their request within
  /// that call, and keeps no version.
  struct given {
    std::shared_ptr<answers_due> due;
    bool owes_host = true;
    std::unique_ptr<const plain_head> head;  ///< where RESTinio gets a stand-in for it
  };
  /// Once for each message.
  static given given_now() { return now().due ? std::move(now()) : given{std::make_shared<answers_due>(), true, {}}; }

  template <class Buffer, class Handler>
  void async_read_some(const Buffer& buffer, Handler handler) {
    if (!reading_) {
      policy_ = &boost::asio::use_service<guard_policy>(get_executor().context());
      reading_ = std::make_unique<reading>(*policy_);
    }
    if (reading_->held.empty()) return read(buffer, std::move(handler));
    post(std::move(handler), [this, buffer](auto h) { advance(buffer, std::move(h)); });
  }

  /// RESTinio's, when it is done with the connection.
  void close() {
    if (reading_) reading_->due->give_up();
    base::close();
  }

  void hang_up() {
    error_code ignored;
    shutdown(shutdown_both, ignored);
    if (reading_) reading_->due->give_up();
  }

 private:
  using verdict = message_guard::verdict;

  static given& now() {
    thread_local given message;
    return message;
  }

  struct reading {
    explicit reading(guard_policy& p) : policy(p), guard(p.bodies) {}
    ~reading() { policy.done(waits); }
    guard_policy& policy;
    message_guard guard;
    std::string held;          ///< what RESTinio has not got yet, from the front of a message on
    std::size_t followed = 0;  ///< of `held`: so much the guard has looked at
    std::size_t cleared = 0;   ///< of `held`: so much RESTinio may have
    bool wants_continue = false;
    guard_policy::place waits;
    std::shared_ptr<answers_due> due = std::make_shared<answers_due>();
    std::unique_ptr<const plain_head> head;  ///< of a message for which RESTinio gets a stand-in
  };

  template <class Handler, class F>
  void post(Handler handler, F f) {
    const auto executor = boost::asio::get_associated_executor(handler, get_executor());
    boost::asio::post(executor, [handler = std::move(handler), f = std::move(f)]() mutable { f(std::move(handler)); });
  }

  /// Reads what comes next into RESTinio's buffer.
  template <class Buffer, class Handler>
  void read(const Buffer& buffer, Handler handler) {
    const auto executor = boost::asio::get_associated_executor(handler, get_executor());
    policy_->waiting(reading_->waits, this);
    base::async_read_some(buffer,
                          boost::asio::bind_executor(executor, [this, buffer, handler = std::move(handler)](
                                                                   const error_code& ec, std::size_t n) mutable {
                            policy_->done(reading_->waits);
                            if (ec == boost::asio::error::eof) return ended(std::move(handler));
                            if (ec || !policy_->answer) return handler(ec, n);
                            auto& r = *reading_;
                            char* const bytes = data_of(buffer);
                            if (!r.held.empty()) {
                              r.held.append(bytes, n);
                              return advance(buffer, std::move(handler));
                            }
                            if (r.guard.between_messages()) {
                              r.head = plain_head::read({bytes, n}, policy_->limits);
                              if (r.head) return give_stand_in(bytes, std::move(handler));
                            }
                            const auto s = r.guard.follow(bytes, 0, n, policy_->limits);
                            if (s.what != verdict::pass || s.cleared < n)
                              r.held.assign(bytes + s.cleared, n - s.cleared);
                            r.followed = s.followed - s.cleared;
                            if (s.what != verdict::pass) return refuse(s.what, std::move(handler));
                            if (s.cleared == 0) return read(buffer, std::move(handler));
                            r.wants_continue = s.wants_continue;
                            give(s.cleared, std::move(handler));
                          }));
  }

  /// Goes on with what is held.
  template <class Buffer, class Handler>
  void advance(const Buffer& buffer, Handler handler) {
    auto& r = *reading_;
    if (r.cleared == 0) {
      const auto s = r.guard.follow(r.held.data(), r.followed, r.held.size(), policy_->limits);
      r.followed = s.followed;
      r.cleared = s.cleared;
      r.wants_continue = s.wants_continue;
      if (s.what != verdict::pass) return refuse(s.what, std::move(handler));
      if (r.cleared == 0) return read(buffer, std::move(handler));
    }
    const auto n = std::min(r.cleared, boost::asio::buffer_size(buffer));
    std::copy_n(r.held.data(), n, data_of(buffer));
    r.held.erase(0, n);
    r.cleared -= n;
    r.followed -= n;
    give(n, std::move(handler));
  }

  template <class Buffer>
  static char* data_of(const Buffer& buffer) {
    return static_cast<char*>(boost::asio::mutable_buffer(*boost::asio::buffer_sequence_begin(buffer)).data());
  }

  template <class Handler>
  void give_stand_in(char* bytes, Handler handler) {
    std::copy(plain_head::stand_in.begin(), plain_head::stand_in.end(), bytes);
    give(plain_head::stand_in.size(), std::move(handler));
  }

  template <class Handler>
  void give(std::size_t n, Handler handler) {
    // Clients such as curl hold back large bodies until they are asked for them.
    if (std::exchange(reading_->wants_continue, false))
      return when_none(std::move(handler), false, [this, n](auto h) { ask_for_body(n, std::move(h)); });
    const bool owes_host = reading_->head || reading_->guard.owes_host();
    now() = {reading_->due, owes_host, std::move(reading_->head)};
    handler(error_code(), n);
    now() = {};
  }

  /// A client that sends no more may yet wait for its answers.
  template <class Handler>
  void ended(Handler handler) {
    when_none(std::move(handler), true,
              [](auto h) { h(boost::asio::error::make_error_code(boost::asio::error::eof), 0); });
  }

  /// Goes on when every message before is answered.
  template <class Handler, class F>
  void when_none(Handler handler, bool departure, F f) {
    const auto executor = boost::asio::get_associated_executor(handler, get_executor());
    policy_->waiting(reading_->waits, this);
    // RESTinio's handlers are moved, std::function's are copied.
    const auto kept = std::make_shared<std::pair<Handler, F>>(std::move(handler), std::move(f));
    reading_->due->when_none(
        [this, executor, kept](bool in_time) {
          boost::asio::post(executor, [this, kept, in_time] {
            policy_->done(reading_->waits);
            if (in_time && is_open()) return kept->second(std::move(kept->first));
            kept->first(boost::asio::error::make_error_code(boost::asio::error::operation_aborted), 0);
          });
        },
        departure);
  }

  template <class Handler>
  void ask_for_body(std::size_t n, Handler handler) {
    static constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto executor = boost::asio::get_associated_executor(handler, get_executor());
    boost::asio::async_write(static_cast<base&>(*this), boost::asio::buffer(line.data(), line.size()),
                             boost::asio::bind_executor(executor, [this, n, handler = std::move(handler)](
                                                                      const error_code& ec, std::size_t) mutable {
                               if (ec) return handler(ec, 0);
                               give(n, std::move(handler));
                             }));
  }

  /// Answers, after all messages before, then reads on for a while: closing a socket with unread bytes would take the
  /// answer back.
  template <class Handler>
  void refuse(verdict why, Handler handler) {
    when_none(std::move(handler), false, [this, why](auto h) { answer(why, std::move(h)); });
  }

  template <class Handler>
  void answer(verdict why, Handler handler) {
    error_code unknown;
    const auto end = remote_endpoint(unknown);
    const guarded_head head(reading_->guard.head(reading_->held), unknown ? std::string() : end.address().to_string());
    auto text = std::make_shared<std::string>(policy_->answer(head, why));
    const auto executor = boost::asio::get_associated_executor(handler, get_executor());
    boost::asio::async_write(static_cast<base&>(*this), boost::asio::buffer(*text),
                             boost::asio::bind_executor(executor, [this, text, handler = std::move(handler)](
                                                                      const error_code& ec, std::size_t) mutable {
                               if (ec) return handler(ec, 0);
                               error_code ignored;
                               shutdown(shutdown_send, ignored);
                               drain(std::make_shared<std::array<char, 65536>>(), 64u << 20, std::move(handler));
                             }));
  }

  template <class Handler>
  void drain(std::shared_ptr<std::array<char, 65536>> sink, std::size_t left, Handler handler) {
    const auto executor = boost::asio::get_associated_executor(handler, get_executor());
    const auto bytes = boost::asio::buffer(*sink);
    policy_->waiting(reading_->waits, this);
    base::async_read_some(bytes, boost::asio::bind_executor(executor, [this, sink, left, handler = std::move(handler)](
                                                                          const error_code& ec, std::size_t n) mutable {
                            policy_->done(reading_->waits);
                            if (ec || n >= left)
                              return handler(ec ? ec : boost::asio::error::make_error_code(boost::asio::error::eof), 0);
                            drain(std::move(sink), left - n, std::move(handler));
                          }));
  }

  guard_policy* policy_ = nullptr;
  std::unique_ptr<reading> reading_;
};

inline void guard_policy::hang_up() {
  const std::lock_guard lock(mutex_);
  for (auto* p = first_; p; p = p->after) p->of->hang_up();
}

}  // namespace stoa::http

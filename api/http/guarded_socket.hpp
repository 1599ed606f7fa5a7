// A socket that reads along: what RESTinio would close without a word gets an answer here. Only server.cpp includes
// this.
#pragma once

#include <http_parser.h>

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "api/http/body_budget.hpp"
#include "api/http/message.hpp"
#include "api/http/uri.hpp"

namespace stoa::http {

/// The head of a message as far as the guard has seen it.
class guarded_head final : public incoming {
 public:
  std::string method_name, url, peer_address;
  std::vector<std::pair<std::string, std::string>> fields;

  std::string_view method() const override { return method_name; }
  std::string_view target() const override { return url; }
  const std::string& body() const override { return nothing_; }
  std::optional<std::string_view> header(std::string_view name) const override {
    for (const auto& [key, value] : fields)
      if (same_word(key, name)) return std::string_view(value);
    return std::nullopt;
  }
  std::string peer() const override { return peer_address; }
  void send(outgoing) override {}
  std::shared_ptr<outgoing_stream> open_stream(outgoing, std::function<void()>) override { return nullptr; }

 private:
  std::string nothing_;
};

/// Follows the messages of one connection and notices bodies beyond the limit, or beyond what all may have together,
/// before they are read.
class message_guard {
 public:
  enum class verdict { pass, too_large, no_room, wants_continue };

  explicit message_guard(body_budget& all) : all_(all) { share_.take_from(all); }

  verdict follow(std::string_view chunk, std::uint64_t limit) {
    if (lost_) return verdict::pass;
    // A request without a body that came in one piece, as nearly all do: nothing to follow.
    if (at_start_ && (chunk.starts_with("GET ") || chunk.starts_with("HEAD ")) && chunk.ends_with("\r\n\r\n"))
      return verdict::pass;
    if (!parser_) {
      parser_ = std::make_unique<http_parser>();
      http_parser_init(parser_.get(), HTTP_REQUEST);
      parser_->data = this;
    }
    limit_ = limit;
    too_large_ = no_room_ = wants_continue_ = false;
    const auto done = http_parser_execute(parser_.get(), &callbacks(), chunk.data(), chunk.size());
    if (too_large_) return verdict::too_large;
    if (no_room_) return verdict::no_room;
    // Whatever cannot be followed is left to RESTinio, which closes on it.
    if (done != chunk.size() || HTTP_PARSER_ERRNO(parser_.get()) != HPE_OK) lost_ = true;
    return wants_continue_ && !at_start_ ? verdict::wants_continue : verdict::pass;
  }

  guarded_head& head() { return head_; }

 private:
  static message_guard& self(http_parser* p) { return *static_cast<message_guard*>(p->data); }

  static const http_parser_settings& callbacks() {
    static const http_parser_settings all = [] {
      http_parser_settings s;
      http_parser_settings_init(&s);
      s.on_message_begin = [](http_parser* p) {
        auto& g = self(p);
        g.at_start_ = false;
        g.body_ = 0;
        g.in_value_ = true;
        g.head_.url.clear();
        g.head_.fields.clear();
        return 0;
      };
      s.on_url = [](http_parser* p, const char* at, std::size_t n) {
        self(p).head_.url.append(at, n);
        return 0;
      };
      s.on_header_field = [](http_parser* p, const char* at, std::size_t n) {
        auto& g = self(p);
        if (g.in_value_) g.head_.fields.emplace_back();
        g.in_value_ = false;
        g.head_.fields.back().first.append(at, n);
        return 0;
      };
      s.on_header_value = [](http_parser* p, const char* at, std::size_t n) {
        auto& g = self(p);
        g.in_value_ = true;
        g.head_.fields.back().second.append(at, n);
        return 0;
      };
      s.on_headers_complete = [](http_parser* p) {
        auto& g = self(p);
        g.head_.method_name = http_method_str(static_cast<http_method>(p->method));
        const bool has_length = p->content_length != ~std::uint64_t{0};
        if (has_length && p->content_length > g.limit_) {
          g.too_large_ = true;
          return 1 + 1;  // an error to the parser: go no further
        }
        if (has_length && !g.all_.fits(p->content_length)) {
          g.no_room_ = true;
          return 1 + 1;
        }
        if (const auto expect = g.head_.header("Expect"); expect && same_word(*expect, "100-continue"))
          g.wants_continue_ = true;
        return 0;
      };
      s.on_body = [](http_parser* p, const char*, std::size_t n) {
        auto& g = self(p);
        g.wants_continue_ = false;
        g.body_ += n;
        g.too_large_ = g.body_ > g.limit_;
        g.no_room_ = !g.all_.fits(n);
        if (g.too_large_ || g.no_room_) return 1;
        g.share_.grow(n);
        return 0;
      };
      s.on_message_complete = [](http_parser* p) {
        self(p).at_start_ = true;
        self(p).wants_continue_ = false;
        // The whole body is the request's from here on, and counted there.
        self(p).share_.end();
        return 0;
      };
      return s;
    }();
    return all;
  }

  body_budget& all_;
  body_share share_;
  std::unique_ptr<http_parser> parser_;
  guarded_head head_;
  std::uint64_t limit_ = 0, body_ = 0;
  bool at_start_ = true, in_value_ = true, too_large_ = false, no_room_ = false, wants_continue_ = false, lost_ = false;
};

class guarded_socket;

/// How the guard answers, and which sockets wait for their clients. One per io_context, and so per server.
class guard_policy final : public boost::asio::execution_context::service {
 public:
  static inline boost::asio::execution_context::id id;  // asio finds its services by this

  explicit guard_policy(boost::asio::execution_context& c) : boost::asio::execution_context::service(c) {}

  std::uint64_t limit = ~std::uint64_t{0};
  std::function<std::string(const incoming&)> answer;   ///< the whole 413, head and body; null: no guard
  std::function<std::string(const incoming&)> no_room;  ///< the whole 503 where bodies take too much memory already
  body_budget bodies;                                   ///< of all connections

  // A pending read keeps its connection, and so the socket, alive: between these two a socket may be hung up.
  void reading(guarded_socket* s) {
    const std::lock_guard lock(mutex_);
    waiting_.insert(s);
  }
  void read(guarded_socket* s) {
    const std::lock_guard lock(mutex_);
    waiting_.erase(s);
  }
  bool idle() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty();
  }
  /// Hangs up on every client that is waited for; their reads end at once.
  void hang_up();

 private:
  void shutdown() override {}

  mutable std::mutex mutex_;
  std::unordered_set<guarded_socket*> waiting_;
};

/// What RESTinio reads and writes through. All of it runs in the connection's own executor.
class guarded_socket : public boost::asio::ip::tcp::socket {
  using base = boost::asio::ip::tcp::socket;

 public:
  using base::base;

  template <class Buffer, class Handler>
  void async_read_some(const Buffer& buffer, Handler handler) {
    auto executor = boost::asio::get_associated_executor(handler, get_executor());
    if (!policy_) policy_ = &boost::asio::use_service<guard_policy>(get_executor().context());
    policy_->reading(this);
    base::async_read_some(
        buffer, boost::asio::bind_executor(executor, [this, buffer, handler = std::move(handler)](
                                                         const boost::system::error_code& ec, std::size_t n) mutable {
          policy_->read(this);
          if (ec) return handler(ec, n);
          if (!policy_->answer) return handler(ec, n);
          if (!guard_) guard_ = std::make_unique<message_guard>(policy_->bodies);
          const boost::asio::mutable_buffer bytes = *boost::asio::buffer_sequence_begin(buffer);
          switch (guard_->follow({static_cast<const char*>(bytes.data()), n}, policy_->limit)) {
            case message_guard::verdict::pass:
              return handler(ec, n);
            case message_guard::verdict::wants_continue:
              return go_on(n, std::move(handler));
            case message_guard::verdict::too_large:
              return refuse(policy_->answer, std::move(handler));
            case message_guard::verdict::no_room:
              return refuse(policy_->no_room, std::move(handler));
          }
        }));
  }

 private:
  /// Clients such as curl hold back large bodies until they are asked for them.
  template <class Handler>
  void go_on(std::size_t n, Handler handler) {
    static constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
    auto executor = boost::asio::get_associated_executor(handler, get_executor());
    boost::asio::async_write(static_cast<base&>(*this), boost::asio::buffer(line.data(), line.size()),
                             boost::asio::bind_executor(
                                 executor, [n, handler = std::move(handler)](const boost::system::error_code& ec,
                                                                             std::size_t) mutable { handler(ec, n); }));
  }

  /// Answers, then reads on for a while: closing a socket with unread bytes would take the answer back.
  template <class Handler>
  void refuse(const std::function<std::string(const incoming&)>& answer, Handler handler) {
    boost::system::error_code unknown;
    if (const auto end = remote_endpoint(unknown); !unknown) guard_->head().peer_address = end.address().to_string();
    auto text = std::make_shared<std::string>(answer(guard_->head()));
    auto executor = boost::asio::get_associated_executor(handler, get_executor());
    boost::asio::async_write(
        static_cast<base&>(*this), boost::asio::buffer(*text),
        boost::asio::bind_executor(executor, [this, text, handler = std::move(handler)](
                                                 const boost::system::error_code& ec, std::size_t) mutable {
          if (ec) return handler(ec, 0);
          boost::system::error_code ignored;
          shutdown(shutdown_send, ignored);
          drain(std::make_shared<std::array<char, 65536>>(), 64u << 20, std::move(handler));
        }));
  }

  template <class Handler>
  void drain(std::shared_ptr<std::array<char, 65536>> sink, std::size_t left, Handler handler) {
    auto executor = boost::asio::get_associated_executor(handler, get_executor());
    auto bytes = boost::asio::buffer(*sink);
    base::async_read_some(
        bytes, boost::asio::bind_executor(executor, [this, sink, left, handler = std::move(handler)](
                                                        const boost::system::error_code& ec, std::size_t n) mutable {
          if (ec || n >= left)
            return handler(ec ? ec : boost::asio::error::make_error_code(boost::asio::error::eof), 0);
          drain(std::move(sink), left - n, std::move(handler));
        }));
  }

  guard_policy* policy_ = nullptr;
  std::unique_ptr<message_guard> guard_;
};

inline void guard_policy::hang_up() {
  const std::lock_guard lock(mutex_);
  for (auto* s : waiting_) {
    boost::system::error_code ignored;
    s->shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
  }
}

}  // namespace stoa::http

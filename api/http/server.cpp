#include "api/http/server.hpp"

#include <fcntl.h>

#include <restinio/all.hpp>

#include <atomic>
#include <csignal>
#include <ctime>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <vector>

#include "api/http/accepting.hpp"
#include "api/http/guarded_socket.hpp"
#include "api/http/pipeline.hpp"
#include "api/http/sendfile.hpp"
#include "stoa/http_text.hpp"

namespace stoa::http {
namespace {

namespace asio = boost::asio;

/// `Date` of this second; formatting it anew for every answer would be most of the work.
const std::string& date_now() {
  thread_local std::time_t at = 0;
  thread_local std::string text;
  if (const std::time_t now = std::time(nullptr); now != at || text.empty()) {
    at = now;
    text = http_date(timestamp{seconds{now}});
  }
  return text;
}

/// Connections that have a stream, and who is to know when they close.
class departures {
 public:
  void wait_for(restinio::connection_id_t id, std::function<void()> gone) {
    const std::lock_guard hold(mutex_);
    waiting_.emplace(id, std::move(gone));
  }
  void state_changed(const restinio::connection_state::notice_t& n) noexcept {
    if (!restinio::holds_alternative<restinio::connection_state::closed_t>(n.cause())) return;
    std::vector<std::function<void()>> gone;
    {
      const std::lock_guard hold(mutex_);
      const auto [from, to] = waiting_.equal_range(n.connection_id());
      for (auto one = from; one != to; ++one) gone.push_back(std::move(one->second));
      waiting_.erase(from, to);
    }
    for (auto& f : gone) f();
  }

 private:
  std::mutex mutex_;
  std::unordered_multimap<restinio::connection_id_t, std::function<void()>> waiting_;
};

/// What all requests of a server share.
struct transport {
  asio::io_context& io;
  body_budget& bodies;
  std::atomic<bool> closing{false};
  std::shared_ptr<departures> leaving = std::make_shared<departures>();
};

/// A chunked answer. RESTinio's builder is for one thread at a time; what it tells, it may tell from within a call.
class restinio_stream final : public outgoing_stream {
 public:
  using builder = restinio::response_builder_t<restinio::chunked_output_t>;
  restinio_stream(builder b, asio::io_context& io, restinio::write_status_cb_t answered)
      : builder_(std::move(b)), io_(io), answered_(std::move(answered)) {}

  void send(std::string bytes, std::function<void(bool)> written) override {
    const std::lock_guard hold(mutex_);
    builder_.append_chunk(restinio::writable_item_t{std::move(bytes)});
    builder_.flush([this_io = &io_, written = std::move(written)](const boost::system::error_code& ec) {
      asio::post(*this_io, [written, reached = !ec] { written(reached); });
    });
  }
  void finish() override {
    const std::lock_guard hold(mutex_);
    builder_.done(std::move(answered_));
  }
  void post(std::function<void()> f) override { asio::post(io_, std::move(f)); }

 private:
  std::mutex mutex_;
  builder builder_;
  asio::io_context& io_;
  restinio::write_status_cb_t answered_;
};

class restinio_request final : public incoming {
 public:
  restinio_request(restinio::request_handle_t r, transport& of, guarded_socket::given message)
      : request_(std::move(r)), of_(of), message_(std::move(message)), share_(of.bodies, bytes_of(*request_)) {
    message_.due->begun();
  }

  std::string_view method() const override {
    return message_.head ? message_.head->method() : request_->header().method().c_str();
  }
  std::string_view target() const override {
    if (message_.head) return message_.head->target();
    const auto& t = request_->header().request_target();
    return {t.data(), t.size()};
  }
  const std::string& body() const override { return request_->body(); }
  std::optional<std::string_view> header(std::string_view name) const override {
    if (message_.head) return message_.head->header(name);
    const auto v = request_->header().opt_value_of(restinio::string_view_t(name.data(), name.size()));
    if (!v) return std::nullopt;
    return std::string_view(v->data(), v->size());
  }
  void each(std::string_view name, const std::function<void(std::string_view)>& told) const override {
    if (message_.head) return message_.head->each(name, told);
    request_->header().for_each_value_of(restinio::string_view_t(name.data(), name.size()), [&](const auto& v) {
      told({v.data(), v.size()});
      return restinio::http_header_fields_t::continue_enumeration();
    });
  }
  bool owes_host() const override { return message_.owes_host; }
  std::string peer() const override {
    auto& known = message_.due->peer;
    if (known.empty()) known = request_->remote_endpoint().address().to_string();
    return known;
  }

  void send(outgoing out) override {
    // RESTinio closes what it sends, and others may be sending the same file.
    restinio::file_descriptor_holder_t file{restinio::null_file_descriptor()};
    if (out.file && out.file->count > 0) {
      file = restinio::file_descriptor_holder_t{::fcntl(out.file->file->descriptor(), F_DUPFD_CLOEXEC, 0)};
      if (!file.is_valid()) {
        out = outgoing{};
        out.status = 503;
      }
    }
    auto response = request_->create_response<restinio::user_controlled_output_t>(status_line(out.status));
    response.append_header(restinio::http_field_t::date, lines_of(out.head));
    response.set_content_length(out.content_length);
    if (of_.closing.load(std::memory_order_relaxed)) response.connection_close();
    for (auto& piece : out.body) {
      if (piece.view().empty()) continue;
      if (piece.shared)
        response.append_body(restinio::writable_item_t{std::move(piece.shared)});
      else
        response.append_body(restinio::writable_item_t{std::move(piece.own)});
    }
    if (file.is_valid()) {
      const auto& part = *out.file;
      const restinio::file_meta_t meta{part.file->size(), std::chrono::system_clock::time_point{}};
      // A slow line gets 32 KiB/s and half a minute to begin with.
      response.append_body(restinio::sendfile(std::move(file), meta)
                               .offset_and_size(static_cast<restinio::file_offset_t>(part.from), part.count)
                               .timelimit(std::chrono::seconds{30 + part.count / (32 * 1024)}));
    }
    response.done(answered());
  }

  std::shared_ptr<outgoing_stream> open_stream(outgoing head, std::function<void()> gone) override {
    auto response = request_->create_response<restinio::chunked_output_t>(status_line(head.status));
    response.append_header(restinio::http_field_t::date, lines_of(head.head));
    if (of_.closing.load(std::memory_order_relaxed)) response.connection_close();
    of_.leaving->wait_for(request_->connection_id(), [&io = of_.io, gone = std::move(gone)] { asio::post(io, gone); });
    message_.due->streaming();
    // The head goes at once: the client waits for it, the first event may be far.
    response.flush();
    return std::make_shared<restinio_stream>(std::move(response), of_.io, answered());
  }

 private:
  static std::uint64_t bytes_of(const restinio::request_t& r) {
    const auto* chunks = r.chunked_input_info();
    return r.body().size() + (chunks ? chunks->chunk_count() * chunk_note : 0);
  }
  /// Called when the answer is written, or the connection has ended before.
  restinio::write_status_cb_t answered() const {
    return [due = message_.due](const auto&) { due->ended(); };
  }
  static restinio::http_status_line_t status_line(int status) {
    return {restinio::http_status_code_t{static_cast<std::uint16_t>(status)}, std::string(reason_of(status))};
  }
  /// All header lines go in as the tail of one field, Date: RESTinio would keep each in two strings of its own. Their
  /// values were cleared of line ends by append_header.
  static std::string lines_of(const std::string& head) {
    std::string lines;
    lines.reserve(32 + head.size());
    lines.append(date_now());
    if (!head.empty()) lines.append("\r\n").append(head, 0, head.size() - 2);
    return lines;
  }

  restinio::request_handle_t request_;
  transport& of_;
  guarded_socket::given message_;
  body_share share_;
};

/// Hands RESTinio's requests on. Nothing may leave it as an exception: RESTinio would close without an answer.
struct to_pipeline {
  pipeline* target;
  transport* of;
  restinio::request_handling_status_t operator()(restinio::request_handle_t r) const {
    target->handle(std::make_shared<restinio_request>(std::move(r), *of, guarded_socket::given_now()));
    return restinio::request_accepted();
  }
};

template <class Strand>
struct traits
    : restinio::traits_t<restinio::asio_timer_manager_t, restinio::null_logger_t, to_pipeline, Strand, guarded_socket> {
  static constexpr bool use_connection_count_limiter = true;
  static constexpr bool accepts_again = true;
  using connection_state_listener_t = departures;
};
using many_threads = traits<restinio::default_strand_t>;
using one_thread = traits<restinio::noop_strand_t>;

}  // namespace

struct server::state {
  state(server_options o, logger& l) : options(std::move(o)), log(l), io(static_cast<int>(options.threads)) {}

  server_options options;
  logger& log;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::steady_timer ticker{io};
  std::vector<std::thread> threads;
  std::atomic<std::uint16_t> bound{0};
  std::atomic<std::int64_t> told_at{-60};
  transport shared{io, asio::use_service<guard_policy>(io).bodies};
  pipeline* target = nullptr;
  std::function<void()> close_acceptor;
  std::shared_ptr<void> running;

  template <class Traits>
  void open() {
    using server_type = restinio::http_server_t<Traits>;
    const auto& limits = asio::use_service<guard_policy>(io).limits;
    auto made = std::make_shared<server_type>(restinio::external_io_context(io), [&](auto& s) {
      s.address(options.host)
          .port(options.port)
          .request_handler(to_pipeline{target, &shared})
          .connection_state_listener(shared.leaving)
          .max_pipelined_requests(options.pipelining)
          .max_parallel_connections(options.max_connections)
          .read_next_http_message_timelimit(options.idle_timeout)
          .handle_request_timeout(std::max(options.hard_timeout, target->longest_request() + seconds{5}))
          .write_http_response_timelimit(milliseconds{30'000})
          .buffer_size(8 * 1024)
          .concurrent_accepts_count(options.threads)
          .socket_options_setter([](auto& o) { o.set_option(asio::ip::tcp::no_delay{true}); })
          .acceptor_options_setter([](auto& o) { o.set_option(asio::ip::tcp::acceptor::reuse_address{true}); })
          .acceptor_post_bind_hook([this](asio::ip::tcp::acceptor& a) { bound = a.local_endpoint().port(); })
          .incoming_http_msg_limits(restinio::incoming_http_msg_limits_t{}  // The guard's are tighter, and answered.
                                        .max_url_size(limits.target + 1)
                                        .max_field_name_size(limits.field_name + 1)
                                        .max_field_value_size(limits.head + 1)
                                        .max_field_count(limits.fields + 1)
                                        .max_body_size(limits.body + 64 * 1024));
    });
    std::promise<void> opened;
    made->open_async([&opened] { opened.set_value(); },
                     [&opened](std::exception_ptr e) { opened.set_exception(std::move(e)); });
    run();
    opened.get_future().get();
    close_acceptor = [made] { made->close_sync(); };
    running = made;
  }

  void run() {
    for (std::size_t i = 0; i < options.threads; ++i)
      threads.emplace_back([this] {
        for (;;) {
          try {
            io.run();
            return;
          } catch (const std::exception& e) {
            // A posted continuation threw: that request is lost, the thread is not.
            log.error("an IO thread caught an exception", {{"error", e.what()}});
          }
        }
      });
  }

  /// Once a minute: whoever is turned away so often costs enough.
  void tell_of_descriptors() {
    using clock = std::chrono::steady_clock;
    const std::int64_t now = clock::now().time_since_epoch() / std::chrono::seconds{1};
    auto last = told_at.load();
    if (now - last < 60 || !told_at.compare_exchange_strong(last, now)) return;
    log.error("no file descriptor is left for a new connection; raise the limit on open files (ulimit -n)", {});
  }

  void tick() {
    ticker.expires_after(milliseconds{50});
    ticker.async_wait([this](const boost::system::error_code& ec) {
      if (ec) return;
      target->expire(std::chrono::steady_clock::now());
      tick();
    });
  }

  /// Ends the connections that wait for their clients, while RESTinio's server is still there to be told: what a
  /// pending operation holds would otherwise be destroyed with the io_context, after it.
  void part_from_clients() {
    auto& guard = asio::use_service<guard_policy>(io);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{2};
    do {
      auto told = std::make_shared<std::promise<void>>();
      asio::post(io, [this, &guard, told] {
        guard.hang_up();
        // Behind what the ended reads have posted.
        asio::post(io, [this, told] { asio::post(io, [told] { told->set_value(); }); });
      });
      told->get_future().wait_for(std::chrono::seconds{1});
    } while (!guard.idle() && std::chrono::steady_clock::now() < until);
  }

  void join() {
    work.reset();
    io.stop();
    for (auto& t : threads)
      if (t.joinable()) t.join();
    threads.clear();
  }
};

server::server(server_options options, logger& log) {
  // A client that is gone must cost one error code, not the process.
  std::signal(SIGPIPE, SIG_IGN);
  if (options.threads == 0) options.threads = 1;
  state_ = std::make_shared<state>(std::move(options), log);
}

server::~server() { stop(milliseconds{0}); }

std::function<void(std::function<void()>)> server::post() const {
  return [kept = std::weak_ptr<state>(state_)](std::function<void()> f) {
    if (const auto s = kept.lock()) asio::post(s->io, std::move(f));
  };
}

void server::start(pipeline& to) {
  state_->target = &to;
  auto& guard = asio::use_service<guard_policy>(state_->io);
  guard.limits.body = to.largest_body();
  guard.limits.head = state_->options.max_header_bytes;
  guard.bodies.set_most(state_->options.max_bodies);
  guard.bodies.set_patience(state_->options.body_patience);
  guard.answer = [&to](const incoming& head, message_guard::verdict why) {
    const outgoing out = why == message_guard::verdict::too_large ? to.too_large(head)
                         : why == message_guard::verdict::no_room ? to.no_room(head)
                                                                  : to.malformed(head);
    std::string text = "HTTP/1.1 " + std::to_string(out.status) + " " + std::string(reason_of(out.status)) +
                       "\r\nConnection: close\r\nContent-Length: " + std::to_string(out.content_length) +
                       "\r\nDate: " + date_now() + "\r\n" + out.head + "\r\n";
    for (const auto& piece : out.body) text.append(piece.view());
    return text;
  };
  guard.out_of_descriptors = [s = state_.get()] { s->tell_of_descriptors(); };
  try {
    if (state_->options.threads == 1)
      state_->open<one_thread>();
    else
      state_->open<many_threads>();
  } catch (const boost::system::system_error& e) {
    throw std::system_error(e.code(), state_->options.host + ":" + std::to_string(state_->options.port));
  }
  asio::post(state_->io, [s = state_.get()] { s->tick(); });
}

std::uint16_t server::port() const noexcept { return state_->bound; }

void server::stop(milliseconds grace) {
  auto& s = *state_;
  if (s.threads.empty()) return;
  s.shared.closing = true;
  if (s.close_acceptor) {
    std::promise<void> closed;
    asio::post(s.io, [&] {
      s.close_acceptor();
      closed.set_value();
    });
    closed.get_future().wait_for(std::chrono::seconds{5});
  }
  if (s.target) {
    s.target->close_intake();
    const auto until = std::chrono::steady_clock::now() + grace;
    while (s.target->in_flight() + s.target->open_streams() > 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(milliseconds{2});
    // Answers given in the last moment are still on their way out.
    if (grace.count() > 0) {
      std::promise<void> flushed;
      asio::post(s.io, [&] { flushed.set_value(); });
      flushed.get_future().wait_for(std::chrono::seconds{1});
    }
  }
  s.part_from_clients();
  s.join();
  s.close_acceptor = nullptr;
}

}  // namespace stoa::http

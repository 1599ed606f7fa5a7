// The way of one request: routed, admitted, run, answered.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/admission.hpp"
#include "api/http/pipeline.hpp"
#include "api/http/pipeline_shared.hpp"
#include "api/http/target.hpp"
#include "stoa/task.hpp"

namespace stoa::http {

/// One request from its arrival to its answer. If it goes unanswered, its destructor answers 500.
class pipeline::exchange final : public header_source, public std::enable_shared_from_this<exchange> {
 public:
  /// The time of the request runs from here.
  exchange(std::shared_ptr<shared> s, std::shared_ptr<incoming> in);
  ~exchange() override;

  /// A header field of the request, for its handler.
  std::optional<std::string_view> find(std::string_view name) const override { return in_->header(name); }

  /// Takes the request to its handler, or refuses it. Called once, on an exchange that a shared_ptr owns.
  void start();
  /// For a request that the transport refused to read.
  outgoing unread(unread_because reason);
  /// Refuses a request whose time is over. The handler runs on, and its answer goes nowhere.
  void expire();

  // Hooks of the list of waiting requests; under its lock.
  exchange* before = nullptr;
  exchange* after = nullptr;
  bool linked = false;
  /// Whether an answer is out or on its way.
  bool answered() const { return answered_.load(std::memory_order_acquire); }
  /// When its time is over.
  std::chrono::steady_clock::time_point due() const { return req_.deadline; }

 private:
  /// Reads what it is about, and finds out who is asked.
  match find_route();
  /// The most that its body may have.
  std::size_t largest_body() const;
  void place(bool prefixed);
  applicant as_applicant();
  void options(const match& m);
  /// What the routes of this path have to tell of themselves.
  void tell_of_routes(reply& r, unsigned verbs) const;
  void unrouted(const match& m);

  /// Owns the exchange until the handler has ended, whoever was answered what in the meantime.
  static stoa::detail::detached run(std::shared_ptr<exchange> x);
  void finish(result<reply> outcome) noexcept;
  /// Enters the list of those whose time may run out.
  void wait();
  void leave();

  reply rendered(const fault& f);
  void report(const fault& f, int status);
  void refuse(fault f);
  outgoing encoded(reply r);
  /// Header lines for whoever keeps answers: what is one person's own stays theirs.
  void tell_caches(std::string& head, const reply& r) const;
  void answer(reply r);
  /// For an answer that goes on: sends its head and leaves the rest to its producer.
  void begin_stream(reply r);
  void told(int status, std::uint64_t bytes);

  std::shared_ptr<shared> shared_;
  std::shared_ptr<incoming> in_;
  std::chrono::steady_clock::time_point started_;
  stoa::request req_;
  endpoint* endpoint_ = nullptr;
  const dialect_policy* policy_ = nullptr;
  request_target target_;
  std::string_view origin_;
  std::size_t origin_size_ = 0;  // of scheme and authority in base_url
  std::string limits_;           // header lines on limits
  std::string extra_;            // further header lines
  std::atomic<bool> answered_{false};
  bool head_only_ = false;
  bool origin_done_ = false;
  admission::seat seat_;  // the last: given back first, while all it came from is there
};

}  // namespace stoa::http

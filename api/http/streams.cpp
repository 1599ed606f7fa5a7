#include "api/http/streams.hpp"

#include <optional>
#include <utility>

namespace stoa::http {

namespace {

using steady = std::chrono::steady_clock;

}  // namespace

outgoing_stream::~outgoing_stream() = default;

// -- all of them

streams::streams(stream_limits limits, stoa::metrics& meters, logger& log)
    : limits_(limits),
      log_(log),
      open_(meters.level("stoa_http_streams", "Open streamed answers")),
      refused_(meters.count("stoa_http_streams_refused_total", "Streamed answers refused because too many were open")) {
}

result<std::shared_ptr<live_stream>> streams::admit(stream_content content, std::shared_ptr<const void> keep) {
  const std::lock_guard hold(mutex_);
  if (closed_) return fault::unavailable("The server is going down. Please try again.");
  if (count_.load(std::memory_order_relaxed) >= limits_.streams) {
    refused_.add();
    return fault::unavailable("Too many streams are open. Please try again later.", std::chrono::seconds{10});
  }
  auto s = std::make_shared<live_stream>(*this, std::move(content), std::move(keep));
  live_.insert(s.get());
  open_.set(static_cast<double>(++count_));
  return s;
}

std::vector<std::shared_ptr<live_stream>> streams::all() {
  std::vector<std::shared_ptr<live_stream>> found;
  const std::lock_guard hold(mutex_);
  found.reserve(live_.size());
  for (auto* s : live_)
    if (auto kept = s->weak_from_this().lock()) found.push_back(std::move(kept));
  return found;
}

void streams::beat(steady::time_point now) {
  // Once a second is often enough, by whichever thread comes first.
  const auto tick = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  auto next = next_beat_.load(std::memory_order_relaxed);
  if (tick < next || !next_beat_.compare_exchange_strong(next, tick + 1000)) return;
  for (const auto& s : all()) s->beat(now);
}

void streams::close() {
  {
    const std::lock_guard hold(mutex_);
    closed_ = true;
  }
  for (auto& s : all()) {
    std::shared_ptr<outgoing_stream> to;
    {
      const std::lock_guard hold(s->mutex_);
      to = s->to_;
    }
    // One that has not begun finds out when it does.
    if (to)
      to->post([s] { s->end(); });
    else
      s->end();
  }
}

// -- one

live_stream::live_stream(streams& of, stream_content content, std::shared_ptr<const void> keep)
    : keep_(std::move(keep)), of_(of), content_(std::move(content)), last_sent_(steady::now()) {}

live_stream::~live_stream() {
  const std::lock_guard hold(of_.mutex_);
  of_.live_.erase(this);
  if (!left_) of_.open_.set(static_cast<double>(--of_.count_));
}

void live_stream::leave() {
  if (produced_ && finished_ && !std::exchange(left_, true)) of_.open_.set(static_cast<double>(--of_.count_));
}

void live_stream::begin(incoming& in, outgoing head) {
  auto to = in.open_stream(std::move(head), [weak = weak_from_this()] {
    if (const auto s = weak.lock()) s->end();
  });
  {
    const std::lock_guard hold(mutex_);
    to_ = std::move(to);
    if (!open() && !std::exchange(finished_, true)) to_->finish();
  }
  drive(shared_from_this());
}

stoa::detail::detached live_stream::drive(std::shared_ptr<live_stream> s) {
  std::optional<result<done>> outcome;
  try {
    auto running = s->content_.produce(s);
    outcome.emplace(co_await as_result(std::move(running)));
  } catch (...) {
    outcome.emplace(stoa::detail::unexpected(std::current_exception()));
  }
  if (!*outcome && outcome->refusal().kind == fault_kind::internal) {
    std::string reason;
    for (const auto& [name, value] : outcome->refusal().extra)
      if (name == "reason") reason = value;
    s->of_.log_.error("a stream failed", {{"code", outcome->refusal().code}, {"reason", reason}});
  }
  s->produced();
}

task<done> live_stream::write(std::string bytes) {
  done ok;
  if (put(bytes)) co_return ok;
  callback_awaiter<done> room{
      [this, bytes = std::move(bytes)](completion told) mutable { put_and_wait(std::move(bytes), std::move(told)); }};
  co_await room;
  co_return ok;
}

bool live_stream::put(std::string& bytes) {
  const std::lock_guard hold(mutex_);
  if (!open()) return false;
  if (pending_.size() + bytes.size() > of_.limits_.buffer || pieces_ >= of_.limits_.pieces) return false;
  take(std::move(bytes));
  return true;
}

void live_stream::put_and_wait(std::string bytes, completion told) {
  {
    const std::lock_guard hold(mutex_);
    if (open()) {
      // One piece beyond the bound, and its writer waits until all before it has been sent.
      take(std::move(bytes));
      waiter_ = std::move(told);
      return;
    }
  }
  told(stream_ended());
}

void live_stream::take(std::string bytes) {
  if (pending_.empty())
    pending_ = std::move(bytes);
  else
    pending_.append(bytes);
  ++pieces_;
  if (!flying_) send_next();
}

void live_stream::send_next() {
  flying_ = true;
  pieces_ = 0;
  last_sent_ = steady::now();
  to_->send(std::exchange(pending_, {}), [s = shared_from_this()](bool reached) { s->written(reached); });
}

void live_stream::written(bool reached) {
  if (!reached) return end();
  completion told;
  {
    const std::lock_guard hold(mutex_);
    flying_ = false;
    if (!open()) return;
    if (!pending_.empty())
      send_next();
    else if (produced_ && !std::exchange(finished_, true))
      to_->finish();
    told = std::exchange(waiter_, nullptr);
    leave();
  }
  if (told) told(done{});
}

void live_stream::when_ended(std::function<void()> f) {
  {
    const std::lock_guard hold(mutex_);
    if (open()) {
      enders_.push_back(std::move(f));
      return;
    }
  }
  f();
}

void live_stream::end() {
  completion told;
  std::vector<std::function<void()>> enders;
  {
    const std::lock_guard hold(mutex_);
    if (ended_.exchange(true, std::memory_order_acq_rel)) return;
    pending_.clear();
    told = std::exchange(waiter_, nullptr);
    enders.swap(enders_);
    if (to_ && !std::exchange(finished_, true)) to_->finish();
    leave();
  }
  if (told) told(stream_ended());
  for (auto& f : enders) f();
}

void live_stream::produced() {
  // What these hold need not wait for the last bytes, and is let go without the lock.
  std::vector<std::function<void()>> enders;
  auto produce = std::exchange(content_.produce, nullptr);
  const std::lock_guard hold(mutex_);
  produced_ = true;
  enders.swap(enders_);
  if (!flying_ && pending_.empty() && !std::exchange(finished_, true)) to_->finish();
  leave();
}

void live_stream::beat(steady::time_point now) {
  const std::lock_guard hold(mutex_);
  if (!to_ || flying_ || produced_ || !open() || content_.heartbeat.empty()) return;
  if (now - last_sent_ < of_.limits_.heartbeat) return;
  take(content_.heartbeat);
}

}  // namespace stoa::http

#include "api/http/pipeline.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "api/http/exchange.hpp"
#include "api/http/pipeline_shared.hpp"

namespace stoa::http {

namespace {

constexpr int known_statuses[] = {200, 201, 202, 204, 206, 302, 303, 304, 307, 400, 401, 402, 403, 404, 405,
                                  409, 410, 412, 413, 415, 416, 422, 423, 429, 460, 500, 502, 503, 504};

/// The place of a status among an endpoint's counters, and the label of that place.
std::pair<std::size_t, int> counter_place(int status) {
  std::size_t i = 0;
  for (const int s : known_statuses) {
    if (s == status) return {i, status};
    ++i;
  }
  return {31, 0};
}

metric_labels labels(const endpoint& e) {
  return {{"dialect", e.policy ? std::string(name_of(e.policy->dialect)) : "none"},
          {"method", std::string(name_of(e.route->verb))},
          {"route", e.label}};
}

}  // namespace

// -- what all requests share

pipeline::shared::shared(pipeline_options o, parts p)
    : options(std::move(o)),
      house(p),
      origins(options.cors),
      proxies(options.trusted_proxies),
      door(options.max_in_flight, options.secure_cookies, house.who, origins,
           house.metrics.count("stoa_http_refused_total", "Requests refused because too many were in flight")),
      answers(house.idempotency, house.log),
      streams(options.streams, house.metrics, house.log) {
  while (!options.public_url.empty() && options.public_url.back() == '/') options.public_url.pop_back();
  unrouted = &house.metrics.count("stoa_http_unrouted_total", "Requests for unknown paths or methods");
  timed_out = &house.metrics.count("stoa_http_timed_out_total", "Requests whose handler did not answer in time");
  no_room =
      &house.metrics.count("stoa_http_no_room_total", "Requests refused because bodies took too much memory together");
  largest_body = options.max_body;
  for (auto& e : house.routes.endpoints()) {
    largest_body = std::max(largest_body, e.route->options.max_body);
    e.latency = &house.metrics.distribution("stoa_http_request_seconds", "Time from request to answer", labels(e));
  }
}

void pipeline::shared::observe(endpoint& e, int status, std::chrono::steady_clock::duration took) {
  const auto [place, label] = counter_place(status);
  counter* c = e.counters[place].load(std::memory_order_acquire);
  if (!c) {
    auto all = labels(e);
    all["status"] = label ? std::to_string(label) : "other";
    c = &house.metrics.count("stoa_http_requests_total", "Requests answered", all);
    e.counters[place].store(c, std::memory_order_release);
  }
  c->add();
  e.latency->observe(std::chrono::duration<double>(took).count());
}

// -- pipeline

milliseconds pipeline_options::time_for(std::size_t body) const {
  if (body <= max_body) return request_timeout;
  return request_timeout + milliseconds{static_cast<std::int64_t>(body) * 1000 /
                                        static_cast<std::int64_t>(std::max<std::size_t>(slowest_upload, 1))};
}

pipeline::pipeline(pipeline_options options, parts p) : shared_(std::make_shared<shared>(std::move(options), p)) {}
pipeline::~pipeline() = default;

void pipeline::handle(std::shared_ptr<incoming> in) {
  auto x = std::make_shared<exchange>(shared_, std::move(in));
  try {
    x->start();
  } catch (const std::exception& e) {
    // The exchange answers 500 as it goes.
    shared_->house.log.error("a request could not be handled", {{"error", e.what()}});
  }
}

void pipeline::expire(std::chrono::steady_clock::time_point now) {
  auto& s = *shared_;
  s.streams.beat(now);
  std::vector<std::shared_ptr<exchange>> over;
  {
    std::lock_guard hold(s.waiting_lock);
    const auto take = [&](exchange& x) {
      if (auto kept = x.weak_from_this().lock()) over.push_back(std::move(kept));
    };
    for (auto* x = s.brief.first; x && x->due() <= now; x = x->after) take(*x);
    // Those with large bodies end in no order, and are few: their bodies share one memory.
    for (auto* x = s.large.first; x; x = x->after)
      if (x->due() <= now) take(*x);
  }
  for (auto& x : over) {
    try {
      x->expire();
    } catch (const std::exception& e) {
      s.house.log.error("a late request could not be answered", {{"error", e.what()}});
    }
  }
}

std::size_t pipeline::in_flight() const noexcept { return shared_->door.in_flight(); }
std::size_t pipeline::open_streams() const noexcept { return shared_->streams.count(); }
void pipeline::close_intake() noexcept {
  shared_->door.close();
  shared_->streams.close();
}
std::size_t pipeline::largest_body() const noexcept { return shared_->largest_body; }
milliseconds pipeline::longest_request() const { return shared_->options.time_for(shared_->largest_body); }

outgoing pipeline::unread(const incoming& head, unread_because reason) {
  // The transport's object outlives this call, so nobody owns it here.
  exchange x(shared_, std::shared_ptr<incoming>(std::shared_ptr<incoming>{}, const_cast<incoming*>(&head)));
  return x.unread(reason);
}
outgoing pipeline::too_large(const incoming& head) { return unread(head, unread_because::too_large); }
outgoing pipeline::no_room(const incoming& head) { return unread(head, unread_because::no_room); }
outgoing pipeline::malformed(const incoming& head) { return unread(head, unread_because::malformed); }

}  // namespace stoa::http

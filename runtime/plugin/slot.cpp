// A plugin's place in the server: who comes in, and what became of it.
#include <chrono>
#include <utility>

#include "runtime/plugin/instance.hpp"
#include "runtime/plugin/visits.hpp"

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

std::string reason_of(const fault& f) {
  for (const auto& [name, value] : f.extra)
    if (name == "reason") return value;
  return f.code;
}

}  // namespace

plugin_slot::plugin_slot(manifest m, const plugin_services& services, const plugin_options& options,
                         std::shared_ptr<stall_watch> watch)
    : manifest_(std::move(m)),
      services_(services),
      options_(options),
      log_(services.log_for(manifest_.id)),
      quarters_(std::make_shared<plugin_quarters>(services, options, manifest_, std::move(watch))),
      failures_total_(services.meters.count("stoa_plugin_failures_total", "Unexpected failures inside a plugin",
                                            {{"plugin", manifest_.id}})) {}

plugin_state plugin_slot::state() const {
  const std::lock_guard lock{mutex_};
  return state_;
}

std::shared_ptr<plugin_instance> plugin_slot::current() const {
  const std::lock_guard lock{mutex_};
  return current_;
}

void plugin_slot::put(std::shared_ptr<plugin_instance> i, plugin_state s) {
  std::shared_ptr<plugin_instance> before;  // destroyed without the lock
  const std::lock_guard lock{mutex_};
  before = std::exchange(current_, std::move(i));
  state_ = s;
  if (current_) quarters_->reset_breakers();
}

void plugin_slot::set(plugin_state s) {
  const std::lock_guard lock{mutex_};
  state_ = s;
}

fault plugin_slot::refusal() const { return plugin_unavailable(); }

fault plugin_slot::refused(const char* why, fault f) {
  services_.meters
      .count("stoa_plugin_refused_total", "Requests that a plugin was spared", {{"plugin", manifest_.id}, {"why", why}})
      .add();
  return f;
}

result<std::shared_ptr<plugin_instance>> plugin_slot::enter(const workplace& at) {
  const std::lock_guard lock{mutex_};
  if (state_ != plugin_state::started || !current_) return refusal();
  if (running_ >= options_.concurrency)
    return refused("concurrency", fault::unavailable("Too many requests wait for this part of the service."));
  if (const auto later = at.gate->admit(services_.clock.now())) {
    fault f = plugin_unavailable();
    f.retry_after = std::chrono::ceil<seconds>(*later);
    return refused("breaker", std::move(f));
  }
  ++visitors_;
  ++running_;
  return current_;
}

void plugin_slot::answered() { --running_; }

void plugin_slot::leave() {
  const std::lock_guard lock{mutex_};
  if (--visitors_ == 0) left_.notify_all();
}

bool plugin_slot::quiet(milliseconds within) {
  std::unique_lock lock{mutex_};
  return left_.wait_for(lock, within, [&] { return visitors_ == 0; });
}

void plugin_slot::failed(const workplace& at, const fault& why) {
  failures_total_.add();
  log_->error("a plugin failed",
              {{"plugin", manifest_.id}, {at.name->kind, at.name->name}, {"reason", reason_of(why)}});
  if (at.gate && at.gate->failed(services_.clock.now()))
    log_->error("it fails again and again and is left alone for a while",
                {{"plugin", manifest_.id}, {at.name->kind, at.name->name}});
}

void plugin_slot::judge(const workplace& at, const request& q, result<reply>& outcome) {
  if (outcome) {
    std::size_t bytes = 0;
    for (const auto& piece : outcome->body) bytes += piece.view().size();
    if (bytes > options_.max_answer) {
      log_->error(
          "a plugin's answer is too large: [plugins] max_answer",
          {{"plugin", manifest_.id}, {at.name->kind, at.name->name}, {"bytes", bytes}, {"most", options_.max_answer}});
      outcome = fault(fault_kind::internal, "ANSWER_TOO_LARGE", "The answer was too large to be sent.");
    }
  }
  if (!outcome && outcome.refusal().kind == fault_kind::internal) return failed(at, outcome.refusal());
  const bool away = !outcome && outcome.refusal().kind == fault_kind::unavailable;
  if (!away && steady::now() > q.deadline)
    return failed(at, fault(fault_kind::internal, "TIMEOUT", "It answered when nobody waited any more."));
  if (outcome)
    at.gate->succeeded();
  else
    at.gate->neither();
}

route plugin_slot::guarded(const dialect& d, std::size_t index) {
  route r = current()->tables().at(d).all().at(index);
  const auto name = std::string(name_of(d)) + " " + std::string(name_of(r.verb)) + " " + r.pattern;
  const auto at = std::make_shared<const workplace>(quarters_->place("route", name));
  r.run = [self = shared_from_this(), at, d, index, &back = services_.post](const request& q) {
    return run_visit(self, at, d, index, q, back);
  };
  return r;
}

}  // namespace stoa::runtime

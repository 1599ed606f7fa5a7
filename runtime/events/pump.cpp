#include "runtime/events/pump.hpp"

#include <stdexcept>
#include <utility>

#include "runtime/events/pump_state.hpp"

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

}  // namespace

pump::pump(database& db, const clock& time, pump_options options)
    : state_(std::make_shared<state>(db, time, std::move(options))) {}

pump::~pump() { stop(); }

void pump::add(awaiting_subscription s, workplace at) {
  const std::lock_guard lock{state_->mutex};
  const auto name = s.what.name;
  if (auto* known = state_->find(name)) {
    if (!known->paused || known->running) throw std::logic_error("subscription " + name + " is there already");
    known->what = std::move(s);
    known->at = std::move(at);
    return;
  }
  auto& c = state_->consumers.emplace_back();
  c.what = std::move(s);
  c.at = std::move(at);
  if (auto* meters = state_->options.meters) {
    const metric_labels labels{{"subscription", name}};
    c.lag = &meters->level("stoa_outbox_lag_events", "Events a subscription has not had yet", labels);
    c.set_aside = &meters->level("stoa_outbox_dead_events", "Events that a subscription could not take", labels);
    c.failed = &meters->count("stoa_outbox_failures_total", "Batches a subscription failed at", labels);
  }
  state_->wake.notify_all();
}

bool pump::pause(const std::string& name, milliseconds within) {
  std::unique_lock lock{state_->mutex};
  auto* c = state_->find(name);
  if (!c) return true;
  c->paused = true;
  return state_->wake.wait_for(lock, within, [&] { return !c->running; });
}

void pump::resume(const std::string& name) {
  const std::lock_guard lock{state_->mutex};
  if (auto* c = state_->find(name)) {
    c->paused = false;
    c->failures = 0;
    c->not_before = {};
  }
  state_->kicked = true;
  state_->wake.notify_all();
}

bool pump::placed(const std::string& name, milliseconds within) {
  std::unique_lock lock{state_->mutex};
  const auto known = [&] {
    const auto* c = state_->find(name);
    return c && c->reached.has_value();
  };
  state_->wake.wait_for(lock, within, [&] { return known() || state_->stopping; });
  return known();
}

void pump::watch(observer o, workplace at) { state_->watchers->add(std::move(o), std::move(at)); }

bool pump::forget(const std::string& name, milliseconds within) {
  const auto until = steady::now() + within;
  const bool quiet = state_->watchers->forget(name, within);
  std::unique_lock lock{state_->mutex};
  return state_->wake.wait_until(lock, until, [&] { return !state_->listening; }) && quiet;
}

void pump::start(milliseconds within) {
  std::unique_lock lock{state_->mutex};
  if (!state_->thread.joinable() && !state_->stopping) state_->thread = std::thread([s = state_] { s->loop(); });
  const bool known = state_->watchers->empty() ||
                     state_->wake.wait_for(lock, within, [&] { return state_->heard || state_->stopping; });
  if (!known) throw std::runtime_error("the database does not say which events are the newest");
}

void pump::kick() noexcept {
  const std::lock_guard lock{state_->mutex};
  if (state_->kicked) return;
  state_->kicked = true;
  state_->wake.notify_all();
}

void pump::stop(milliseconds within) {
  std::thread ending;
  {
    const std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    ending = std::move(state_->thread);
    state_->wake.notify_all();
  }
  if (ending.joinable()) ending.join();
  std::unique_lock lock{state_->mutex};
  state_->wake.wait_for(lock, within, [&] {
    // The loop is gone: what has ended since is settled here, without telling anyone.
    for (auto& e : state_->finished) e.who->running = false;
    for (auto& c : state_->consumers)
      if (std::exchange(c.until, std::nullopt)) {
        c.preparing->over = true;
        c.running = false;
      }
    state_->finished.clear();
    state_->to_tell.clear();
    return !state_->busy();
  });
}

std::optional<std::int64_t> pump::lag(const std::string& name) const {
  const std::lock_guard lock{state_->mutex};
  const auto* c = state_->find(name);
  if (!c || !c->reached) return std::nullopt;
  return state_->distance(*c);
}

std::int64_t pump::dead(const std::string& name) const {
  const std::lock_guard lock{state_->mutex};
  const auto* c = state_->find(name);
  return c ? c->dead : 0;
}

}  // namespace stoa::runtime

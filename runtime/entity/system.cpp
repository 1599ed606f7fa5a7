#include "runtime/entity/system.hpp"

#include <caf/atom.hpp>
#include <caf/defaults.hpp>
#include <caf/send.hpp>

#include "runtime/entity/run_here.hpp"

namespace stoa::runtime {

namespace {

/// So many that a request rarely finds its bridge busy on another thread, which would then run its actor as well.
constexpr std::size_t bridges = 16;

}  // namespace

actor_system::actor_system(actor_options options, std::function<void(std::function<void()>)> post, logger& log)
    : options_(options), post_(std::move(post)), log_(log), config_(std::make_unique<caf::actor_system_config>()) {
  // `sharing` wakes a worker for every job; unbounded throughput would let one busy actor keep a worker for itself.
  config_->set("scheduler.policy", caf::atom("sharing"));
  config_->set("scheduler.max-threads", options_.threads);
  config_->set("scheduler.max-throughput", std::size_t{50});
  system_ = std::make_unique<caf::actor_system>(*config_);
  // The argument is for CAF 0.17, which makes a reference of a null pointer for actors that take none.
  for (std::size_t i = 0; i < bridges; ++i)
    bridges_.push_back(system_->spawn(
        [](caf::event_based_actor* self, std::size_t) -> caf::behavior {
          // A request that fails in flight must not end the bridge.
          self->set_default_handler(caf::drop);
          self->set_exception_handler([](std::exception_ptr&) { return caf::error{}; });
          return {[self](bridged_request& job) { job.start(self); }};
        },
        i));
  expirer_ = std::jthread([this](std::stop_token ended) { expire_asks(std::move(ended)); });
}

actor_system::~actor_system() { shutdown(); }

void actor_system::shutdown() {
  if (!system_) return;
  expirer_ = {};
  for (auto& b : bridges_) caf::anon_send_exit(b, caf::exit_reason::user_shutdown);
  bridges_.clear();
  system_.reset();
}

void actor_system::send_to_bridge(bridged_request job) {
  const auto& bridge = bridges_[next_.fetch_add(1, std::memory_order_relaxed) % bridges_.size()];
  tell_here(bridge, std::move(job));
}

void actor_system::watch_deadline(std::weak_ptr<any_ask> asked) {
  std::lock_guard lock(asks_guard_);
  asks_.emplace_back(std::chrono::steady_clock::now() + options_.ask_timeout, std::move(asked));
  if (asks_.size() == 1) asks_wake_.notify_one();
}

void actor_system::expire_asks(std::stop_token ended) {
  // As exact as a deadline of seconds needs to be, and no wake-up for those that are answered in time.
  const milliseconds tick = std::min<milliseconds>(milliseconds{100}, options_.ask_timeout);
  std::unique_lock lock(asks_guard_);
  while (!ended.stop_requested()) {
    if (asks_.empty())
      asks_wake_.wait(lock, ended, [this] { return !asks_.empty(); });
    else
      asks_wake_.wait_for(lock, ended, tick, [] { return false; });
    const auto now = std::chrono::steady_clock::now();
    std::vector<std::shared_ptr<any_ask>> late;
    while (!asks_.empty() && (asks_.front().first <= now || asks_.front().second.expired())) {
      if (auto open = asks_.front().second.lock()) late.push_back(std::move(open));
      asks_.pop_front();
    }
    lock.unlock();
    for (auto& ask : late) ask->expire();
    late.clear();
    lock.lock();
  }
}

fault actor_system::fault_of(const caf::error& e) {
  if (e == caf::sec::request_receiver_down || e.category() == caf::atom("exit") || e == caf::exit_reason::unreachable)
    return fault(fault_kind::unavailable, entity_gone, "The service is restarting a part of itself.");
  return too_late();
}

}  // namespace stoa::runtime

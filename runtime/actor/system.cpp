#include "runtime/actor/system.hpp"

#include <caf/atom.hpp>
#include <caf/defaults.hpp>
#include <caf/send.hpp>

namespace stoa::runtime {

actor_system::actor_system(actor_options options, std::function<void(std::function<void()>)> post, logger& log)
    : options_(options), post_(std::move(post)), log_(log), config_(std::make_unique<caf::actor_system_config>()) {
  // `sharing` wakes a worker for every job; unbounded throughput would let one busy actor keep a worker for itself.
  config_->set("scheduler.policy", caf::atom("sharing"));
  config_->set("scheduler.max-threads", options_.threads);
  config_->set("scheduler.max-throughput", std::size_t{50});
  system_ = std::make_unique<caf::actor_system>(*config_);
  for (std::size_t i = 0; i < 2; ++i)
    bridges_.push_back(system_->spawn([](caf::event_based_actor* self) -> caf::behavior {
      // A request that fails in flight must not end the bridge.
      self->set_default_handler(caf::drop);
      self->set_exception_handler([](std::exception_ptr&) { return caf::error{}; });
      return {[self](bridged_request& job) { job.start(self); }};
    }));
}

actor_system::~actor_system() { shutdown(); }

void actor_system::shutdown() {
  if (!system_) return;
  for (auto& b : bridges_) caf::anon_send_exit(b, caf::exit_reason::user_shutdown);
  bridges_.clear();
  system_.reset();
}

void actor_system::send_to_bridge(bridged_request job) {
  const auto& bridge = bridges_[next_.fetch_add(1, std::memory_order_relaxed) % bridges_.size()];
  caf::anon_send(bridge, std::move(job));
}

fault actor_system::fault_of(const caf::error& e) {
  if (e == caf::sec::request_receiver_down || e.category() == caf::atom("exit") || e == caf::exit_reason::unreachable)
    return fault(fault_kind::unavailable, entity_gone, "The service is restarting a part of itself.");
  return fault::unavailable("The service did not answer in time.");
}

}  // namespace stoa::runtime

// The actor system: scheduler settings in one place, and bridges by which coroutines outside ask actors.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/actor/messages.hpp"
#include "stoa/log.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// The code of the fault that says an entity ended before it answered: ask again through the directory.
inline constexpr const char* entity_gone = "ENTITY_GONE";

struct actor_options {
  std::size_t threads = 2;
  milliseconds ask_timeout = seconds{5};
};

/// Owns CAF's actor system. Made once; ended with `shutdown` before the database pool's threads are joined by nobody else:
/// order is stop intake, stop the store, shut down this, then release libraries.
class actor_system {
 public:
  /// `post` puts work onto the executor that drives coroutines.
  actor_system(actor_options options, std::function<void(std::function<void()>)> post, logger& log);
  ~actor_system();
  actor_system(const actor_system&) = delete;
  actor_system& operator=(const actor_system&) = delete;

  caf::actor_system& caf() noexcept { return *system_; }
  milliseconds ask_timeout() const noexcept { return options_.ask_timeout; }
  logger& log() noexcept { return log_; }

  /// The coroutine goes on where coroutines are driven, with the answer or a fault: never later than the ask timeout.
  template <class Reply, class Handle, class Message>
  task<Reply> request(Handle target, Message message) {
    callback_awaiter<Reply> answer([&](typename callback_awaiter<Reply>::completion done) {
      bridged_request job;
      job.start = [this, target = std::move(target), message = std::move(message),
                   done = std::move(done)](caf::event_based_actor* bridge) mutable {
        bridge->request(target, options_.ask_timeout, std::move(message))
          .then(
            [this, done](result<Reply>& answer) {
              post_([done, answer = std::move(answer)]() mutable { done(std::move(answer)); });
            },
            [this, done](const caf::error& e) { post_([done, f = fault_of(e)] { done(f); }); });
      };
      send_to_bridge(std::move(job));
    });
    co_return co_await answer;
  }

  /// Ends the bridges and waits, bounded, for the actors to go.
  void shutdown();

 private:
  static fault fault_of(const caf::error& e);
  void send_to_bridge(bridged_request job);

  actor_options options_;
  std::function<void(std::function<void()>)> post_;
  logger& log_;
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  std::vector<caf::actor> bridges_;
  std::atomic<unsigned> next_{0};
};

}  // namespace stoa::runtime

// The actor system: scheduler settings in one place, and bridges by which coroutines outside ask actors.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/entity/messages.hpp"
#include "runtime/executor/executor.hpp"
#include "stoa/log.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"
#include "stoa/too_late.hpp"

namespace stoa::runtime {

/// The code of the fault that says an entity ended before it answered: ask again through the directory.
inline constexpr const char* entity_gone = "ENTITY_GONE";

struct actor_options {
  std::size_t threads = 2;
  milliseconds ask_timeout = seconds{5};
};

/// Owns CAF's actor system. Made once; ended with `shutdown` before the database pool's threads are joined by nobody
/// else: order is stop intake, stop the store, shut down this, then release libraries.
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
  /// What has not begun by the deadline of whom it is for is not begun.
  template <class Reply, class Handle, class Message>
  task<Reply> request(Handle target, Message message) {
    if (std::chrono::steady_clock::now() >= co_await current_deadline()) co_return too_late();
    callback_awaiter<Reply> answer([&](typename callback_awaiter<Reply>::completion done) {
      auto asked = std::make_shared<open_ask<Reply>>(post_, std::move(done));
      watch_deadline(asked);
      bridged_request job;
      job.start = [target = std::move(target), message = std::move(message),
                   asked = std::move(asked)](caf::event_based_actor* bridge) mutable {
        // No timeout of CAF's own: it would wake its clock's thread for every request. The deadline is watched here.
        bridge->request(target, caf::duration{}, std::move(message))
            .then([asked](result<Reply>& r) { asked->settle(std::move(r)); },
                  [asked](const caf::error& e) { asked->settle(fault_of(e)); });
      };
      send_to_bridge(std::move(job));
    });
    co_return co_await answer;
  }

  /// Ends the bridges and waits, bounded, for the actors to go.
  void shutdown();

 private:
  /// A request that has not been answered yet.
  class any_ask {
   public:
    virtual ~any_ask() = default;
    virtual void expire() = 0;
  };

  template <class Reply>
  class open_ask final : public any_ask {
   public:
    open_ask(const post_function& post, typename callback_awaiter<Reply>::completion done)
        : done_(at_home<Reply>(post, std::move(done))) {}

    /// The first answer counts, the deadline's or the actor's.
    void settle(result<Reply> r) {
      if (settled_.exchange(true)) return;
      std::exchange(done_, nullptr)(std::move(r));
    }
    void expire() override { settle(too_late()); }

   private:
    std::atomic<bool> settled_{false};
    typename callback_awaiter<Reply>::completion done_;
  };

  static fault fault_of(const caf::error& e);
  void send_to_bridge(bridged_request job);
  void watch_deadline(std::weak_ptr<any_ask> asked);
  void expire_asks(std::stop_token ended);

  actor_options options_;
  std::function<void(std::function<void()>)> post_;
  logger& log_;
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  std::vector<caf::actor> bridges_;
  std::atomic<unsigned> next_{0};

  // All deadlines are equally far away: the oldest is the next.
  std::mutex asks_guard_;
  std::condition_variable_any asks_wake_;
  std::deque<std::pair<std::chrono::steady_clock::time_point, std::weak_ptr<any_ask>>> asks_;
  std::jthread expirer_;
};

}  // namespace stoa::runtime

// The pump: reads the outbox in commit order and gives every subscription its events, at least once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/events/subscriptions.hpp"
#include "stoa/db.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"

namespace stoa::runtime {

struct pump_options {
  milliseconds poll{200};
  /// The least time between two looks that kicks ask for.
  milliseconds gather{100};
  std::size_t batch = 500;
  milliseconds longest_backoff{30'000};
  /// How long rows stay that every stored subscription has passed, and how often they are looked for.
  /// So often an event is given to a subscription that fails at it, the database apart; then it is set aside
  /// (`dead_event`) and the subscription goes on behind it. 0: for ever.
  std::int64_t tries = 0;
  /// How often it is looked whether any of those is to be given again.
  milliseconds replay_look = seconds{1};
  /// How long the preparing of a batch may take.
  milliseconds deadline = seconds{30};
  milliseconds retention = days{7};
  milliseconds sweep = minutes{1};
  logger* log = nullptr;
  stoa::metrics* meters = nullptr;
};

/// One thread decides; the batches themselves run as transactions on the store's threads, one at a time for each
/// subscription and side by side for different ones. A subscription that fails waits longer and longer and gets its
/// next batch one event long, so that it comes as far as the event it cannot take; the others go on meanwhile. A stored
/// offset whose subscription is gone keeps rows from being deleted: remove it from subscription_offset.
/// Where a subscription has a workplace, its transactions run on the place's sessions and all its other code on the
/// place's threads: it holds up itself alone.
/// Observers have one place for all of them, in memory, and are called on the pump's own thread, or on their own.
class pump final : public subscriptions {
 public:
  pump(database& db, const clock& time, pump_options options);
  /// Stops.
  ~pump() override;

  using subscriptions::add;
  using subscriptions::watch;
  void add(awaiting_subscription s, workplace at) override;
  bool pause(const std::string& name, milliseconds within) override;
  void resume(const std::string& name) override;
  bool placed(const std::string& name, milliseconds within) override;
  void watch(observer o, workplace at) override;
  bool forget(const std::string& name, milliseconds within) override;

  /// With observers there it returns when the place is known from which they hear, so that whatever is read into memory
  /// after it is kept true; throws std::runtime_error when the database does not say `within` that time.
  void start(milliseconds within = seconds{10});
  /// Something was committed here: look now. Cheap; any thread.
  void kick() noexcept;
  /// Begins no batch any more and waits for those that run, `within` at most. Idempotent.
  void stop(milliseconds within = seconds{5});

  /// How many events lie between a subscription and the newest one, as last seen; nullopt before its first look.
  std::optional<std::int64_t> lag(const std::string& name) const;
  /// How many events a subscription has set aside, as last seen.
  std::int64_t dead(const std::string& name) const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace stoa::runtime

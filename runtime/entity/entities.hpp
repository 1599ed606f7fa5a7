// All entities of one kind as their callers see them: by identity, never by place. Node view.
#pragma once

#include <utility>

#include "runtime/entity/directory.hpp"
#include "runtime/entity/host.hpp"

namespace stoa::runtime {

/// Thread-safe. Outlives its actors once `home().end_all()` was called and the actor system has ended.
template <class Kind>
class entities {
 public:
  using key = typename Kind::key;
  using snapshot = snapshot_of<Kind>;

  entities(actor_system& actors, entity_options options, Kind kind = {})
      : context_(std::move(kind), std::move(options)),
        directory_(detail::name_of_kind(context_.kind), actors, context_.options.time, [this, &actors](const key& id) {
          return actors.caf().spawn(detail::behavior_of<Kind, typename Kind::commands>::make, &context_, id);
        }) {
    if constexpr (has_alarm<Kind>)
      context_.ring = [this](const key& id, const typename entity_context<Kind>::alarm_command& c) { ring(id, c); };
    if (const auto budget = context_.options.byte_budget; budget > 0)
      // A tenth more than must be, so that not each snapshot that comes has to look for room.
      context_.make_room = [this, budget] {
        if (context_.published.weight() <= budget) return;
        for (const auto& id : context_.published.take_coldest(budget - budget / 10)) directory_.let_go(id);
      };
  }

  /// The state as it was last committed: without a hop where it is in memory.
  task<snapshot> get(key id) {
    if (auto ready = context_.published.find(id)) co_return ready;
    if (auto why = context_.unknown.find(id)) co_return std::move(*why);
    co_return co_await directory_.template ask<snapshot>(std::move(id), read_state{});
  }
  /// The bytes of all snapshots of a kind that is `read_mostly`.
  std::size_t weight() const noexcept { return context_.published.weight(); }
  /// The state in memory, without waiting; null where it is not loaded.
  snapshot peek(const key& id) const { return context_.published.find(id); }

  /// Tells the entity a command. Its refusals are those of the command's rule; `unavailable` where the outcome is
  /// unknown.
  template <class Command>
  task<typename Command::reply> ask(key id, Command command) {
    using reply = typename Command::reply;
    if (auto* once = co_await current_once()) {
      if (const auto before = once->recall(detail::step_name(context_.kind, command))) {
        auto known = detail::unpack_reply(command, *before);
        if (!known) co_return fault(fault_kind::internal, "INTERNAL_ERROR", "A kept step cannot be read.");
        co_return std::move(*known);
      }
      if (auto why = context_.unknown.find(id)) co_return std::move(*why);
      keyed<Command> told{std::move(command), once->shared_from_this()};
      co_return co_await directory_.template ask<reply>(std::move(id), std::move(told));
    }
    if (auto why = context_.unknown.find(id)) co_return std::move(*why);
    co_return co_await directory_.template ask<reply>(std::move(id), std::move(command));
  }

  /// Tells a loaded entity a command whose answer nobody waits for; others do not need it. Returns at once.
  template <class Command>
  void tell(const key& id, Command command) {
    if (auto live = directory_.peek(id)) caf::anon_send(live, std::move(command));
  }

  /// There is something of this identity from now on: it was just made.
  void made(const key& id) { context_.unknown.remove(id); }

  /// Tells a loaded entity that another owner's transaction changed its rows. Returns at once.
  void refresh(const key& id) {
    if (auto live = directory_.peek(id)) caf::anon_send(live, refresh_state{});
  }
  /// The same, and ends when every later `get` on this node shows the rows as they now stand.
  task<done> reload(key id) { return directory_.template ask<done>(std::move(id), reload_state{}); }

  /// Ends every entity when it has finished what waits, and lets no alarm ring until `resume`: whoever decides goes out
  /// of service. Loading arms them anew.
  void rest() {
    context_.resting = true;
    if (context_.options.alarms) context_.book.disarm_all(*context_.options.alarms);
    directory_.sweep(timestamp::max());
  }
  void resume() { context_.resting = false; }

  any_directory& home() noexcept { return directory_; }

 private:
  /// An alarm whose command met a database that was away rings again.
  template <class Command>
  void ring(const key& id, const Command& command) {
    detach<typename Command::reply>(ask(id, command), [this, id, command](const result<typename Command::reply>& r) {
      const bool away =
          !r.ok() && (r.refusal().kind == fault_kind::unavailable || r.refusal().kind == fault_kind::internal);
      if (away)
        context_.book.arm(*context_.options.alarms, id, context_.options.time.now() + alarm_pause,
                          [this, id, command] { ring(id, command); });
    });
  }
  static constexpr seconds alarm_pause{5};

  entity_context<Kind> context_;
  directory<key, entity_actor<Kind>> directory_;
};

}  // namespace stoa::runtime

// An entity's rules without a host: give a state and a command, see outcome, events and alarm.
#pragma once

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stoa/entities.hpp"
#include "stoa/events.hpp"
#include "stoa/result.hpp"

namespace stoa::testing {

namespace harness {
/// The events among the values of a statement.
std::vector<event> events_among(const values& bound);
}  // namespace harness

/// What came of a command.
template <class Kind, class Command>
struct told_outcome {
  using state = typename Kind::state;

  std::optional<fault> refusal;  ///< why it was refused; nothing else is set then
  typename Command::reply reply{};
  state after{};         ///< the state behind it; the one before where nothing changed
  bool changed = false;  ///< whether there is a next state
  stoa::effect effect = stoa::effect::save;
  std::vector<event> events;       ///< told by the statement that saves; without ids
  std::optional<timestamp> rings;  ///< when the alarm of the state behind it rings

  explicit operator bool() const noexcept { return !refusal; }
  template <event_facts E>
  std::vector<heard<E>> told() const {
    std::vector<heard<E>> out;
    for (const auto& e : events)
      if (auto one = as<E>(e)) out.push_back(std::move(*one));
    return out;
  }
};

/// Keeps the state from command to command, as the host would without another writer: versions rise by one. Nothing is
/// stored; what a database gives (`written`) is not asked.
template <class Kind>
class entity_harness {
 public:
  using state = typename Kind::state;

  explicit entity_harness(state begin = {}, timestamp now = *parse_rfc3339("2026-01-27T12:00:00Z"))
      : now_(now), state_(std::move(begin)) {}

  /// Lets the kind decide. A change becomes the state; events and alarm are those it leads to.
  template <entity_command Command>
  told_outcome<Kind, Command> tell(const Command& command) {
    const moment m{now_, uuid::make_v7()};
    told_outcome<Kind, Command> out;
    out.after = state_;
    auto decided = decide(std::as_const(state_), command, m);
    if (!decided) {
      out.refusal = std::move(decided).refusal();
      return out;
    }
    out.reply = std::move(decided->reply);
    out.effect = decided->effect;
    if (decided->next) {
      if constexpr (requires(const state& s) { save(s, s, command, m); })
        if (out.effect == effect::save)
          out.events = harness::events_among(save(state_, *decided->next, command, m).bound);
      out.changed = true;
      const auto version = state_.version;
      state_ = std::move(*decided->next);
      if (out.effect == effect::save) state_.version = version + 1;
      out.after = state_;
    }
    out.rings = rings();
    return out;
  }

  /// When the alarm of the state rings; none where it has none.
  std::optional<timestamp> rings() const {
    if constexpr (requires(const state& s) { alarm_of(Kind{}, s); }) {
      if (auto next = alarm_of(Kind{}, state_)) return next->at;
    }
    return std::nullopt;
  }
  /// Moves the time to the alarm and tells the entity its command; nothing where it has none.
  auto ring() requires requires(const state& s) { alarm_of(Kind{}, s)->command; }
  {
    using command = std::remove_cvref_t<decltype(alarm_of(Kind{}, state_)->command)>;
    std::optional<told_outcome<Kind, command>> out;
    if (auto next = alarm_of(Kind{}, state_)) {
      now_ = std::max(now_, next->at);
      out = tell(next->command);
    }
    return out;
  }

  void advance(microseconds d) { now_ += d; }
  timestamp now() const noexcept { return now_; }
  /// The state as it is.
  const state& current() const noexcept { return state_; }

 private:
  timestamp now_;
  state state_;
};

}  // namespace stoa::testing

// Which kinds have alarms, and the one alarm that each identity has.
#pragma once

#include <functional>
#include <mutex>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "runtime/entity/alarms.hpp"
#include "stoa/entities.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

template <class Kind>
concept has_alarm = requires(const Kind& kind, const typename Kind::state& now) {
  alarm_of(kind, now);
};

namespace detail {

template <class Kind>
struct alarm_of_kind {
  struct command {};
};
template <has_alarm Kind>
struct alarm_of_kind<Kind> {
  using command = std::remove_cvref_t<
      decltype(alarm_of(std::declval<const Kind&>(), std::declval<const typename Kind::state&>())->command)>;
};

}  // namespace detail

/// The one alarm of each identity of a kind, whether its entity lives or not. Thread-safe.
template <class Key>
class alarm_book {
 public:
  void arm(alarms& clockwork, const Key& key, timestamp at, std::function<void()> ring) {
    const std::lock_guard lock{guard_};
    auto& mine = set_[key];
    clockwork.clear(std::exchange(mine, clockwork.set(at, std::move(ring))));
  }
  void disarm(alarms& clockwork, const Key& key) {
    const std::lock_guard lock{guard_};
    const auto known = set_.find(key);
    if (known == set_.end()) return;
    clockwork.clear(known->second);
    set_.erase(known);
  }
  void disarm_all(alarms& clockwork) {
    const std::lock_guard lock{guard_};
    for (const auto& [key, set] : set_) clockwork.clear(set);
    set_.clear();
  }

 private:
  std::mutex guard_;
  std::unordered_map<Key, alarms::id> set_;
};

}  // namespace stoa::runtime

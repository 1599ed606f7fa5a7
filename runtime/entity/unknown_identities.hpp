// Identities that nobody had a moment ago, so that asking for them again and again costs nothing. Node view.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "stoa/fault.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// Thread-safe and bounded: a full table is emptied.
template <class Key>
class unknown_identities {
 public:
  explicit unknown_identities(const clock& time) : time_(time) {}

  /// The refusal that was given for that key, while it is remembered.
  std::optional<fault> find(const Key& key) const {
    std::lock_guard lock(guard_);
    auto it = refused_.find(key);
    if (it == refused_.end() || time_.now() >= it->second.second) return std::nullopt;
    return it->second.first;
  }
  bool contains(const Key& key) const { return find(key).has_value(); }

  void add(const Key& key, fault why = {}) {
    std::lock_guard lock(guard_);
    if (refused_.size() >= most) refused_.clear();
    refused_.insert_or_assign(key, std::pair{std::move(why), time_.now() + lifetime});
  }

  void remove(const Key& key) {
    std::lock_guard lock(guard_);
    refused_.erase(key);
  }

 private:
  static constexpr std::size_t most = 4096;
  static constexpr seconds lifetime{5};
  const clock& time_;
  mutable std::mutex guard_;
  std::unordered_map<Key, std::pair<fault, timestamp>> refused_;
};

}  // namespace stoa::runtime

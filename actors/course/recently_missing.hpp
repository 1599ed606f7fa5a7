// Keys that the database did not have a moment ago, so that asking for them again and again costs nothing.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "stoa/time.hpp"

namespace stoa::actors {

/// Thread-safe and bounded: a full table is emptied.
class recently_missing {
 public:
  explicit recently_missing(const clock& time) : time_(time) {}

  bool contains(const std::string& key) const {
    std::lock_guard lock(guard_);
    auto it = until_.find(key);
    return it != until_.end() && time_.now() < it->second;
  }

  void add(const std::string& key) {
    std::lock_guard lock(guard_);
    if (until_.size() >= most) until_.clear();
    until_.insert_or_assign(key, time_.now() + lifetime);
  }

  void remove(const std::string& key) {
    std::lock_guard lock(guard_);
    until_.erase(key);
  }

 private:
  static constexpr std::size_t most = 4096;
  static constexpr seconds lifetime{5};
  const clock& time_;
  mutable std::mutex guard_;
  std::unordered_map<std::string, timestamp> until_;
};

}  // namespace stoa::actors

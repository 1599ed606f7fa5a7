// Pages of the catalogue kept for one version each. Bounded: the page that was read longest ago goes first.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "stoa/areas/courses.hpp"

namespace stoa::actors {

/// Thread-safe. `Value` is cheap to copy (a pointer, a number).
template <class Value>
class versioned_cache {
 public:
  explicit versioned_cache(std::size_t most) : most_(most) {}

  /// What is kept under the key if it is of that version.
  std::optional<Value> find(const std::string& key, std::int64_t version) {
    std::lock_guard lock(guard_);
    auto it = entries_.find(key);
    if (it == entries_.end() || it->second.version != version) return std::nullopt;
    order_.splice(order_.begin(), order_, it->second.place);
    return it->second.value;
  }

  void put(const std::string& key, std::int64_t version, Value value) {
    std::lock_guard lock(guard_);
    auto it = entries_.find(key);
    if (it == entries_.end()) {
      if (entries_.size() >= most_) {
        entries_.erase(*order_.back());
        order_.pop_back();
      }
      it = entries_.emplace(key, entry{}).first;
      order_.push_front(&it->first);
      it->second.place = order_.begin();
    } else {
      order_.splice(order_.begin(), order_, it->second.place);
    }
    it->second.version = version;
    it->second.value = std::move(value);
  }

  std::size_t size() const {
    std::lock_guard lock(guard_);
    return entries_.size();
  }

 private:
  struct entry {
    std::int64_t version = 0;
    Value value{};
    std::list<const std::string*>::iterator place;
  };
  std::size_t most_;
  mutable std::mutex guard_;
  std::unordered_map<std::string, entry> entries_;
  std::list<const std::string*> order_;  ///< most recently read first
};

}  // namespace stoa::actors

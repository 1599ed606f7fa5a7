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
template <class Value, class Key = std::string>
class versioned_cache {
 public:
  /// At most so many, and of so much weight altogether. Of none, or of what is too heavy, nothing is kept.
  explicit versioned_cache(std::size_t most, std::size_t most_weight = ~std::size_t{0})
      : most_(most), most_weight_(most_weight) {}

  /// What is kept under the key if it is of that version.
  std::optional<Value> find(const Key& key, std::int64_t version) {
    std::lock_guard lock(guard_);
    auto it = entries_.find(key);
    if (it == entries_.end() || it->second.version != version) return std::nullopt;
    order_.splice(order_.begin(), order_, it->second.place);
    return it->second.value;
  }

  void put(const Key& key, std::int64_t version, Value value, std::size_t weight = 1) {
    std::lock_guard lock(guard_);
    if (auto it = entries_.find(key); it != entries_.end()) drop(it);
    if (most_ == 0 || weight > most_weight_) return;
    while (!order_.empty() && (entries_.size() >= most_ || weight_ + weight > most_weight_))
      drop(entries_.find(*order_.back()));
    const auto it = entries_.emplace(key, entry{version, std::move(value), weight, {}}).first;
    order_.push_front(&it->first);
    it->second.place = order_.begin();
    weight_ += weight;
  }

  std::size_t size() const {
    std::lock_guard lock(guard_);
    return entries_.size();
  }
  std::size_t weight() const {
    std::lock_guard lock(guard_);
    return weight_;
  }

 private:
  struct entry {
    std::int64_t version = 0;
    Value value{};
    std::size_t weight = 0;
    std::list<const Key*>::iterator place;
  };

  void drop(typename std::unordered_map<Key, entry>::iterator it) {
    weight_ -= it->second.weight;
    order_.erase(it->second.place);
    entries_.erase(it);
  }

  const std::size_t most_, most_weight_;
  std::size_t weight_ = 0;
  mutable std::mutex guard_;
  std::unordered_map<Key, entry> entries_;
  std::list<const Key*> order_;  ///< most recently read first
};

}  // namespace stoa::actors

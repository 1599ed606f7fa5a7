// Snapshots: what an entity last published of itself, for readers that take no hop. Node-local view.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stoa::runtime {

/// A concurrent map of immutable values. Readers take a shared lock of one of 64 shards for the time of a pointer copy.
/// Values may have a weight; `take_coldest` makes room for others.
template <class Key, class T>
class snapshots {
 public:
  using pointer = std::shared_ptr<const T>;

  pointer find(const Key& key) const {
    const auto& s = shard_of(key);
    std::shared_lock lock(s.guard);
    auto it = s.values.find(key);
    if (it == s.values.end()) return nullptr;
    // Written once between two rounds of the hand: hot values keep their cache line.
    if (!it->second.touched.load(std::memory_order_relaxed)) it->second.touched.store(true, std::memory_order_relaxed);
    return it->second.value;
  }

  void publish(const Key& key, pointer value, std::size_t weight = 0) {
    auto& s = shard_of(key);
    std::unique_lock lock(s.guard);
    auto& mine = s.values[key];
    weight_.fetch_add(weight - mine.weight, std::memory_order_relaxed);
    mine.value = std::move(value);
    mine.weight = weight;
  }

  /// Takes a snapshot away unless a newer one has replaced it: an old incarnation must not remove its successor's.
  void withdraw(const Key& key, const pointer& mine) {
    auto& s = shard_of(key);
    std::unique_lock lock(s.guard);
    auto it = s.values.find(key);
    if (it == s.values.end() || it->second.value != mine) return;
    weight_.fetch_sub(it->second.weight, std::memory_order_relaxed);
    s.values.erase(it);
  }

  /// What all values weigh together.
  std::size_t weight() const noexcept { return weight_.load(std::memory_order_relaxed); }

  /// Takes values out until no more than `target` is left, those first that nobody has found since the hand last came
  /// by (the second chance of page replacement), and says whose. One caller at a time works, others get nothing.
  std::vector<Key> take_coldest(std::size_t target) {
    std::unique_lock mine(hand_guard_, std::try_to_lock);
    std::vector<Key> out;
    if (!mine) return out;
    for (std::size_t visited = 0; weight() > target && visited < 2 * shards_.size(); ++visited) {
      auto& s = shards_[hand_++ % shards_.size()];
      std::unique_lock lock(s.guard);
      for (auto it = s.values.begin(); it != s.values.end() && weight() > target;) {
        if (it->second.touched.exchange(false, std::memory_order_relaxed)) {
          ++it;
          continue;
        }
        weight_.fetch_sub(it->second.weight, std::memory_order_relaxed);
        out.push_back(it->first);
        it = s.values.erase(it);
      }
    }
    return out;
  }

  void clear() {
    for (auto& s : shards_) {
      std::unique_lock lock(s.guard);
      for (const auto& [key, e] : s.values) weight_.fetch_sub(e.weight, std::memory_order_relaxed);
      s.values.clear();
    }
  }

  std::size_t size() const {
    std::size_t n = 0;
    for (const auto& s : shards_) {
      std::shared_lock lock(s.guard);
      n += s.values.size();
    }
    return n;
  }

 private:
  struct entry {
    pointer value;
    std::size_t weight = 0;
    mutable std::atomic<bool> touched{false};  ///< found since the hand last came by: who merely passes through is not
  };
  struct shard {
    mutable std::shared_mutex guard;
    std::unordered_map<Key, entry> values;
  };
  shard& shard_of(const Key& key) { return shards_[(std::hash<Key>{}(key) >> 7) % shards_.size()]; }
  const shard& shard_of(const Key& key) const { return shards_[(std::hash<Key>{}(key) >> 7) % shards_.size()]; }

  std::array<shard, 64> shards_;
  std::atomic<std::size_t> weight_{0};
  std::mutex hand_guard_;
  std::size_t hand_ = 0;
};

}  // namespace stoa::runtime

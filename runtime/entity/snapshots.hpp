// Snapshots: what an entity last published of itself, for readers that take no hop. Node-local view.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace stoa::runtime {

/// A concurrent map of immutable values. Readers take a shared lock of one of 64 shards for the time of a pointer copy.
template <class Key, class T>
class snapshots {
 public:
  using pointer = std::shared_ptr<const T>;

  pointer find(const Key& key) const {
    const auto& s = shard_of(key);
    std::shared_lock lock(s.guard);
    auto it = s.values.find(key);
    return it == s.values.end() ? nullptr : it->second;
  }

  void publish(const Key& key, pointer value) {
    auto& s = shard_of(key);
    std::unique_lock lock(s.guard);
    s.values.insert_or_assign(key, std::move(value));
  }

  /// Takes a snapshot away unless a newer one has replaced it: an old incarnation must not remove its successor's.
  void withdraw(const Key& key, const pointer& mine) {
    auto& s = shard_of(key);
    std::unique_lock lock(s.guard);
    auto it = s.values.find(key);
    if (it != s.values.end() && it->second == mine) s.values.erase(it);
  }

  void clear() {
    for (auto& s : shards_) {
      std::unique_lock lock(s.guard);
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
  struct shard {
    mutable std::shared_mutex guard;
    std::unordered_map<Key, pointer> values;
  };
  shard& shard_of(const Key& key) { return shards_[(std::hash<Key>{}(key) >> 7) % shards_.size()]; }
  const shard& shard_of(const Key& key) const { return shards_[(std::hash<Key>{}(key) >> 7) % shards_.size()]; }

  std::array<shard, 64> shards_;
};

}  // namespace stoa::runtime

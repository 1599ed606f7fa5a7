// Counting requests: fixed windows in memory, a bounded number of them.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "api/http/dialect_policy.hpp"
#include "stoa/ids.hpp"
#include "stoa/time.hpp"

namespace stoa::http {

/// How a counted request stands to its limit.
struct rate_state {
  bool allowed = true;
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  timestamp reset;         ///< when the window ends
  seconds reset_after{0};  ///< whole seconds until then, at least 1
};

/// Counts per rule and subject. A window begins with the first request of it. Thread-safe.
class rate_limiter {
 public:
  /// At most `max_keys` subjects are remembered; beyond that the ones whose window ends first go.
  explicit rate_limiter(std::size_t max_keys = 200'000);

  /// Counts one request of `who` under `rule` and says whether it may pass. A rule that is not shared is
  /// known by its own address, so it must stay where it is.
  rate_state count(const rate_rule& rule, std::string_view who, timestamp now);
  std::size_t size() const;

 private:
  struct key {
    std::uintptr_t bucket;
    std::uint64_t a, b;
    bool operator==(const key&) const = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept { return k.a ^ k.bucket; }
  };
  struct window {
    std::int64_t used = 0;
    timestamp ends;
  };
  struct shard {
    mutable std::mutex lock;
    std::unordered_map<key, window, key_hash> windows;
  };

  key key_of(const rate_rule& rule, std::string_view who) const;
  static void make_room(shard& s, timestamp now);

  std::size_t per_shard_;
  std::uint64_t seed_[2];
  std::array<shard, 16> shards_;
};

}  // namespace stoa::http

// What enrolling must know of courses that are not loaded: read together for all who wait, and kept for a while.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "actors/course/course_store.hpp"
#include "runtime/entity/gathered_reads.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/time.hpp"

namespace stoa::actors {

/// Thread-safe. As true as a loaded course: whatever changes one calls `forget`, what SQL changes shows when it is old.
class kept_offers {
 public:
  using reads = runtime::gathered_reads<course_id>;

  /// `reader` answers `course_store::offers`.
  kept_offers(const clock& time, reads::reader reader) : time_(time), reads_(std::move(reader)) {}

  /// Refuses courses that do not exist.
  task<course_offer> get(course_id id) {
    const auto now = time_.now();
    std::uint64_t change = 0;
    {
      const std::lock_guard lock(guard_);
      change = changes_;
      const auto at = kept_.find(id);
      if (at != kept_.end() && at->second.read_at <= now && now - at->second.read_at < oldest)
        co_return at->second.offer;
    }
    const auto found = co_await reads_.get(id);
    if (found.empty()) co_return not_found(course_id{});
    auto offer = course_store::read_offer(found.front());
    const std::lock_guard lock(guard_);
    // What has changed meanwhile may have been read as it was.
    if (change == changes_) {
      if (kept_.size() >= most) kept_.clear();
      kept_.insert_or_assign(id, kept{offer, now});
    }
    co_return offer;
  }

  void forget(course_id id) {
    const std::lock_guard lock(guard_);
    ++changes_;
    kept_.erase(id);
  }

 private:
  static constexpr seconds oldest{30};
  static constexpr std::size_t most = 4096;

  struct kept {
    course_offer offer;
    timestamp read_at;
  };

  const clock& time_;
  reads reads_;
  std::mutex guard_;
  std::unordered_map<course_id, kept> kept_;
  std::uint64_t changes_ = 0;
};

}  // namespace stoa::actors

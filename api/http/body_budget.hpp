// What the bodies of all requests may take in memory together: RESTinio reads each whole before its handler runs.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace stoa::http {

class body_share;

/// Counts the bytes that are there, and those that are to come of bodies that have begun: of many large ones that begin
/// at once those that fit come to their end, and the others are told before they are sent. Otherwise all of them would
/// be refused halfway. What is to come counts only while it comes. Thread-safe.
class body_budget {
 public:
  using steady = std::chrono::steady_clock;

  void set_most(std::uint64_t bytes) noexcept { most_ = bytes; }
  /// A body of which nothing came for so long has no room kept for its rest.
  void set_patience(steady::duration d) noexcept { patience_ = d; }
  bool fits(std::uint64_t bytes) const noexcept { return used() + kept() + bytes <= most_; }
  std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  std::uint64_t kept() const noexcept { return kept_.load(std::memory_order_relaxed); }
  void add(std::uint64_t bytes) noexcept { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void give_back(std::uint64_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  friend class body_share;
  inline bool keep(body_share& to, std::uint64_t bytes);
  inline void forget(body_share& share);

  std::uint64_t most_ = ~std::uint64_t{0};               // set before the first connection
  steady::duration patience_ = std::chrono::seconds{5};  // likewise
  std::atomic<std::uint64_t> used_{0}, kept_{0};
  std::mutex mutex_;                    // guards the list, and that two do not take the same room
  std::vector<body_share*> expecting_;  // those that have had room kept
};

/// The part of a budget that one body takes, given back with it. Must not outlive the budget. Of one thread at a time.
class body_share {
 public:
  body_share() = default;
  body_share(body_budget& of, std::uint64_t bytes) : of_(&of) { grow(bytes); }
  body_share(const body_share&) = delete;
  body_share& operator=(const body_share&) = delete;
  ~body_share() { end(); }

  void take_from(body_budget& of) noexcept { of_ = &of; }
  /// Has room kept for what is to come; false where there is none.
  bool expect(std::uint64_t bytes) { return !of_ || of_->keep(*this, bytes); }
  /// Whether there is room for so many that have come.
  bool has_room(std::uint64_t bytes) const noexcept {
    return !of_ || expected_.load(std::memory_order_relaxed) >= bytes || of_->fits(bytes);
  }
  void grow(std::uint64_t bytes) noexcept {
    if (!of_) return;
    drop(bytes);
    moved_.store(body_budget::steady::now().time_since_epoch().count(), std::memory_order_relaxed);
    of_->add(bytes);
    bytes_ += bytes;
  }
  void end() noexcept {
    if (!of_) return;
    of_->give_back(std::exchange(bytes_, 0));
    if (listed_) of_->forget(*this);
  }

 private:
  friend class body_budget;
  /// Up to so many of those that room is kept for need none any more.
  void drop(std::uint64_t bytes) noexcept {
    auto now = expected_.load(std::memory_order_relaxed);
    while (now > 0 && !expected_.compare_exchange_weak(now, now - std::min(now, bytes), std::memory_order_relaxed)) {
    }
    of_->kept_.fetch_sub(std::min(now, bytes), std::memory_order_relaxed);
  }

  body_budget* of_ = nullptr;
  std::uint64_t bytes_ = 0;
  bool listed_ = false;
  // Others look at these, and take the room away when nothing comes.
  std::atomic<std::uint64_t> expected_{0};
  std::atomic<body_budget::steady::rep> moved_{0};
};

inline bool body_budget::keep(body_share& to, std::uint64_t bytes) {
  const std::lock_guard hold(mutex_);
  const auto now = steady::now().time_since_epoch().count();
  if (!fits(bytes))
    for (auto* s : expecting_)
      if (now - s->moved_.load(std::memory_order_relaxed) > patience_.count()) s->drop(~std::uint64_t{0});
  if (!fits(bytes)) return false;
  kept_.fetch_add(bytes, std::memory_order_relaxed);
  to.moved_.store(now, std::memory_order_relaxed);
  to.expected_.store(bytes, std::memory_order_relaxed);
  if (!std::exchange(to.listed_, true)) expecting_.push_back(&to);
  return true;
}

inline void body_budget::forget(body_share& share) {
  const std::lock_guard hold(mutex_);
  share.listed_ = false;
  share.drop(~std::uint64_t{0});
  expecting_.erase(std::remove(expecting_.begin(), expecting_.end(), &share), expecting_.end());
}

}  // namespace stoa::http

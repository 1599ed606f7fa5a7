// What the bodies of all requests may take in memory together: RESTinio reads each whole before its handler runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace stoa::http {

/// Counts bytes. Thread-safe.
class body_budget {
 public:
  void set_most(std::uint64_t bytes) noexcept { most_ = bytes; }
  bool fits(std::uint64_t bytes) const noexcept { return used() + bytes <= most_; }
  std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  void add(std::uint64_t bytes) noexcept { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void give_back(std::uint64_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  std::uint64_t most_ = ~std::uint64_t{0};  // set before the first connection
  std::atomic<std::uint64_t> used_{0};
};

/// The part of a budget that one body takes, given back with it. Must not outlive the budget.
class body_share {
 public:
  body_share() = default;
  body_share(body_budget& of, std::uint64_t bytes) : of_(&of) { grow(bytes); }
  body_share(const body_share&) = delete;
  body_share& operator=(const body_share&) = delete;
  ~body_share() { end(); }

  void take_from(body_budget& of) noexcept { of_ = &of; }
  void grow(std::uint64_t bytes) noexcept {
    if (!of_) return;
    of_->add(bytes);
    bytes_ += bytes;
  }
  void end() noexcept {
    if (of_) of_->give_back(std::exchange(bytes_, 0));
  }

 private:
  body_budget* of_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace stoa::http

#include "runtime/executor/breaker.hpp"

#include <algorithm>

namespace stoa::runtime {

std::string_view name_of(breaker::state s) noexcept {
  return s == breaker::state::closed ? "closed" : s == breaker::state::half_open ? "half open" : "open";
}

breaker::breaker(breaker_options o, gauge* level) : options_(o), level_(level) {
  if (level_) level_->set(0);
}

std::optional<milliseconds> breaker::wait(timestamp now) const {
  if (state_ == state::closed) return std::nullopt;
  if (now < until_) return std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(until_ - now));
  // The try that is under way decides; it does so soon.
  if (trying_) return milliseconds{1000};
  return std::nullopt;
}

std::optional<milliseconds> breaker::refuses(timestamp now) const {
  const std::lock_guard lock{mutex_};
  return wait(now);
}

std::optional<milliseconds> breaker::admit(timestamp now) {
  if (state_ == state::closed) return std::nullopt;
  const std::lock_guard lock{mutex_};
  if (const auto later = wait(now)) return later;
  if (state_ != state::closed) {
    trying_ = true;
    turn(state::half_open);
  }
  return std::nullopt;
}

void breaker::succeeded() {
  if (state_ == state::closed) return;
  const std::lock_guard lock{mutex_};
  // One that began before it opened says nothing of now.
  if (state_ == state::open) return;
  if (state_ == state::closed) return;
  trying_ = false;
  failures_.clear();
  turn(state::closed);
}

bool breaker::failed(timestamp now) {
  const std::lock_guard lock{mutex_};
  if (state_ == state::open) return false;
  if (state_ == state::closed) {
    failures_.push_back(now);
    while (failures_.front() + options_.window < now) failures_.pop_front();
    if (failures_.size() < options_.failures) return false;
  }
  failures_.clear();
  trying_ = false;
  until_ = now + options_.pause;
  turn(state::open);
  return true;
}

void breaker::neither() {
  if (state_ == state::closed) return;
  const std::lock_guard lock{mutex_};
  trying_ = false;
}

breaker::state breaker::now() const { return state_; }

void breaker::reset() {
  const std::lock_guard lock{mutex_};
  failures_.clear();
  trying_ = false;
  turn(state::closed);
}

void breaker::turn(state to) {
  state_ = to;
  if (level_) level_->set(to == state::closed ? 0 : to == state::half_open ? 1 : 2);
}

}  // namespace stoa::runtime

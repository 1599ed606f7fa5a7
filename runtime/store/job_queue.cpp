#include "runtime/store/job_queue.hpp"

#include <algorithm>
#include <utility>

namespace stoa::runtime {

void job::finish(fault f) {
  if (on_rows)
    on_rows(std::move(f));
  else
    on_done(std::move(f));
}

job_queue::steady::time_point job_queue::quick_until() const {
  return at_work_.empty() ? steady::time_point::min() : *std::max_element(at_work_.begin(), at_work_.end()) + quick_;
}

bool job_queue::may_take(steady::time_point now) const {
  return most_ == 1 || closed_ || jobs_.size() >= most_ || jobs_.front().work || quick_until() <= now;
}

bool job_queue::push(job& j) {
  {
    const std::lock_guard lock{mutex_};
    if (closed_ || jobs_.size() >= bound_) return false;
    jobs_.push_back(std::move(j));
    if (!waiting_ || (guarded_ && !may_take(steady::now()))) return true;
  }
  ready_.notify_one();
  return true;
}

job_queue::outcome job_queue::pop(std::vector<job>& into, milliseconds patience, steady::time_point& taken) {
  std::unique_lock lock{mutex_};
  taken = steady::now();
  const auto until = taken + patience;
  while (jobs_.empty() || !may_take(taken)) {
    if (jobs_.empty() && closed_) return outcome::closed;
    if (taken >= until) return outcome::idle;
    const bool guard = !guarded_ && quick_until() > taken;
    ++waiting_;
    if (guard) guarded_ = true;
    ready_.wait_until(lock, guard ? std::min(until, quick_until()) : until);
    if (guard) guarded_ = false;
    --waiting_;
    taken = steady::now();
  }
  do {
    into.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
  } while (into.back().on_rows && into.size() < most_ && !jobs_.empty() && jobs_.front().on_rows);
  if (into.back().on_rows) at_work_.push_back(taken);
  return outcome::got;
}

void job_queue::ended(steady::time_point taken) {
  const std::lock_guard lock{mutex_};
  const auto mine = std::find(at_work_.begin(), at_work_.end(), taken);
  if (mine != at_work_.end()) at_work_.erase(mine);
}

void job_queue::take_overdue(std::chrono::steady_clock::time_point now, std::vector<job>& into) {
  const std::lock_guard lock{mutex_};
  while (!jobs_.empty() && jobs_.front().deadline <= now) {
    into.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
  }
}

void job_queue::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  ready_.notify_all();
}

std::size_t job_queue::size() const {
  const std::lock_guard lock{mutex_};
  return jobs_.size();
}

}  // namespace stoa::runtime

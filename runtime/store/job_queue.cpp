#include "runtime/store/job_queue.hpp"

#include <utility>

namespace stoa::runtime {

void job::finish(fault f) {
  if (on_rows)
    on_rows(std::move(f));
  else
    on_done(std::move(f));
}

bool job_queue::push(job& j) {
  {
    const std::lock_guard lock{mutex_};
    if (closed_ || jobs_.size() >= bound_) return false;
    jobs_.push_back(std::move(j));
    if (!waiting_) return true;
  }
  ready_.notify_one();
  return true;
}

job_queue::outcome job_queue::pop(std::vector<job>& into, std::size_t most, milliseconds patience) {
  std::unique_lock lock{mutex_};
  if (jobs_.empty() && !closed_) {
    ++waiting_;
    ready_.wait_for(lock, patience, [&] { return !jobs_.empty() || closed_; });
    --waiting_;
  }
  if (jobs_.empty()) return closed_ ? outcome::closed : outcome::idle;
  do {
    into.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
  } while (into.back().on_rows && into.size() < most && !jobs_.empty() && jobs_.front().on_rows);
  return outcome::got;
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

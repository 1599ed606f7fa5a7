#include "runtime/offload/offload_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace stoa::runtime {
namespace {

using steady = std::chrono::steady_clock;

struct job {
  steady::time_point until;
  std::function<void()> work;
  std::function<void(result<done>)> told;
};

}  // namespace

struct offload_pool::state {
  state(offload_settings s, post_function p, stoa::metrics& meters)
      : settings(s),
        post(std::move(p)),
        refused(meters.count("stoa_offload_refused_total", "Work for the processor that was refused")),
        took(meters.distribution("stoa_offload_seconds", "Time that work for the processor took")) {}

  const offload_settings settings;
  const post_function post;
  counter& refused;
  histogram& took;

  mutable std::mutex mutex;  // guards all below but the threads, which `stop` alone touches
  std::condition_variable work;
  std::deque<job> queue;
  bool stopping = false;
  std::vector<std::thread> threads;
  std::mutex join_mutex;

  /// What throws in here is `post` of an executor that is shutting down: its coroutines are being abandoned.
  void tell(job& j, result<done> outcome) noexcept {
    try {
      j.told(std::move(outcome));
    } catch (...) {
    }
  }

  void refuse(job& j) noexcept {
    refused.add();
    tell(j, fault::unavailable("The service is busy. Please try again in a moment.", settings.retry_after));
  }

  void run(job& j) noexcept {
    const auto begun = steady::now();
    if (begun > j.until) return refuse(j);
    result<done> outcome = done{};
    try {
      j.work();
    } catch (const fault_error& e) {
      outcome = e.what_fault();
    } catch (...) {
      outcome = stoa::detail::unexpected(std::current_exception());
    }
    took.observe(std::chrono::duration<double>(steady::now() - begun).count());
    tell(j, std::move(outcome));
  }

  void serve() {
    std::unique_lock lock{mutex};
    for (;;) {
      work.wait(lock, [this] { return stopping || !queue.empty(); });
      if (stopping) return;
      auto next = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      run(next);
      next = {};  // what the work holds is gone before this thread sleeps
      lock.lock();
    }
  }
};

offload_pool::offload_pool(offload_settings settings, post_function post, stoa::metrics& meters)
    : state_(std::make_unique<state>(settings, std::move(post), meters)) {
  for (std::size_t i = 0; i < std::max<std::size_t>(settings.threads, 1); ++i)
    state_->threads.emplace_back([s = state_.get()] { s->serve(); });
}

offload_pool::~offload_pool() { stop(); }

void offload_pool::submit(std::function<void()> work, deadline until, std::function<void(result<done>)> told) {
  auto& s = *state_;
  job j;
  j.until = std::min(until, steady::now() + s.settings.patience);
  j.work = std::move(work);
  j.told = at_home<done>(s.post, std::move(told));
  {
    const std::lock_guard lock{s.mutex};
    if (!s.stopping && s.queue.size() < s.settings.queue) {
      s.queue.push_back(std::move(j));
      s.work.notify_one();
      return;
    }
  }
  s.refuse(j);
}

std::size_t offload_pool::waiting() const {
  const std::lock_guard lock{state_->mutex};
  return state_->queue.size();
}

void offload_pool::stop() {
  std::deque<job> left;
  {
    const std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    left.swap(state_->queue);
  }
  state_->work.notify_all();
  for (auto& j : left) state_->refuse(j);
  const std::lock_guard lock{state_->join_mutex};
  for (auto& t : state_->threads)
    if (t.joinable()) t.join();
}

}  // namespace stoa::runtime

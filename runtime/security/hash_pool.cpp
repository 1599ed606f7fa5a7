#include "runtime/security/hash_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace stoa::runtime {
namespace {

using steady = std::chrono::steady_clock;

struct job {
  steady::time_point until;
  /// Hashes, then hands the outcome over.
  std::function<void()> run;
  /// Hands a refusal over instead.
  std::function<void(fault)> refuse;
};

}  // namespace

struct hash_pool::state {
  state(password_hasher h, hash_pool_settings s, post_function p)
      : hasher(std::move(h)), settings(s), post(std::move(p)) {}

  const password_hasher hasher;
  const hash_pool_settings settings;
  const post_function post;

  mutable std::mutex mutex;  // guards all below but the threads, which `stop` alone touches
  std::condition_variable work;
  std::deque<job> sign_ins, others;
  std::size_t others_running = 0;
  bool others_turn = false;
  bool stopping = false;
  std::vector<std::thread> threads;
  std::mutex join_mutex;

  fault busy() const {
    return fault::unavailable("The service is busy. Please try again in a moment.", settings.retry_after);
  }

  bool others_may() const { return !others.empty() && others_running < std::max<std::size_t>(settings.threads, 2) - 1; }

  void serve() {
    std::unique_lock lock{mutex};
    for (;;) {
      work.wait(lock, [this] { return stopping || !sign_ins.empty() || others_may(); });
      if (stopping) return;
      const bool other = others_may() && (sign_ins.empty() || others_turn);
      others_turn = !other;
      auto& queue = other ? others : sign_ins;
      auto next = std::move(queue.front());
      queue.pop_front();
      others_running += other;
      lock.unlock();
      run(next);
      // The closures hold a password and a coroutine's handle: gone before this thread sleeps.
      next = {};
      lock.lock();
      others_running -= other;
      if (other) work.notify_one();
    }
  }

  void run(job& j) noexcept {
    // What throws here is `post` of an executor that is shutting down: its coroutines are being abandoned.
    try {
      if (steady::now() > j.until)
        j.refuse(busy());
      else
        j.run();
    } catch (...) {
    }
  }

  /// Queues `compute`; its outcome, or a refusal, reaches `done` through `post`.
  template <class T>
  void submit(hash_share share, std::function<T()> compute, typename callback_awaiter<T>::completion done) {
    auto deliver = [this, done = std::move(done)](result<T> r) {
      post([done, r = std::move(r)]() mutable { done(std::move(r)); });
    };
    job j;
    j.until = steady::now() + settings.deadline;
    j.refuse = [deliver](fault f) { deliver(std::move(f)); };
    j.run = [compute = std::move(compute), deliver] {
      std::optional<result<T>> outcome;
      try {
        outcome.emplace(compute());
      } catch (...) {
        outcome.emplace(stoa::detail::unexpected(std::current_exception()));
      }
      deliver(std::move(*outcome));
    };
    {
      std::lock_guard lock{mutex};
      const bool other = share == hash_share::other;
      const bool room = sign_ins.size() + others.size() < settings.queue &&
                        (!other || others.size() < std::max<std::size_t>(settings.queue / 2, 1));
      if (!stopping && room) {
        (other ? others : sign_ins).push_back(std::move(j));
        work.notify_one();
        return;
      }
    }
    j.refuse(busy());
  }
};

hash_pool::hash_pool(password_hasher hasher, hash_pool_settings settings, post_function post)
    : state_(std::make_unique<state>(std::move(hasher), settings, std::move(post))) {
  for (std::size_t i = 0; i < std::max<std::size_t>(settings.threads, 1); ++i)
    state_->threads.emplace_back([s = state_.get()] { s->serve(); });
}

hash_pool::~hash_pool() { stop(); }

task<bool> hash_pool::verify(std::string password, std::string phc, hash_share share) {
  auto* s = state_.get();
  std::function<void(callback_awaiter<bool>::completion)> start = [&](callback_awaiter<bool>::completion done) {
    std::function<bool()> compute = [s, password = std::move(password), phc = std::move(phc)] {
      return phc.empty() ? s->hasher.verify_dummy(password) : s->hasher.verify(password, phc);
    };
    s->submit<bool>(share, std::move(compute), std::move(done));
  };
  callback_awaiter<bool> outcome{std::move(start)};
  co_return co_await outcome;
}

task<std::string> hash_pool::hash(std::string password, hash_share share) {
  auto* s = state_.get();
  using completion = callback_awaiter<std::string>::completion;
  std::function<void(completion)> start = [&](completion done) {
    std::function<std::string()> compute = [s, password = std::move(password)] { return s->hasher.hash(password); };
    s->submit<std::string>(share, std::move(compute), std::move(done));
  };
  callback_awaiter<std::string> outcome{std::move(start)};
  co_return co_await outcome;
}

const password_hasher& hash_pool::hasher() const noexcept { return state_->hasher; }

std::size_t hash_pool::waiting() const {
  std::lock_guard lock{state_->mutex};
  return state_->sign_ins.size() + state_->others.size();
}

void hash_pool::stop() {
  std::deque<job> left;
  {
    std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    left.swap(state_->sign_ins);
    for (auto& j : state_->others) left.push_back(std::move(j));
    state_->others.clear();
  }
  state_->work.notify_all();
  for (auto& j : left) {
    try {
      j.refuse(state_->busy());
    } catch (...) {
    }
  }
  std::lock_guard lock{state_->join_mutex};
  for (auto& t : state_->threads)
    if (t.joinable()) t.join();
}

}  // namespace stoa::runtime

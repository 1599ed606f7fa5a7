#include "runtime/executor/executor.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace stoa::runtime {

struct executor::state : std::enable_shared_from_this<executor::state> {
  explicit state(executor_options o) : options(std::move(o)) {}

  struct task {
    work_ptr what;
    std::function<void()> run;
  };

  /// Which one the thread belongs to, and in whose name it works just now.
  static thread_local state* own;
  static thread_local work_ptr name;

  /// Under the lock.
  std::thread add_thread() {
    ++living;
    return std::thread([self = shared_from_this()] { self->loop(); });
  }

  void post(work_ptr what, std::function<void()> f) {
    std::unique_lock lock{mutex};
    if (stopping) return;
    tasks.push_back({std::move(what), std::move(f)});
    const bool sleeps = idle > 0;
    lock.unlock();
    if (sleeps) ready.notify_one();
  }

  bool post_quietly(work_ptr what, std::function<void()> f) {
    const std::lock_guard lock{mutex};
    if (stopping) return false;
    tasks.push_back({std::move(what), std::move(f)});
    return idle > 0 && !std::exchange(wake_is_due, true);
  }

  void wake() {
    std::unique_lock lock{mutex};
    wake_is_due = false;
    auto sleepers = std::min(idle, tasks.size());
    lock.unlock();
    for (; sleepers > 0; --sleepers) ready.notify_one();
  }

  void loop() {
    own = this;
    std::unique_lock lock{mutex};
    // Those that took the place of others go when these are back.
    while (stopping || living <= options.threads + kept) {
      if (tasks.empty()) {
        if (stopping) break;
        ++idle;
        ready.wait(lock);
        --idle;
        continue;
      }
      auto next = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      const bool was_kept = run(next);
      next = {};
      lock.lock();
      if (was_kept) --kept;
    }
    --living;
    gone.notify_all();
  }

  /// Whether it kept its thread for so long that another may have taken its place.
  bool run(task& t) {
    bool was_kept = false;
    name = t.what;
    {
      const stall_watch::stay here(options.watch, t.what, [this, &was_kept] {
        const std::lock_guard lock{mutex};
        was_kept = true;
        ++kept;
        if (living < options.threads + kept && kept <= options.spare && !stopping) add_thread().detach();
      });
      try {
        t.run();
      } catch (...) {
        // What is posted takes care of its own failures: a coroutine's are its promise's.
      }
    }
    name.reset();
    return was_kept;
  }

  const executor_options options;
  mutable std::mutex mutex;
  std::condition_variable ready, gone;
  std::deque<task> tasks;
  std::vector<std::thread> threads;
  std::size_t living = 0;  ///< threads
  std::size_t kept = 0;    ///< of them, by something that blocks
  std::size_t idle = 0;
  bool wake_is_due = false;  ///< somebody has promised to
  bool stopping = false;
};

thread_local executor::state* executor::state::own = nullptr;
thread_local work_ptr executor::state::name;

executor::executor(executor_options o) : state_(std::make_shared<state>(std::move(o))) {}

std::shared_ptr<executor> executor::make(executor_options o) {
  std::shared_ptr<executor> made{new executor(std::move(o))};
  const std::lock_guard lock{made->state_->mutex};
  for (std::size_t i = 0; i < made->state_->options.threads; ++i)
    made->state_->threads.push_back(made->state_->add_thread());
  return made;
}

executor::~executor() { stop(seconds{1}); }

void executor::post(work_ptr what, std::function<void()> f) {
  if (state_->options.threads > 0) return state_->post(std::move(what), std::move(f));
  const stall_watch::stay here(state_->options.watch, std::move(what));
  f();
}

bool executor::post_quietly(work_ptr what, std::function<void()> f) {
  if (state_->options.threads > 0) return state_->post_quietly(std::move(what), std::move(f));
  post(std::move(what), std::move(f));
  return false;
}

void executor::wake() { state_->wake(); }

bool executor::is_here() const noexcept { return state_->options.threads == 0 || executor::state::own == state_.get(); }

std::size_t executor::waiting() const {
  const std::lock_guard lock{state_->mutex};
  return state_->tasks.size();
}

void executor::stop(milliseconds within) {
  std::vector<std::thread> ending;
  std::unique_lock lock{state_->mutex};
  state_->stopping = true;
  state_->ready.notify_all();
  ending.swap(state_->threads);
  const bool all = state_->gone.wait_for(lock, within, [&] { return state_->living == 0; });
  lock.unlock();
  for (auto& t : ending) {
    if (all && t.get_id() != std::this_thread::get_id())
      t.join();
    else
      t.detach();
  }
}

post_function home_or(const post_function& otherwise) {
  auto* own = executor::state::own;
  if (!own) return otherwise;
  return [home = own->shared_from_this(), name = executor::state::name](std::function<void()> f) {
    home->post(name, std::move(f));
  };
}

}  // namespace stoa::runtime

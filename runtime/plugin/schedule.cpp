#include "runtime/plugin/schedule.hpp"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

struct job {
  std::string owner;
  milliseconds period;
  std::function<task<done>()> work;
  std::function<void(const fault&)> failed;
  workplace at;
  steady::time_point due;
  bool running = false;
  bool removed = false;
};

}  // namespace

struct schedule::state : std::enable_shared_from_this<schedule::state> {
  explicit state(post_function p) : post(std::move(p)) {}

  void loop() {
    std::unique_lock lock{mutex};
    while (!stopping) {
      const auto now = steady::now();
      auto next = now + hours{1};
      std::list<std::shared_ptr<job>> due;
      for (auto& j : jobs) {
        if (j->running) continue;
        if (j->due <= now) {
          j->running = true;
          due.push_back(j);
        } else {
          next = std::min(next, j->due);
        }
      }
      if (!due.empty()) {
        lock.unlock();
        for (auto& j : due) j->at.post([self = shared_from_this(), j] { self->run(j); }, post);
        lock.lock();
        continue;
      }
      wake.wait_until(lock, next);
    }
  }

  void run(const std::shared_ptr<job>& j) {
    {
      const std::lock_guard lock{mutex};
      if (j->removed || stopping) return ended(*j);
    }
    auto on_end = [self = shared_from_this(), j](result<done> r) {
      if (!r) j->failed(r.refusal());
      const std::lock_guard lock{self->mutex};
      self->ended(*j);
    };
    try {
      auto work = j->work();
      detach<done>(std::move(work), on_end);
    } catch (...) {
      on_end(detail::unexpected(std::current_exception()));
    }
  }

  void ended(job& j) {
    j.running = false;
    j.due = steady::now() + j.period;
    wake.notify_all();
  }

  const post_function post;
  std::mutex mutex;
  std::condition_variable wake;
  std::list<std::shared_ptr<job>> jobs;
  bool stopping = false;
  std::thread thread;
};

schedule::schedule(post_function post) : state_(std::make_shared<state>(std::move(post))) {
  state_->thread = std::thread([s = state_] { s->loop(); });
}

schedule::~schedule() { stop(); }

void schedule::add(std::string owner, milliseconds period, std::function<task<done>()> work,
                   std::function<void(const fault&)> failed, workplace at) {
  auto j = std::make_shared<job>();
  j->owner = std::move(owner);
  j->period = std::max(period, milliseconds{1});
  j->work = std::move(work);
  j->failed = std::move(failed);
  j->at = std::move(at);
  j->due = steady::now() + j->period;
  const std::lock_guard lock{state_->mutex};
  state_->jobs.push_back(std::move(j));
  state_->wake.notify_all();
}

bool schedule::remove(const std::string& owner, milliseconds within) {
  std::unique_lock lock{state_->mutex};
  std::list<std::shared_ptr<job>> gone;
  for (auto at = state_->jobs.begin(); at != state_->jobs.end();) {
    const auto here = at++;
    if ((*here)->owner != owner) continue;
    (*here)->removed = true;
    gone.splice(gone.end(), state_->jobs, here);
  }
  return state_->wake.wait_for(
      lock, within, [&] { return std::none_of(gone.begin(), gone.end(), [](const auto& j) { return j->running; }); });
}

void schedule::stop() {
  std::thread ending;
  {
    const std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    ending = std::move(state_->thread);
    state_->wake.notify_all();
  }
  if (ending.joinable()) ending.join();
}

}  // namespace stoa::runtime

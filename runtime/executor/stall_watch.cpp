#include "runtime/executor/stall_watch.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

metric_labels labels(const work_name& w) { return {{"plugin", w.plugin}, {"kind", w.kind}, {"name", w.name}}; }

}  // namespace

struct stall_watch::state {
  explicit state(stall_options o) : options(std::move(o)) {}

  void loop() {
    const auto look = std::clamp(options.limit / 4, milliseconds{5}, milliseconds{250});
    std::unique_lock lock{mutex};
    while (!stopping) {
      if (!first) {
        asleep = true;
        wake.wait(lock, [&] { return stopping || first; });
        asleep = false;
      } else {
        wake.wait_for(lock, look, [&] { return stopping; });
      }
      const auto now = steady::now();
      for (auto* s = first; s; s = s->after_) {
        if (s->told_ || now - s->since_ < options.limit) continue;
        s->told_ = true;
        ++stalled;
        tell(*s, now);
        // Under the lock, since the stay may end otherwise: what it does is quick.
        if (s->stalled_) s->stalled_();
      }
    }
  }

  void tell(const stay& s, steady::time_point now) {
    const auto& w = *s.what_;
    if (closed) return;
    if (options.meters) {
      options.meters
          ->count("stoa_plugin_stalls_total", "Times that a plugin's code kept a thread for too long", labels(w))
          .add();
      level(w, +1);
    }
    if (options.log)
      options.log->warn("a plugin's code blocks its thread",
                        {{"plugin", w.plugin}, {w.kind, w.name}, {"ms", milliseconds_since(s, now)}});
  }

  void ended(const stay& s) {
    if (closed) return;
    const auto& w = *s.what_;
    if (options.meters) level(w, -1);
    if (options.log)
      options.log->warn("a plugin's code has let go of its thread",
                        {{"plugin", w.plugin}, {w.kind, w.name}, {"ms", milliseconds_since(s, steady::now())}});
  }

  void level(const work_name& w, double by) {
    options.meters->level("stoa_plugin_stalled", "Threads that a plugin's code keeps at the moment", labels(w)).add(by);
  }

  static std::int64_t milliseconds_since(const stay& s, steady::time_point now) {
    return std::chrono::duration_cast<milliseconds>(now - s.since_).count();
  }

  const stall_options options;
  mutable std::mutex mutex;
  std::condition_variable wake;
  stay* first = nullptr;
  std::size_t stalled = 0;
  bool asleep = false;  ///< until there is something to look at
  bool stopping = false, closed = false;
  std::thread thread;
};

stall_watch::stall_watch(stall_options o) : state_(std::make_unique<state>(std::move(o))) {
  state_->thread = std::thread([s = state_.get()] { s->loop(); });
}

stall_watch::~stall_watch() {
  {
    const std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    state_->wake.notify_all();
  }
  state_->thread.join();
}

std::size_t stall_watch::stalled() const {
  const std::lock_guard lock{state_->mutex};
  return state_->stalled;
}

void stall_watch::close() {
  const std::lock_guard lock{state_->mutex};
  state_->closed = true;
}

stall_watch::stay::stay(std::shared_ptr<stall_watch> watch, work_ptr what, std::function<void()> stalled)
    : watch_(what ? std::move(watch) : nullptr),
      what_(std::move(what)),
      stalled_(std::move(stalled)),
      since_(steady::now()) {
  if (what_) mark_.emplace(what_->plugin.c_str(), what_->kind.c_str());
  if (!watch_) return;
  auto& s = *watch_->state_;
  const std::lock_guard lock{s.mutex};
  after_ = s.first;
  if (after_) after_->before_ = this;
  s.first = this;
  if (s.asleep) s.wake.notify_one();
}

stall_watch::stay::~stay() {
  if (!watch_) return;
  auto& s = *watch_->state_;
  const std::lock_guard lock{s.mutex};
  (before_ ? before_->after_ : s.first) = after_;
  if (after_) after_->before_ = before_;
  if (!told_) return;
  --s.stalled;
  s.ended(*this);
}

}  // namespace stoa::runtime

#include "runtime/entity/alarms.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace stoa::runtime {

namespace {

/// How often the clock is looked at.
constexpr milliseconds look{100};

}  // namespace

struct alarms::state {
  explicit state(const clock& c) : time(c) {}

  void loop() {
    std::unique_lock lock{mutex};
    while (!stopping) {
      const auto now = time.now();
      std::vector<std::function<void()>> due;
      while (!by_time.empty() && by_time.begin()->first.first <= now) {
        due.push_back(std::move(by_time.begin()->second));
        times.erase(by_time.begin()->first.second);
        by_time.erase(by_time.begin());
      }
      if (!due.empty()) {
        lock.unlock();
        for (const auto& ring : due) {
          try {
            ring();
          } catch (...) {
            // Whoever set it has its own log; the others shall ring.
          }
        }
        due.clear();
        lock.lock();
        continue;
      }
      if (by_time.empty())
        wake.wait_for(lock, seconds{10}, [&] { return stopping || !by_time.empty(); });
      else
        wake.wait_for(lock, look, [&] { return stopping; });
    }
  }

  const clock& time;
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::map<std::pair<timestamp, id>, std::function<void()>> by_time;
  std::map<id, timestamp> times;
  id last = 0;
  bool stopping = false;
  std::thread thread;
};

alarms::alarms(const clock& time) : state_(std::make_shared<state>(time)) {
  state_->thread = std::thread([s = state_.get()] { s->loop(); });
}

alarms::~alarms() { stop(); }

alarms::id alarms::set(timestamp at, std::function<void()> ring) {
  const std::lock_guard lock{state_->mutex};
  const id made = ++state_->last;
  if (state_->stopping) return made;
  state_->by_time.emplace(std::pair{at, made}, std::move(ring));
  state_->times.emplace(made, at);
  state_->wake.notify_one();
  return made;
}

void alarms::clear(id which) {
  std::function<void()> gone;  // destroyed without the lock
  const std::lock_guard lock{state_->mutex};
  const auto known = state_->times.find(which);
  if (known == state_->times.end()) return;
  const auto set = state_->by_time.find({known->second, which});
  gone = std::move(set->second);
  state_->by_time.erase(set);
  state_->times.erase(known);
}

std::size_t alarms::waiting() const {
  const std::lock_guard lock{state_->mutex};
  return state_->by_time.size();
}

void alarms::stop() {
  std::thread ending;
  std::map<std::pair<timestamp, id>, std::function<void()>> gone;
  {
    const std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    gone = std::exchange(state_->by_time, {});
    state_->times.clear();
    ending = std::move(state_->thread);
    state_->wake.notify_all();
  }
  if (ending.joinable()) ending.join();
}

}  // namespace stoa::runtime

// What many ask for at once is made once. Node view.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/executor/executor.hpp"
#include "stoa/task.hpp"

namespace stoa::runtime {

/// Thread-safe. `Value` is cheap to copy (a pointer). Whoever asks while the value is being made waits for that one, as
/// long as whoever makes it may take.
template <class Key, class Value>
class single_flight {
 public:
  /// The value that `make` makes, or its fault; `make` runs once for all who ask before it has ended.
  task<Value> run(Key key, std::function<task<Value>()> make) {
    callback_awaiter<Value> arrives([&](typename callback_awaiter<Value>::completion done) {
      {
        std::lock_guard lock(guard_);
        auto& waiting = flights_[key];
        waiting.push_back(at_home<Value>({}, std::move(done)));
        if (waiting.size() > 1) return;
      }
      detach<Value>(make(), [this, key](result<Value> r) { land(key, r); });
    });
    co_return co_await arrives;
  }

 private:
  void land(const Key& key, const result<Value>& r) {
    std::vector<typename callback_awaiter<Value>::completion> all;
    {
      std::lock_guard lock(guard_);
      auto it = flights_.find(key);
      all = std::move(it->second);
      flights_.erase(it);
    }
    for (auto& done : all) done(r);
  }

  std::mutex guard_;
  std::unordered_map<Key, std::vector<typename callback_awaiter<Value>::completion>> flights_;
};

}  // namespace stoa::runtime

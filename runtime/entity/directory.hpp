// The directory of one kind of entity: finds the live actor of an identity or activates it. Node-local view.
#pragma once

#include <caf/logger.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/entity/messages.hpp"
#include "runtime/entity/system.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// What the housekeeping sees of a directory of any kind.
class any_directory {
 public:
  virtual ~any_directory() = default;
  virtual const std::string& kind() const = 0;
  virtual std::size_t size() const = 0;
  /// Passivates entities that nobody has asked for since `before`; says how many.
  virtual std::size_t sweep(timestamp before) = 0;
  /// Ends every entity at once, whatever it waits for: the last act before the actor system goes.
  virtual void end_all() = 0;
};

template <class Key, class Handle>
class directory final : public any_directory {
 public:
  /// `activate` spawns the actor; loading is its own first act, so that one load serves all who ask at once.
  directory(std::string kind, actor_system& system, const clock& time, std::function<Handle(const Key&)> activate)
      : kind_(std::move(kind)), system_(system), time_(time), activate_(std::move(activate)) {}

  /// The live actor of that identity, activated on first use.
  Handle at(const Key& key) {
    auto& s = shard_of(key);
    const auto now = time_.now();
    std::lock_guard lock(s.guard);
    auto it = s.live.find(key);
    if (it == s.live.end()) {
      it = s.live.emplace(key, entry{activate_(key), now}).first;
      // Spawning leaves a reference to the system's logger in this thread, which would keep the system from ending.
      caf::logger::set_current_actor_system(nullptr);
    }
    it->second.used = now;
    return it->second.handle;
  }

  /// The live actor, or null where there is none.
  Handle peek(const Key& key) {
    auto& s = shard_of(key);
    std::lock_guard lock(s.guard);
    auto it = s.live.find(key);
    return it == s.live.end() ? Handle{} : it->second.handle;
  }

  /// Sends a command and waits for the typed reply. An entity that ended under the request is activated anew and asked
  /// again, for as long as an ask may take: it had not begun with the command.
  template <class Reply, class Message>
  task<Reply> ask(Key key, Message message) {
    const auto until = std::chrono::steady_clock::now() + system_.ask_timeout();
    for (;;) {
      auto target = at(key);
      auto asked = system_.template request<Reply>(target, message);
      auto answer = co_await as_result(std::move(asked));
      if (!answer && answer.refusal().code == entity_gone && std::chrono::steady_clock::now() < until) {
        drop(key, target);
        continue;
      }
      co_return std::move(answer);
    }
  }

  const std::string& kind() const override { return kind_; }

  std::size_t size() const override {
    std::size_t n = 0;
    for (auto& s : shards_) {
      std::lock_guard lock(s.guard);
      n += s.live.size();
    }
    return n;
  }

  std::size_t sweep(timestamp before) override {
    std::vector<Handle> idle;
    for (auto& s : shards_) {
      std::lock_guard lock(s.guard);
      for (auto it = s.live.begin(); it != s.live.end();) {
        if (it->second.used < before) {
          idle.push_back(it->second.handle);
          it = s.live.erase(it);
        } else {
          ++it;
        }
      }
    }
    for (auto& h : idle) caf::anon_send(h, passivate{});
    return idle.size();
  }

  /// Passivates one entity.
  void let_go(const Key& key) {
    Handle gone;
    {
      auto& s = shard_of(key);
      std::lock_guard lock(s.guard);
      const auto it = s.live.find(key);
      if (it == s.live.end()) return;
      gone = it->second.handle;
      s.live.erase(it);
    }
    caf::anon_send(gone, passivate{});
  }

  void end_all() override {
    for (auto& s : shards_) {
      std::lock_guard lock(s.guard);
      for (auto& [key, e] : s.live) caf::anon_send_exit(e.handle, caf::exit_reason::user_shutdown);
      s.live.clear();
    }
  }

 private:
  struct entry {
    Handle handle;
    timestamp used;
  };
  struct shard {
    mutable std::mutex guard;
    std::unordered_map<Key, entry> live;
  };
  shard& shard_of(const Key& key) { return shards_[(std::hash<Key>{}(key) >> 7) % shards_.size()]; }

  void drop(const Key& key, const Handle& dead) {
    auto& s = shard_of(key);
    std::lock_guard lock(s.guard);
    auto it = s.live.find(key);
    if (it != s.live.end() && it->second.handle == dead) s.live.erase(it);
  }

  std::string kind_;
  actor_system& system_;
  const clock& time_;
  std::function<Handle(const Key&)> activate_;
  std::array<shard, 32> shards_;
};

}  // namespace stoa::runtime

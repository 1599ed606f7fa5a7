// The base of every entity actor's state: one command at a time, loaded before the first, retried once after a lost
// version race. Lives in its actor; every member is called on the actor's own turn.
#pragma once

#include <caf/response_promise.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/actor/messages.hpp"
#include "stoa/db.hpp"
#include "stoa/log.hpp"
#include "stoa/task.hpp"

namespace stoa::runtime {

/// The code of the fault a write ends with when another writer was faster; the base reloads and tries once more.
inline constexpr const char* version_conflict = "VERSION_CONFLICT";

inline fault lost_race() {
  return fault(fault_kind::unavailable, version_conflict, "Somebody else changed this at the same moment. Try again.");
}

/// The guarded write's answer: no row means that another writer was faster.
inline result<rows> won(rows r) {
  if (r.empty()) return lost_race();
  return r;
}

/// What CAF keeps as an actor's state: an entity, made by the behaviour function with what it needs.
template <class Entity>
struct held {
  static constexpr const char* name = Entity::name;
  std::unique_ptr<Entity> entity;

  template <class... Args>
  Entity& emplace(Args&&... args) {
    entity = std::make_unique<Entity>(std::forward<Args>(args)...);
    return *entity;
  }
};

/// `Interface` is the entity's typed actor handle, which extends entity_base_actor.
template <class Interface>
class entity {
 public:
  using pointer = typename Interface::pointer;

  entity(pointer self, database& db, logger& log, std::size_t queue_bound)
      : self_(self), log_(log), db_(db), queue_bound_(queue_bound) {}
  virtual ~entity() = default;
  entity(const entity&) = delete;
  entity& operator=(const entity&) = delete;

  /// Takes a command in: it runs when those before it have ended. A full queue refuses it at once.
  template <class T>
  caf::typed_response_promise<result<T>> enqueue(std::function<task<T>()> command) {
    auto promise = self_->template make_response_promise<result<T>>();
    if (waiting_.size() >= queue_bound_) {
      promise.deliver(result<T>(fault::unavailable("Too many requests wait for the same thing.")));
      return promise;
    }
    waiting_.push_back([this, promise, command = std::move(command)] { return execute<T>(promise, command); });
    start();
    return promise;
  }

  /// Forgets what is loaded, so that the next command loads it anew; loads at once where `eager` says so.
  void forget_and_reload() {
    if (closing_) return;
    waiting_.push_back([this] { return reload_now(); });
    start();
  }

  void close() {
    closing_ = true;
    if (!busy_) end();
  }

 protected:
  /// Reads the entity's rows into memory.
  virtual task<done> load() = 0;
  /// Called once, when the actor ends: withdraw what was published.
  virtual void closed() {}

  /// Runs a statement; the coroutine goes on in this actor.
  task<rows> query(const statement& s, values v, lane l = lane::commands) {
    callback_awaiter<rows> answer([&](std::function<void(result<rows>)> done) {
      auto me = caf::actor_cast<Interface>(self_);
      db_.run(l, s, std::move(v), [me = std::move(me), done = std::move(done)](result<rows> r) {
        caf::anon_send(me, continuation{[done, r = std::move(r)]() mutable { done(std::move(r)); }});
      });
    });
    co_return co_await answer;
  }

  /// Runs several statements in one transaction; the coroutine goes on in this actor after the commit.
  task<done> in_transaction(std::function<result<done>(connection&)> work) {
    callback_awaiter<done> answer([&](std::function<void(result<done>)> finished) {
      auto me = caf::actor_cast<Interface>(self_);
      db_.transact(
          lane::commands, std::move(work), [me = std::move(me), finished = std::move(finished)](result<done> r) {
            caf::anon_send(me, continuation{[finished, r = std::move(r)]() mutable { finished(std::move(r)); }});
          });
    });
    co_return co_await answer;
  }

  /// Waits, on this actor's turn, for something that calls back on any thread.
  template <class T>
  task<T> elsewhere(std::function<void(std::function<void(result<T>)>)> begin) {
    callback_awaiter<T> answer([&](std::function<void(result<T>)> finished) {
      auto me = caf::actor_cast<Interface>(self_);
      begin([me = std::move(me), finished = std::move(finished)](result<T> r) {
        caf::anon_send(me, continuation{[finished, r = std::move(r)]() mutable { finished(std::move(r)); }});
      });
    });
    co_return co_await answer;
  }

  /// What is in memory no longer stands: load before the next command.
  void forget() noexcept { loaded_ = false; }

  pointer self_;
  logger& log_;

 private:
  template <class T>
  task<done> execute(caf::typed_response_promise<result<T>> promise, std::function<task<T>()> command) {
    std::optional<result<T>> outcome;
    try {
      for (int attempt = 0; attempt < 2; ++attempt) {
        if (!loaded_) {
          auto loaded = co_await as_result(load());
          if (!loaded) {
            outcome.emplace(std::move(loaded).refusal());
            break;
          }
          loaded_ = true;
        }
        outcome.emplace(co_await as_result(command()));
        if (outcome->ok() || outcome->refusal().code != version_conflict) break;
        loaded_ = false;
      }
    } catch (...) {
      outcome.emplace(stoa::detail::unexpected(std::current_exception()));
    }
    if (!outcome->ok()) {
      const auto& f = outcome->refusal();
      // Whether such a write took place is unknown: only the rows can tell.
      if (f.kind == fault_kind::unavailable || f.kind == fault_kind::internal) loaded_ = false;
      if (f.kind == fault_kind::internal)
        log_.error("entity command failed", {{"entity", self_->name()}, {"code", f.code}, {"reason", reason_of(f)}});
    }
    promise.deliver(std::move(*outcome));
    co_return done{};
  }

  task<done> reload_now() {
    auto loaded = co_await as_result(load());
    loaded_ = loaded.ok();
    co_return done{};
  }

  static std::string reason_of(const fault& f) {
    for (const auto& [name, value] : f.extra)
      if (name == "reason") return value;
    return f.message;
  }

  task<done> drive() {
    while (!waiting_.empty()) {
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      auto running = next();
      co_await as_result(std::move(running));
    }
    busy_ = false;
    if (closing_) end();
    co_return done{};
  }

  void start() {
    if (busy_) return;
    busy_ = true;
    driver_.emplace(drive());
    driver_->start(std::noop_coroutine());
  }

  void end() {
    if (ended_) return;
    ended_ = true;
    closed();
    self_->quit();
  }

  database& db_;
  std::size_t queue_bound_;
  std::deque<std::function<task<done>()>> waiting_;
  std::optional<task<done>> driver_;
  bool busy_ = false, loaded_ = false, closing_ = false, ended_ = false;
};

}  // namespace stoa::runtime

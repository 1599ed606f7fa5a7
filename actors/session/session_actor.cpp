#include "actors/session/session_actor.hpp"

#include "actors/session/session_store.hpp"
#include "runtime/actor/entity.hpp"

namespace stoa::actors {
namespace {

class session_entity final : public runtime::entity<session_actor> {
 public:
  static constexpr const char* name = "session";

  session_entity(pointer self, services& s, revocations& ended, session_id id)
      : entity(self, s.db, s.log, s.mailbox), services_(s), ended_(ended), id_(id) {}

  task<session_state> rotate(rotate_session c) {
    const auto now = services_.time.now();
    switch (session_rules::decide(state_, c.presented, now)) {
      case session_rules::rotation::repeat:
        co_return state_;
      case session_rules::rotation::advance: {
        auto next = session_rules::advanced(state_, now, c.lifetime);
        values v{next.generation, session_store::rotations_json(next), next.expires_at, id_, state_.version};
        auto written = query(session_store::rotate, std::move(v));
        auto row = co_await runtime::won(co_await std::move(written));
        next.version = row.front().integer(0);
        state_ = std::move(next);
        co_return state_;
      }
      case session_rules::rotation::revoke: {
        log_.warn("a refresh token came twice; its session ends", {{"session", id_.str()}});
        auto ending = revoke();
        co_await std::move(ending);
        co_return session_rules::invalid_refresh_token();
      }
      case session_rules::rotation::refuse:
        break;
    }
    co_return session_rules::invalid_refresh_token();
  }

  task<done> revoke() {
    const auto now = services_.time.now();
    values v{now, id_};
    auto written = query(session_store::revoke, std::move(v));
    auto row = co_await runtime::won(co_await std::move(written));
    state_.revoked = true;
    state_.version = row.front().integer(0);
    ended_.revoke(id_, now);
    co_return done{};
  }

 protected:
  task<done> load() override {
    values v{id_};
    auto loading = query(session_store::load, std::move(v));
    auto found = co_await std::move(loading);
    if (found.empty()) co_return session_rules::invalid_refresh_token();
    state_ = session_store::read(found.front());
    co_return done{};
  }

 private:
  services& services_;
  revocations& ended_;
  session_id id_;
  session_state state_;
};

session_actor::behavior_type session_behavior(session_actor::stateful_pointer<runtime::held<session_entity>> self,
                                              services* s, revocations* ended, session_id id) {
  auto& me = self->state.emplace(self, *s, *ended, id);
  return {
      [&me](runtime::continuation& c) { c.run(); },
      [&me](runtime::passivate) { me.close(); },
      [&me](rotate_session c) { return me.enqueue<session_state>([&me, c] { return me.rotate(c); }); },
      [&me](revoke_session) { return me.enqueue<done>([&me] { return me.revoke(); }); },
  };
}

class sign_in_guard_entity final : public runtime::entity<sign_in_guard_actor> {
 public:
  static constexpr const char* name = "sign_in_guard";

  sign_in_guard_entity(pointer self, services& s, session_rules::lock_policy policy, std::string identifier)
      : entity(self, s.db, s.log, s.mailbox), services_(s), policy_(policy), identifier_(std::move(identifier)) {}

  task<done> check() { co_return session_rules::check(state_, services_.time.now()); }

  task<done> failed() {
    const auto now = services_.time.now();
    if (!session_rules::check(state_, now)) co_return done{};
    auto next = session_rules::failed(state_, policy_, now);
    if (next.locked_until) log_.warn("sign-in locked", {{"failures", next.failures.size()}});
    auto writing = write(std::move(next));
    co_return co_await std::move(writing);
  }

  /// A good password while locked is refused like a bad one.
  task<done> good() {
    co_await session_rules::check(state_, services_.time.now());
    if (state_.failures.empty()) co_return done{};
    session_rules::guard_state next;
    next.version = state_.version;
    auto writing = write(std::move(next));
    co_return co_await std::move(writing);
  }

 protected:
  task<done> load() override {
    values v{identifier_};
    auto loading = query(session_store::load_guard, std::move(v));
    auto found = co_await std::move(loading);
    state_ = session_store::read_guard(found);
    co_return done{};
  }

 private:
  task<done> write(session_rules::guard_state next) {
    std::vector<std::string> times;
    for (auto t : next.failures) times.push_back(rfc3339(t));
    values v{identifier_, value::array(times), next.locked_until, state_.version};
    auto written = query(session_store::write_guard, std::move(v));
    auto row = co_await runtime::won(co_await std::move(written));
    next.version = row.front().integer(0);
    state_ = std::move(next);
    co_return done{};
  }

  services& services_;
  session_rules::lock_policy policy_;
  std::string identifier_;
  session_rules::guard_state state_;
};

sign_in_guard_actor::behavior_type guard_behavior(
    sign_in_guard_actor::stateful_pointer<runtime::held<sign_in_guard_entity>> self, services* s,
    session_rules::lock_policy policy, std::string identifier) {
  auto& me = self->state.emplace(self, *s, policy, std::move(identifier));
  return {
      [&me](runtime::continuation& c) { c.run(); },
      [&me](runtime::passivate) { me.close(); },
      [&me](check_sign_in) { return me.enqueue<done>([&me] { return me.check(); }); },
      [&me](note_failed_sign_in) { return me.enqueue<done>([&me] { return me.failed(); }); },
      [&me](note_good_sign_in) { return me.enqueue<done>([&me] { return me.good(); }); },
  };
}

}  // namespace

session_actor spawn_session(services& s, revocations& ended, session_id id) {
  return s.actors.caf().spawn(session_behavior, &s, &ended, id);
}

sign_in_guard_actor spawn_sign_in_guard(services& s, const session_rules::lock_policy& policy, std::string identifier) {
  return s.actors.caf().spawn(guard_behavior, &s, policy, std::move(identifier));
}

}  // namespace stoa::actors

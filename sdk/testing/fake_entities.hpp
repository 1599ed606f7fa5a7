// A plugin's entities without the core's host: each identity in memory, loaded and written through a database.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "stoa/db.hpp"
#include "stoa/hosted.hpp"
#include "stoa/time.hpp"

namespace stoa::testing {

/// Decides, writes and publishes by the host's rules, one caller at a time: there are no queue and no deadlines, and an
/// alarm rings when the test says so.
class fake_entities final : public hosted_entities {
 public:
  fake_entities(const hosted_kind_type& kind, database& db, const clock& time) : kind_(kind), db_(db), time_(time) {}

  task<std::shared_ptr<const void>> get(std::string key) override {
    const auto now = co_await loaded(std::move(key));
    co_return std::shared_ptr<const void>(now->value);
  }
  std::shared_ptr<const void> peek(const std::string& key) const override {
    const auto now = known(key);
    return now ? now->value : nullptr;
  }

  task<hosted_reply> ask(std::string key, hosted_command command) override {
    for (int attempt = 0;; ++attempt) {
      const auto now = co_await loaded(key);
      const moment m{time_.now(), uuid::make_v7()};
      auto decided = command.type->decide(*now, command.told.get(), m);
      if (!decided) co_return std::move(decided).refusal();
      if (decided->effect == effect::reload) withdraw(key);
      if (decided->effect == effect::show && decided->next) publish(key, *decided->next);
      if (decided->effect != effect::save || !decided->next) co_return std::move(decided->reply);
      auto writing = command.type->save(*now, *decided->next, command.told.get(), m);
      auto row = co_await as_result(run(lane::commands, std::move(writing)));
      if (row && row->empty() && attempt == 0) {
        withdraw(key);
        continue;
      }
      if (!row || row->empty()) {
        withdraw(key);
        if (row)
          co_return fault(fault_kind::unavailable, "VERSION_CONFLICT",
                          "Somebody else changed this at the same moment. Try again.");
        if (auto own = command.type->refused(command.told.get(), row.refusal())) co_return std::move(*own);
        co_return std::move(row).refusal();
      }
      command.type->written(*decided->next, decided->reply, command.told.get(), row->front());
      publish(key, *decided->next);
      co_return std::move(decided->reply);
    }
  }

  void made(const std::string&) override {}
  void refresh(const std::string& key) override { withdraw(key); }
  task<done> reload(std::string key) override {
    withdraw(key);
    co_await loaded(std::move(key));
    co_return done{};
  }

  /// Tells the entity what its alarm would, where it has one by now.
  task<done> ring(std::string key) {
    const auto now = co_await loaded(key);
    auto next = kind_.alarm_of ? kind_.alarm_of(*now) : std::nullopt;
    if (next && next->at <= time_.now()) co_await ask(std::move(key), std::move(next->command));
    co_return done{};
  }

 private:
  using state = std::shared_ptr<const hosted_state>;

  state known(const std::string& key) const {
    const std::lock_guard lock{guard_};
    const auto it = states_.find(key);
    return it == states_.end() ? nullptr : it->second;
  }
  void withdraw(const std::string& key) {
    const std::lock_guard lock{guard_};
    states_.erase(key);
  }
  void publish(const std::string& key, const hosted_state& next) {
    const auto before = known(key);
    const auto after = std::make_shared<const hosted_state>(next);
    {
      const std::lock_guard lock{guard_};
      states_[key] = after;
    }
    if (kind_.shown) kind_.shown(key, before.get(), after.get());
  }

  task<state> loaded(std::string key) {
    if (auto now = known(key)) co_return now;
    const auto found = co_await run(lane::reads, kind_.load(key));
    auto read = kind_.read(key, found);
    if (!read) co_return std::move(read).refusal();
    publish(key, *read);
    co_return known(key);
  }

  task<rows> run(lane l, bound_statement s) {
    callback_awaiter<rows> answer([this, l, s = std::move(s)](callback_awaiter<rows>::completion told) mutable {
      db_.run(std::move(s.who), l, *s.what, std::move(s.bound), std::move(told));
    });
    co_return co_await answer;
  }

  const hosted_kind_type& kind_;
  database& db_;
  const clock& time_;
  mutable std::mutex guard_;
  std::map<std::string, state> states_;
};

}  // namespace stoa::testing

// Many keys read by few statements: what is asked for while one is on its way goes together into the next. Node view.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/result.hpp"
#include "stoa/task.hpp"
#include "stoa/too_late.hpp"

namespace stoa::runtime {

namespace detail {

/// One row of an answer, as an answer.
class one_row final : public rows::source {
 public:
  one_row(rows whole, std::size_t at) : whole_(std::move(whole)), at_(at) {}
  std::size_t count() const override { return 1; }
  bool null(std::size_t, std::size_t column) const override { return whole_[at_].null(column); }
  std::string_view text(std::size_t, std::size_t column) const override { return whole_[at_].raw(column); }

 private:
  rows whole_;
  std::size_t at_;
};

}  // namespace detail

/// Thread-safe. Nobody waits for a statement to fill: while fewer than `most_at_once` are on their way, the next one
/// goes at once. Who asks for a key gets what a statement says that began afterwards.
template <class Key>
class gathered_reads {
 public:
  using answer = std::function<void(result<rows>)>;
  /// Reads at most one row for each key; its first column is the key.
  using reader = std::function<void(const std::vector<Key>& keys, answer)>;

  explicit gathered_reads(reader ask) : ask_(std::move(ask)) {}

  /// `then` gets the key's row, or none, where the reader answers; it gets the fault that the others get.
  void read(Key key, answer then) {
    std::vector<Key> keys;
    {
      std::lock_guard lock(guard_);
      auto& mine = waiting_[key];
      if (mine.empty()) order_.push_back(std::move(key));
      mine.push_back(std::move(then));
      if (on_their_way_ == most_at_once) return;
      ++on_their_way_;
      keys = next();
    }
    ask(std::move(keys));
  }

  /// The same for a coroutine, which goes on where the reader answers.
  task<rows> get(Key key) {
    if (std::chrono::steady_clock::now() >= co_await current_deadline()) co_return too_late();
    callback_awaiter<rows> row([&](callback_awaiter<rows>::completion then) { read(std::move(key), std::move(then)); });
    co_return co_await row;
  }

 private:
  using asked = std::unordered_map<Key, std::vector<answer>>;
  static constexpr std::size_t most_keys = 16;
  static constexpr std::size_t most_at_once = 2;

  /// The keys that have waited longest.
  std::vector<Key> next() {
    const auto end = order_.begin() + static_cast<std::ptrdiff_t>(std::min(order_.size(), most_keys));
    std::vector<Key> keys(order_.begin(), end);
    order_.erase(order_.begin(), end);
    return keys;
  }

  void ask(std::vector<Key> keys) {
    auto who = std::make_shared<asked>();
    {
      std::lock_guard lock(guard_);
      for (const auto& key : keys) who->insert(waiting_.extract(key));
    }
    ask_(keys, [this, who](result<rows> found) {
      // The next goes before these are told: it is on its way while they go on.
      std::vector<Key> keys;
      {
        std::lock_guard lock(guard_);
        keys = next();
        if (keys.empty()) --on_their_way_;
      }
      if (!keys.empty()) ask(std::move(keys));
      tell(*who, found);
    });
  }

  static void tell(asked& who, const result<rows>& found) {
    if (found)
      for (std::size_t i = 0; i < found->size(); ++i)
        if (auto mine = who.extract((*found)[i].template as<Key>(0)))
          for (auto& then : mine.mapped()) then(rows(std::make_shared<detail::one_row>(*found, i)));
    for (auto& [key, all] : who)
      for (auto& then : all) then(found ? result<rows>(rows()) : result<rows>(found.refusal()));
  }

  const reader ask_;
  std::mutex guard_;
  std::unordered_map<Key, std::vector<answer>> waiting_;
  std::deque<Key> order_;  ///< of the keys in `waiting_`
  std::size_t on_their_way_ = 0;
};

}  // namespace stoa::runtime

// A database whose answers are a test's script; it counts loads (statements called `<kind>.load`) and writes.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "stoa/db.hpp"

namespace stoa::testing {

/// One row with one number.
class number_row final : public rows::source {
 public:
  explicit number_row(int n) : text_(std::to_string(n)) {}
  std::size_t count() const override { return 1; }
  bool null(std::size_t, std::size_t) const override { return false; }
  std::string_view text(std::size_t, std::size_t) const override { return text_; }

 private:
  std::string text_;
};

inline rows number(int n) { return rows(std::make_shared<number_row>(n)); }

/// Answers on a thread of its own, as the store does; what it answers is the test's script.
class scripted_database final : public database {
 public:
  std::function<result<rows>(const statement&)> answer = [](const statement&) { return result<rows>(number(0)); };
  std::atomic<int> loads{0}, writes{0};
  std::atomic<bool> silent{false};

  ~scripted_database() override { join(); }

  /// Ends when all that was asked is answered. Answers run actors' turns on their threads: a test's world does this
  /// before its actor system ends, as the server joins its store.
  void join() {
    for (;;) {
      std::vector<std::thread> some;
      {
        std::lock_guard lock(guard_);
        some.swap(threads_);
      }
      if (some.empty()) return;
      for (auto& t : some) t.join();
    }
  }

  using database::in_transaction;
  using database::query;
  using database::run;
  using database::transact;
  void run(acting, lane, const statement& s, values, std::function<void(result<rows>)> completion) override {
    ++(std::string_view(s.name).ends_with(".load") ? loads : writes);
    if (silent) return;
    std::lock_guard lock(guard_);
    threads_.emplace_back([this, &s, completion = std::move(completion)] { completion(answer(s)); });
  }
  void transact(acting, lane, std::function<result<done>(connection&)>,
                std::function<void(result<done>)> completion) override {
    completion(done{});
  }
  task<rows> query(acting, const statement&, values, lane) override { co_return number(0); }
  task<done> in_transaction(acting, std::function<result<done>(connection&)>, lane) override { co_return done{}; }

 private:
  std::mutex guard_;
  std::vector<std::thread> threads_;
};

}  // namespace stoa::testing

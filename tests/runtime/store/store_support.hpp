// What the tests of the store share: a small store, a log and meters that keep what they are told.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/store/store.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

namespace stoa::testing {

inline runtime::store_options small(const std::string& connection) {
  runtime::store_options o;
  o.connection = connection;
  o.command_workers = 1;
  o.read_workers = 1;
  o.consumer_workers = 1;
  return o;
}

/// Keeps the lines it is given.
class lines_log final : public logger {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level level, std::string_view message, log_fields fields) override {
    std::string line = level >= log_level::error ? "error: " : "";
    line += message;
    for (const auto& f : fields) line += " " + std::string(f.name) + "=" + f.value;
    const std::lock_guard lock{mutex_};
    lines_.push_back(std::move(line));
  }
  std::string all() const {
    const std::lock_guard lock{mutex_};
    std::string text;
    for (const auto& l : lines_) text += l + "\n";
    return text;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Sums up what it is told, by name and first label.
class memory_metrics final : public metrics {
 public:
  struct cell final : counter, gauge, histogram {
    std::atomic<double> value{0};
    std::atomic<int> calls{0};
    void add(double by) override { value.fetch_add(by), ++calls; }
    void set(double to) override { value = to, ++calls; }
    void observe(double v) override { value.fetch_add(v), ++calls; }
  };
  counter& count(const std::string& n, const std::string&, const metric_labels& l) override { return at(n, l); }
  gauge& level(const std::string& n, const std::string&, const metric_labels& l) override { return at(n, l); }
  histogram& distribution(const std::string& n, const std::string&, const metric_labels& l,
                          const std::vector<double>&) override {
    return at(n, l);
  }
  cell& at(const std::string& name, const metric_labels& labels) {
    const std::lock_guard lock{mutex_};
    auto& c = cells_[name + (labels.empty() ? "" : "/" + labels.begin()->second)];
    if (!c) c = std::make_unique<cell>();
    return *c;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<cell>> cells_;
};

inline constexpr statement slow{"test.slow", "select pg_sleep(:p1::float8)"};
inline constexpr statement one{"test.one", "select 1"};

/// Keeps a lane's only worker busy until `let_go`, so that what is asked meanwhile waits together.
class held_lane {
 public:
  explicit held_lane(database& db, lane l = lane::commands) {
    db.transact(
        l,
        [this](connection&) -> result<done> {
          held_.open();
          leave_.wait();
          return done{};
        },
        [this](result<done> r) {
          well_ = r.ok();
          over_.open();
        });
    if (!held_.wait()) throw std::runtime_error("the lane's worker did not come");
  }
  ~held_lane() {
    leave_.open();
    over_.wait();
  }
  void let_go() { leave_.open(); }
  /// Lets go; whether the worker has committed.
  bool end() {
    let_go();
    return over_.wait() && well_;
  }

 private:
  gate held_, leave_, over_;
  std::atomic<bool> well_{false};
};

/// The answers of statements, in the order in which they came. Outlives the store's use of it.
class answers {
 public:
  std::function<void(result<rows>)> next(std::string name) {
    return [this, name = std::move(name)](result<rows> r) {
      const std::lock_guard lock{mutex_};
      came_.emplace_back(name, std::move(r));
    };
  }
  /// Waits for so many.
  std::vector<std::pair<std::string, result<rows>>> wait(std::size_t n) {
    eventually([&] {
      const std::lock_guard lock{mutex_};
      return came_.size() >= n;
    });
    const std::lock_guard lock{mutex_};
    return came_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::string, result<rows>>> came_;
};

}  // namespace stoa::testing

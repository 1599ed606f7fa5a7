// Those who hear of events in memory: each in commit order, on its own threads where it has any.
#pragma once

#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/executor/workplace.hpp"
#include "stoa/db.hpp"
#include "stoa/events.hpp"
#include "stoa/log.hpp"
#include "stoa/metrics.hpp"

namespace stoa::runtime {

/// Thread-safe.
class observers : public std::enable_shared_from_this<observers> {
 public:
  observers(logger* log, stoa::metrics* meters) : log_(log), meters_(meters) {}

  void add(observer o, workplace at);
  /// True when that one is not being told just now, waited for as long as `within`.
  bool forget(const std::string& name, milliseconds within);
  bool empty() const;
  /// One row of the outbox to those who want it. Those without threads of their own hear it on this one.
  void tell(const rows::row& r);

 private:
  /// What one of them has not heard yet.
  struct one {
    observer what;
    workplace at;
    counter* failed = nullptr;
    std::deque<event> waiting;
    bool hearing = false;  ///< by way of its threads
  };
  using one_ptr = std::shared_ptr<one>;

  void hear(one& o, const event& e) const;
  void drain(const one_ptr& o);

  logger* const log_;
  stoa::metrics* const meters_;
  mutable std::mutex mutex_;
  std::condition_variable quiet_;
  std::list<one_ptr> all_;
};

}  // namespace stoa::runtime

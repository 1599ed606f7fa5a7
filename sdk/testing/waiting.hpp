// Waiting in tests: for the end of a task, and never without an end.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

#include "stoa/db.hpp"
#include "stoa/task.hpp"

namespace stoa::testing {

/// Starts a task and waits for its end, half a minute at most: what it gave, or its fault. Throws std::runtime_error
/// where it does not end.
template <class T>
result<T> wait_for(task<T> t) {
  auto answer = std::make_shared<std::promise<result<T>>>();
  auto future = answer->get_future();
  detach<T>(std::move(t), [answer](result<T> r) { answer->set_value(std::move(r)); });
  if (future.wait_for(std::chrono::seconds{30}) != std::future_status::ready)
    throw std::runtime_error("the task did not end");
  return future.get();
}

/// Runs a statement and waits for its answer, in the same way.
inline result<rows> run_now(database& db, const statement& s, values v = {}, lane l = lane::commands, acting who = {}) {
  auto answer = std::make_shared<std::promise<result<rows>>>();
  auto future = answer->get_future();
  db.run(std::move(who), l, s, std::move(v), [answer](result<rows> r) { answer->set_value(std::move(r)); });
  if (future.wait_for(std::chrono::seconds{30}) != std::future_status::ready)
    throw std::runtime_error("no answer from the store");
  return future.get();
}

/// Runs a transaction and waits for its end, in the same way.
inline result<done> transact_now(database& db, std::function<result<done>(connection&)> work, acting who = {}) {
  auto answer = std::make_shared<std::promise<result<done>>>();
  auto future = answer->get_future();
  db.transact(std::move(who), lane::commands, std::move(work),
              [answer](result<done> r) { answer->set_value(std::move(r)); });
  if (future.wait_for(std::chrono::seconds{30}) != std::future_status::ready)
    throw std::runtime_error("no answer from the store");
  return future.get();
}

}  // namespace stoa::testing

// For threads outside the executor: waits, bounded, for a task.
#pragma once

#include <chrono>
#include <future>
#include <memory>

#include "stoa/task.hpp"

namespace stoa::cli {

/// Calls `begin` with a completion and waits for it to be called; `unavailable` where that takes longer than `within`.
template <class T>
result<T> wait_for_call(const std::function<void(std::function<void(result<T>)>)>& begin,
                        milliseconds within = seconds{30}) {
  auto outcome = std::make_shared<std::promise<result<T>>>();
  auto arrives = outcome->get_future();
  begin([outcome](result<T> r) { outcome->set_value(std::move(r)); });
  if (arrives.wait_for(within) != std::future_status::ready) return fault::unavailable("This took too long.");
  return arrives.get();
}

/// Runs a task and waits for its outcome; `unavailable` where it takes longer than `within`.
template <class T>
result<T> wait_for(task<T> t, milliseconds within = seconds{30}) {
  return wait_for_call<T>([&t](std::function<void(result<T>)> done) { detach<T>(std::move(t), std::move(done)); },
                          within);
}

}  // namespace stoa::cli

// Consumers that have to ask before they can write: facades, another service.
//
//   host.consume_awaiting<review_posted>("badges", [this](batch_of<review_posted> batch) -> task<event_write> {
//     auto who = co_await people_.find(batch.front().fact.author);
//     co_return [who](connection& db) -> result<done> { ... };
//   });
//
// The asking happens outside of any transaction, so that nothing is held while it waits, and may happen again. The
// writing happens in the transaction that stores the offset: exactly once, or not at all.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "stoa/events.hpp"
#include "stoa/task.hpp"

namespace stoa {

/// What is written of a batch, through the connection of the transaction that stores the offset. On a thread of the
/// store: it never waits for anything else.
using event_write = std::function<result<done>(connection&)>;

/// A subscription whose batches are prepared by a coroutine.
struct awaiting_subscription {
  subscription what;  ///< its `handle` is not asked
  /// Gets the batch; may await. A fault or exception makes the batch come again later, as does an offset that another
  /// process has moved meanwhile.
  std::function<task<event_write>(std::vector<event>)> prepare;
};

/// A consumer whose handler is `task<event_write>(batch_of<E...>)`.
template <event_facts... E, class Handler>
awaiting_subscription consume_awaiting(std::string name, Handler handler, from begin = from::beginning) {
  static_assert(sizeof...(E) > 0, "a consumer names what it consumes");
  awaiting_subscription s;
  s.what.name = std::move(name);
  s.what.kinds = kinds_of<E...>();
  s.what.begin = begin;
  s.prepare = [handler = std::move(handler)](std::vector<event> events) {
    batch_of<E...> batch;
    batch.reserve(events.size());
    const auto take = [&batch](auto facts) {
      if (facts) batch.push_back(std::move(*facts));
    };
    for (const auto& e : events) (take(as<E>(e)), ...);
    return handler(std::move(batch));
  };
  return s;
}

}  // namespace stoa

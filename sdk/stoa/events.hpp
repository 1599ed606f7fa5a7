// Domain events: facts that were committed, told at least once and in commit order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/json.hpp"
#include "stoa/time.hpp"

namespace stoa {

/// Kinds: `user.created`, `user.updated`, `course.published`, `course.updated`, `enrollment.created`,
/// `lesson.completed`, `course.completed`, `order.created`, `payment.completed`, `review.posted`, `cart.item_added`,
/// `cart.item_removed`.
struct event {
  event_id id;  ///< the same at every delivery: what makes a subscriber's work idempotent
  std::int64_t position = 0;
  std::string kind;
  std::optional<user_id> user;  ///< whom it concerns
  uuid entity;                  ///< the course, order, enrolment ... it is about
  json payload;                 ///< an object
  timestamp at;
};

/// A named consumer with a stored offset.
struct subscription {
  std::string name;                ///< stable: its offset is kept under it
  std::vector<std::string> kinds;  ///< empty: all
  /// Gets events in commit order inside a transaction that also stores the offset: what is written through `connection`
  /// happens exactly once. A fault or exception rolls both back; the batch comes again later.
  std::function<result<done>(connection&, const std::vector<event>&)> handle;
  /// Called after that transaction has committed, for what lives in memory. May be empty.
  std::function<void(const std::vector<event>&)> committed;
};

}  // namespace stoa

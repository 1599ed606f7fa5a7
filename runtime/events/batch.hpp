// What one transaction of a subscription finds and does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/executor/workplace.hpp"
#include "stoa/awaiting.hpp"
#include "stoa/db.hpp"
#include "stoa/events.hpp"

namespace stoa::runtime {

/// A place in commit order.
struct place {
  std::int64_t xid = 0;
  std::int64_t position = 0;
  auto operator<=>(const place&) const = default;
};
place place_of(const rows::row& r);

/// An event that is to be set aside, if it is still the next one.
struct burial {
  event_id id;
  std::int64_t tries = 0;
  std::string reason;
};

/// The newest rows as the last look found them: all there are behind `from`, up to `upto`, for whoever stands among
/// them.
struct newest_rows {
  place from, upto;
  rows found;
};

/// Made by the pump's thread, filled on the store's, read by the pump's again when it has ended.
struct batch {
  // What is asked for.
  std::int64_t limit = 0;
  milliseconds deadline = seconds{30};  ///< for the subscriber's code; what takes longer did not succeed
  std::optional<burial> bury;
  std::shared_ptr<const newest_rows> read;      ///< where it may be found without asking; may be empty
  bool replayed = false;                        ///< one that was set aside
  bool unknown = false;                         ///< nobody here knows yet where the subscription stands
  std::function<void(const place&)> from_here;  ///< told where the subscription stands, before anything is handled

  // What was found.
  std::vector<event> events;
  place before, reached;
  std::size_t seen = 0;
  bool more = false;             ///< there is more to be had at once
  bool wants_preparing = false;  ///< nothing was handled yet
  bool buried = false;

  bool over = false;  ///< under the pump's lock
};

/// Why something failed, in words for an operator.
std::string reason_of(const fault& f);

/// Reads what is next, has it handled and stores how far it went; what a coroutine has to prepare is only read.
result<done> take_batch(connection& db, const awaiting_subscription& s, const workplace& at, batch& got);
/// The next of those that were set aside and are to be given again, in the same way.
result<done> take_dead(connection& db, const awaiting_subscription& s, const workplace& at, batch& got);
/// Writes what was prepared of a batch that was read. `unavailable` where it is not the next one any more.
result<done> write_batch(connection& db, const awaiting_subscription& s, const workplace& at, const batch& got,
                         const event_write& write);

}  // namespace stoa::runtime

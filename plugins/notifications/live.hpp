// Notifications as they come: one look at the table for all open streams, when something was written.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "inbox.hpp"
#include "stoa/streams.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::notifications {

struct live_limits {
  std::size_t per_user = 20;       ///< streams of one person; more are refused
  stoa::milliseconds lifetime{0};  ///< a stream ends after so long, and its client comes again with a fresh token
  std::size_t queue = 64;          ///< notifications one stream holds; who is further behind reads them from the table
  std::int64_t page = 100;         ///< rows of one statement of a replay
  std::int64_t look = 1000;        ///< rows of one look for all
};

/// The open streams of the inbox. A stream replays from the table, then lives on what `look` hands it; rows carry a
/// number in the order they were written (by whichever server), so that nothing is missed or told twice. Thread-safe.
class live_inbox {
 public:
  live_inbox(stoa::database& db, const stoa::clock& clock, live_limits limits);
  /// Ends every stream and waits for a look that runs.
  ~live_inbox();

  /// Whether this person may have no further stream.
  bool full(stoa::user_id user) const;
  /// Writes a person's notifications behind number `after`, and then those that come; without `after` those alone.
  /// Ends with the stream. The object must outlive the task.
  stoa::task<stoa::done> serve(stoa::user_id user, std::optional<std::int64_t> after,
                               std::shared_ptr<stoa::stream_writer> to);
  /// Something was written, here or elsewhere: looks at once, and once more where a look runs already. Waits for
  /// nothing; may be called from any thread.
  void wake();
  /// Hands out what was written since the last look, and ends streams that are old. One at a time; `wake` sees to that.
  stoa::task<stoa::done> look();
  /// Ends every stream and takes no more.
  void close();

  std::size_t open() const;

 private:
  struct listener;
  struct news;
  using listeners = std::multimap<stoa::user_id, std::shared_ptr<listener>>;
  using completions = std::vector<std::function<void(stoa::result<stoa::done>)>>;

  bool enter(const std::shared_ptr<listener>& one);
  bool has_looked() const;
  void leave(const std::shared_ptr<listener>& one);
  void end(const std::shared_ptr<listener>& one);
  stoa::task<std::int64_t> latest();
  stoa::task<news> next(std::shared_ptr<listener> one);
  stoa::task<std::int64_t> replay(stoa::user_id user, std::int64_t after, std::shared_ptr<stoa::stream_writer> to);
  void hand_out(const std::vector<numbered_notification>& found, std::int64_t upto);
  void restart(std::int64_t at);
  void end_old();
  void begin_look();

  stoa::database& db_;
  const stoa::clock& clock_;
  const live_limits limits_;
  mutable std::mutex mutex_;  // guards all below, and what is in the listeners
  listeners open_;
  std::optional<std::int64_t> seen_;  // the number up to which all was handed out; none while nobody listens
  bool closed_ = false;
  bool looking_ = false, again_ = false;
  std::condition_variable looked_;
};

}  // namespace stoa_plugin::notifications

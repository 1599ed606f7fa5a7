// The log of deliveries: SQL and nothing else. What concerns its owner is read as the owner, the rest is the system's.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stoa/jobs.hpp"
#include "stoa/purge.hpp"
#include "subscriptions.hpp"
#include "webhook_rules.hpp"

namespace stoa_plugin::webhooks {

using delivery_id = stoa::id<struct delivery_tag>;

/// A webhook on its way; of an earlier turn than its delivery it has nothing to do any more.
struct deliver_webhook {
  static constexpr std::string_view kind = "webhooks.deliver";
  delivery_id delivery;
  std::int64_t turn = 0;
};
BOOST_DESCRIBE_STRUCT(deliver_webhook, (), (delivery, turn))

/// An event that concerns the instructor of a course, too, who is not known yet.
struct tell_teacher {
  static constexpr std::string_view kind = "webhooks.tell_teacher";
  stoa::event_id event;
  std::string event_kind;
  stoa::timestamp event_at;
  stoa::course_id course;
  std::string body;
};
BOOST_DESCRIBE_STRUCT(tell_teacher, (), (event, event_kind, event_at, course, body))

/// How a delivery stands: `waiting`, `delivered`, `failed` (for good), or `missed`, since its subscription was off.
struct delivery {
  delivery_id id;
  std::int64_t number = 0;
  stoa::event_id event;
  std::string kind;
  stoa::timestamp event_at;
  std::string status;
  std::int64_t attempts = 0;  ///< since it was queued last
  std::optional<std::int64_t> response_status;
  std::string last_error;
  std::optional<stoa::timestamp> next_at;  ///< when it is tried again
  stoa::timestamp created_at;
  std::optional<stoa::timestamp> ended_at;
};
BOOST_DESCRIBE_STRUCT(delivery, (),
                      (id, number, event, kind, event_at, status, attempts, response_status, last_error, next_at,
                       created_at, ended_at))

/// An event with those whom it concerns.
struct told_event {
  stoa::event_id event;
  std::string kind;
  stoa::timestamp at;
  std::string body;
  std::vector<stoa::user_id> audience;
  std::optional<stoa::course_id> course;  ///< whose instructor it concerns besides
};

/// Inside the consumer's transaction: a delivery for each of the events and each subscription that shall hear of it,
/// unless there is one, and its job. Those of a subscription that is off are kept as missed.
void keep_within(stoa::connection& db, const std::vector<told_event>& events, stoa::timestamp now);
/// The same for those of an instructor alone.
stoa::task<stoa::done> keep_for(stoa::database& db, told_event event, stoa::timestamp now);

/// What a job needs to send a delivery.
struct sendable {
  delivery_id id;
  std::int64_t turn = 0;
  std::int64_t attempts = 0;
  stoa::event_id event;
  std::string kind;
  std::string body;
  std::string status;
  webhook_id subscription;
  stoa::user_id owner;
  bool enabled = true;
  std::string url;
  signing_secrets secrets;
};
stoa::task<std::optional<sendable>> read_sendable(stoa::database& db, delivery_id id);

/// How a try ended.
struct attempt_outcome {
  std::string status;  ///< `waiting`: it comes again after `pause`
  bool counts = true;  ///< false: nothing was sent
  std::optional<std::int64_t> response_status;
  std::string error;
  stoa::milliseconds pause{0};
  bool gone = false;  ///< the subscription is switched off
};
/// Keeps the outcome with the job of the next try; false where another job was faster.
stoa::task<bool> keep_attempt(stoa::database& db, sendable what, attempt_outcome outcome, stoa::timestamp now);

/// A delivery of an event that tells nothing, for one's own subscription. Faults: WEBHOOK_NOT_FOUND, WEBHOOK_DISABLED
/// (conflict).
stoa::task<delivery> add_test(stoa::database& db, stoa::user_id owner, std::int64_t number, stoa::timestamp now);

struct log_filter {
  std::string status;  ///< empty: all
  std::string kind;    ///< empty: all
};
/// The newest first.
stoa::task<stoa::page_of<delivery>> list_deliveries(stoa::database& db, stoa::user_id owner, webhook_id of,
                                                    log_filter filter, stoa::page_request asked);

struct replayed {
  std::int64_t queued = 0;
  std::optional<stoa::timestamp> until;  ///< the time of the last event among them
  bool more = false;                     ///< there is more behind it
};
BOOST_DESCRIBE_STRUCT(replayed, (), (queued, until, more))
/// Queues what has ended of the events since then once more, oldest first, `most` at most.
stoa::task<replayed> replay(stoa::database& db, stoa::user_id owner, webhook_id of, stoa::timestamp since,
                            std::int64_t most, stoa::timestamp now);

/// What is purged when it is old.
const stoa::purge_rule& old_deliveries() noexcept;
/// Deletes what has ended beyond the newest `most` of each subscription.
stoa::task<stoa::done> shorten_logs(stoa::database& db, std::int64_t most);

}  // namespace stoa_plugin::webhooks

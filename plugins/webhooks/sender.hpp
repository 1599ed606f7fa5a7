// Hears of events and sends what they lead to.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include "deliveries.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::webhooks {

struct sender_options {
  retry_schedule retries;
  stoa::milliseconds timeout = stoa::seconds{10};
  bool allow_private = false;
  /// Of one person's at once, so that somebody whose receivers are slow does not hold up everybody else's.
  std::size_t per_owner = 4;
};

class sender {
 public:
  sender(stoa::plugin_host& host, sender_options options);

  /// What a batch of events leads to, inside the consumer's transaction and in the order of the events.
  stoa::result<stoa::done> hear(stoa::connection& db, const std::vector<stoa::event>& events);
  /// The deliveries to the instructor of the event's course.
  stoa::task<stoa::done> tell(tell_teacher told);
  /// One try. Ends well whatever the receiver says: the next try is a job of its own, queued with the outcome.
  stoa::task<stoa::done> deliver(deliver_webhook told);

 private:
  stoa::task<attempt_outcome> attempt(const sendable& what);
  attempt_outcome again(const sendable& what, std::optional<std::int64_t> status, std::string error,
                        std::optional<stoa::seconds> asked = std::nullopt) const;

  bool enter(stoa::user_id owner);
  void leave(stoa::user_id owner);

  stoa::plugin_host& host_;
  const sender_options options_;
  std::mutex mutex_;
  std::map<stoa::user_id, std::size_t> under_way_;
};

}  // namespace stoa_plugin::webhooks

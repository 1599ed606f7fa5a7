// What the inbox tells its own streams in every process.
#pragma once

#include <cstdint>

#include "inbox.hpp"
#include "stoa/events.hpp"

namespace stoa_plugin::notifications {

/// Told with the rows it tells of; about nobody in particular, since a batch is for many.
struct notifications_written {
  static constexpr std::string_view kind = "notifications.written";
  static constexpr std::string_view about = "Notifications were written into inboxes.";
  static constexpr std::string_view entity = "the first of them";
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(notifications_written, (), (count))

/// Tells so, inside the transaction that writes them.
void tell_written(stoa::connection& db, const std::vector<notification>& all, stoa::timestamp now);

}  // namespace stoa_plugin::notifications

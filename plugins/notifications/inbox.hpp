// The stored notifications: SQL and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "notification_rules.hpp"
#include "stoa/db.hpp"

namespace stoa_plugin::notifications {

struct inbox_query {
  bool unread_only = false;
  std::string kind;  ///< empty: all
  int page = 1;
  int page_size = 20;
};

struct stored_notification {
  notification what;
  bool read = false;
};

/// One with its number: they rise in the order of writing.
struct numbered_notification {
  std::int64_t number = 0;
  stored_notification stored;
};

struct inbox_page {
  std::int64_t count = 0;   ///< of what the filters let through
  std::int64_t unread = 0;  ///< of all
  std::vector<stored_notification> items;
};

/// Writes what events tell, inside the transaction of who tells it. What is there already stays as it is; the ids of
/// what was not.
std::vector<stoa::notification_id> keep(stoa::connection& db, const std::vector<notification>& all);

stoa::task<inbox_page> read_inbox(stoa::database& db, stoa::user_id user, inbox_query q);

/// A person's notifications behind a number, at most `limit`, in the order of their numbers.
stoa::task<std::vector<numbered_notification>> read_after(stoa::database& db, stoa::user_id user, std::int64_t after,
                                                          std::int64_t limit);

/// The same for several people at once, up to and including number `upto`.
stoa::task<std::vector<numbered_notification>> read_news(stoa::database& db, const std::vector<stoa::user_id>& users,
                                                         std::int64_t after, std::int64_t upto, std::int64_t limit);

/// The highest number there is, 0 before the first.
stoa::task<std::int64_t> latest_number(stoa::database& db);

/// False where the user has no such notification. Marking it again changes nothing.
stoa::task<bool> mark_read(stoa::database& db, stoa::user_id user, stoa::notification_id id, stoa::timestamp now);

}  // namespace stoa_plugin::notifications

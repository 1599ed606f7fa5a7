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

struct inbox_page {
  std::int64_t count = 0;   ///< of what the filters let through
  std::int64_t unread = 0;  ///< of all
  std::vector<stored_notification> items;
};

/// Writes what events tell, inside the subscription's transaction. What is there already stays as it is.
void keep(stoa::connection& db, const std::vector<notification>& all);

stoa::task<inbox_page> read_inbox(stoa::database& db, stoa::user_id user, inbox_query q);

/// False where the user has no such notification. Marking it again changes nothing.
stoa::task<bool> mark_read(stoa::database& db, stoa::user_id user, stoa::notification_id id, stoa::timestamp now);

}  // namespace stoa_plugin::notifications

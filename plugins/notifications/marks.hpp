// Counting and marking, besides single ones by their ids: SQL and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"

namespace stoa_plugin::notifications {

stoa::task<std::int64_t> unread_count(stoa::database& db, stoa::user_id user);
/// How many were unread.
stoa::task<std::int64_t> mark_all_read(stoa::database& db, stoa::user_id user, stoa::timestamp now);

/// The numbers of one's own notifications, for contracts whose ids are whole numbers.
stoa::task<std::map<stoa::notification_id, std::int64_t>> numbers_of(stoa::database& db, stoa::user_id user,
                                                                     std::vector<stoa::notification_id> ids);
/// False where the user has no notification of that number.
stoa::task<bool> mark_number_read(stoa::database& db, stoa::user_id user, std::int64_t number, stoa::timestamp now);

}  // namespace stoa_plugin::notifications

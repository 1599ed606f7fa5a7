#include "marks.hpp"

namespace stoa_plugin::notifications {

using stoa::statement;
using stoa::task;

namespace {

constexpr statement count_unread{"unread", R"(
  select count(*) from plugin_notifications.notification n where n.user_id = :p1::uuid and n.read_at is null)"};

constexpr statement mark_all{"mark_all_read", R"(
  with marked as (
    update plugin_notifications.notification n set read_at = :p2::timestamptz
    where n.user_id = :p1::uuid and n.read_at is null returning 1)
  select count(*) from marked)"};

constexpr statement read_numbers{"numbers", R"(
  select n.id, n.seq from plugin_notifications.notification n
  where n.user_id = :p1::uuid and n.id = any(:p2::uuid[]))"};

constexpr statement mark_number{"mark_number_read", R"(
  update plugin_notifications.notification n set read_at = coalesce(n.read_at, :p3::timestamptz)
  where n.seq = :p2::bigint and n.user_id = :p1::uuid
  returning n.id)"};

}  // namespace

task<std::int64_t> unread_count(stoa::database& db, stoa::user_id user) {
  stoa::values bound{user};
  const auto found = co_await db.query(stoa::acts_as(user), count_unread, std::move(bound));
  co_return found.front().integer(0);
}

task<std::int64_t> mark_all_read(stoa::database& db, stoa::user_id user, stoa::timestamp now) {
  stoa::values bound{user, now};
  const auto marked = co_await db.query(stoa::acts_as(user), mark_all, std::move(bound), stoa::lane::commands);
  co_return marked.front().integer(0);
}

task<std::map<stoa::notification_id, std::int64_t>> numbers_of(stoa::database& db, stoa::user_id user,
                                                               std::vector<stoa::notification_id> ids) {
  stoa::values bound{user, stoa::value::array(ids)};
  const auto found = co_await db.query(stoa::acts_as(user), read_numbers, std::move(bound));
  std::map<stoa::notification_id, std::int64_t> out;
  for (const auto& r : found) out[stoa::notification_id{r.as_uuid(0)}] = r.integer(1);
  co_return out;
}

task<bool> mark_number_read(stoa::database& db, stoa::user_id user, std::int64_t number, stoa::timestamp now) {
  stoa::values bound{user, number, now};
  const auto marked = co_await db.query(stoa::acts_as(user), mark_number, std::move(bound), stoa::lane::commands);
  co_return !marked.empty();
}

}  // namespace stoa_plugin::notifications

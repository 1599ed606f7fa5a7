#include "inbox.hpp"

#include "stoa/columns.hpp"
#include "written.hpp"

namespace stoa_plugin::notifications {

using stoa::statement;
using stoa::task;

namespace {

constexpr auto keep_sql = "insert into plugin_notifications.notification (" + stoa::columns<notification> +
                          ") select " + stoa::columns<notification, "n"> + R"(
  from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::text[], :p5::text[], :p6::text[], :p7::text[], :p8::text[],
              :p9::timestamptz[])
         as n()" + stoa::columns<notification> +
                          ") on conflict do nothing returning id";
constexpr statement keep_notifications{"keep", keep_sql};
constexpr statement tell_of_them{"tell_written", STOA_TELL(":p1")};

/// What leads each row of a page: how many the filters let through, how many are unread at all.
struct counts {
  std::int64_t wanted = 0;
  std::int64_t unread = 0;
};
BOOST_DESCRIBE_STRUCT(counts, (), (wanted, unread))

/// One row even for an empty page: the counts.
constexpr auto page_sql = R"(
  with mine as (
    select n.* from plugin_notifications.notification n where n.user_id = :p1::uuid),
  wanted as (
    select * from mine
    where (not :p2::boolean or read_at is null) and (:p3::text = '' or kind = :p3::text)),
  page as (
    select * from wanted order by created_at desc, id desc limit :p4::bigint offset :p5::bigint)
  select )" + stoa::columns<counts, "c"> +
                          ", p.read_at is not null, " + stoa::columns<notification, "p"> + R"(
  from (select (select count(*) from wanted) as wanted, (select count(*) from mine where read_at is null) as unread) c
  left join page p on true
  order by p.created_at desc, p.id desc)";
constexpr statement read_page{"page", page_sql};

/// What leads each row of a stream; behind it, whether it was read.
struct place {
  std::int64_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(place, (), (seq))

constexpr auto behind_sql =
    "select " + stoa::columns<place, "n"> + ", n.read_at is not null, " + stoa::columns<notification, "n"> + R"(
  from plugin_notifications.notification n
  where n.user_id = :p1::uuid and n.seq > :p2::bigint
  order by n.seq limit :p3::bigint)";
constexpr statement read_behind{"read_after", behind_sql};

constexpr auto news_sql =
    "select " + stoa::columns<place, "n"> + ", n.read_at is not null, " + stoa::columns<notification, "n"> + R"(
  from plugin_notifications.notification n
  where n.seq > :p1::bigint and n.seq <= :p2::bigint and n.user_id = any(:p3::uuid[])
  order by n.seq limit :p4::bigint)";
constexpr statement read_all_behind{"read_news", news_sql};

constexpr statement read_latest{"latest", R"(
  select coalesce((select n.seq from plugin_notifications.notification n order by n.seq desc limit 1), 0))"};

constexpr statement mark_notification{"mark_read", R"(
  update plugin_notifications.notification n
  set read_at = coalesce(n.read_at, :p3::timestamptz)
  where n.id = :p2::uuid and n.user_id = :p1::uuid
  returning n.id)"};

std::vector<numbered_notification> numbered(const stoa::rows& found) {
  constexpr std::size_t is_read = stoa::column_count<place>;
  std::vector<numbered_notification> out;
  out.reserve(found.size());
  for (const auto& r : found)
    out.push_back(
        {stoa::read_columns<place>(r).seq, {stoa::read_columns<notification>(r, is_read + 1), r.boolean(is_read)}});
  return out;
}

}  // namespace

std::vector<stoa::notification_id> keep(stoa::connection& db, const std::vector<notification>& all) {
  std::vector<stoa::notification_id> fresh;
  if (all.empty()) return fresh;
  std::vector<std::string> columns[9];
  for (const auto& n : all) {
    const std::string row[9] = {n.id.str(),   n.event.str(), n.user.str(),
                                n.kind,       n.title,       n.message,
                                n.action_url, n.icon,        stoa::rfc3339(n.created_at)};
    for (std::size_t i = 0; i < 9; ++i) columns[i].push_back(row[i]);
  }
  stoa::values bound;
  for (const auto& c : columns) bound.push_back(stoa::value::array(c));
  for (const auto& r : db.run(keep_notifications, bound)) fresh.push_back(stoa::notification_id{r.as_uuid(0)});
  return fresh;
}

void tell_written(stoa::connection& db, const std::vector<notification>& all, stoa::timestamp now) {
  if (all.empty()) return;
  stoa::event_rows told(now);
  told.tell(std::nullopt, all.front().id, notifications_written{static_cast<std::int64_t>(all.size())});
  db.run(tell_of_them, {told});
}

task<inbox_page> read_inbox(stoa::database& db, stoa::user_id user, inbox_query q) {
  const std::int64_t offset = static_cast<std::int64_t>(q.page - 1) * q.page_size;
  stoa::values bound{user, q.unread_only, q.kind, q.page_size, offset};
  const auto found = co_await db.query(stoa::acts_as(user), read_page, std::move(bound));
  inbox_page out;
  const auto all = stoa::read_columns<counts>(found.front());
  out.count = all.wanted;
  out.unread = all.unread;
  constexpr std::size_t is_read = stoa::column_count<counts>;
  for (const auto& r : found)
    if (!r.null(is_read + 1))
      out.items.push_back({stoa::read_columns<notification>(r, is_read + 1), r.boolean(is_read)});
  co_return out;
}

task<std::vector<numbered_notification>> read_after(stoa::database& db, stoa::user_id user, std::int64_t after,
                                                    std::int64_t limit) {
  stoa::values bound{user, after, limit};
  const auto found = co_await db.query(stoa::acts_as(user), read_behind, std::move(bound));
  co_return numbered(found);
}

task<std::vector<numbered_notification>> read_news(stoa::database& db, const std::vector<stoa::user_id>& users,
                                                   std::int64_t after, std::int64_t upto, std::int64_t limit) {
  stoa::values bound{after, upto, stoa::value::array(users), limit};
  const auto found = co_await db.query(stoa::acts_as_system(), read_all_behind, std::move(bound));
  co_return numbered(found);
}

task<std::int64_t> latest_number(stoa::database& db) {
  auto asking = db.query(stoa::acts_as_system(), read_latest, {});
  const auto found = co_await std::move(asking);
  co_return found.front().integer(0);
}

task<bool> mark_read(stoa::database& db, stoa::user_id user, stoa::notification_id id, stoa::timestamp now) {
  stoa::values bound{user, id, now};
  const auto marked = co_await db.query(stoa::acts_as(user), mark_notification, std::move(bound), stoa::lane::commands);
  co_return !marked.empty();
}

}  // namespace stoa_plugin::notifications

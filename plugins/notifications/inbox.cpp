#include "inbox.hpp"

namespace stoa_plugin::notifications {

using stoa::statement;
using stoa::task;

namespace {

constexpr statement keep_notifications{"keep", R"(
  insert into plugin_notifications.notification
    (id, event_id, user_id, kind, title, message, action_url, icon, created_at)
  select n.id, n.event_id, n.user_id, n.kind, n.title, n.message, n.action_url, n.icon, n.created_at
  from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::text[], :p5::text[], :p6::text[], :p7::text[], :p8::text[],
              :p9::timestamptz[])
         as n(id, event_id, user_id, kind, title, message, action_url, icon, created_at)
  on conflict do nothing)"};

/// One row even for an empty page: the counts.
constexpr statement read_page{"page", R"(
  with mine as (
    select n.* from plugin_notifications.notification n where n.user_id = :p1::uuid),
  wanted as (
    select * from mine
    where (not :p2::boolean or read_at is null) and (:p3::text = '' or kind = :p3::text)),
  page as (
    select * from wanted order by created_at desc, id desc limit :p4::bigint offset :p5::bigint)
  select (select count(*) from wanted), (select count(*) from mine where read_at is null),
         p.id, p.kind, p.title, p.message, p.action_url, p.icon, p.read_at is not null, p.created_at
  from (select 1) as one left join page p on true
  order by p.created_at desc, p.id desc)"};

constexpr statement mark_notification{"mark_read", R"(
  update plugin_notifications.notification n
  set read_at = coalesce(n.read_at, :p3::timestamptz)
  where n.id = :p2::uuid and n.user_id = :p1::uuid
  returning n.id)"};

}  // namespace

void keep(stoa::connection& db, const std::vector<notification>& all) {
  if (all.empty()) return;
  std::vector<std::string> columns[9];
  for (const auto& n : all) {
    const std::string row[9] = {n.id.str(),   n.event.str(), n.user.str(),
                                n.kind,       n.title,       n.message,
                                n.action_url, n.icon,        stoa::rfc3339(n.created_at)};
    for (std::size_t i = 0; i < 9; ++i) columns[i].push_back(row[i]);
  }
  stoa::values bound;
  for (const auto& c : columns) bound.push_back(stoa::value::array(c));
  db.run(keep_notifications, bound);
}

task<inbox_page> read_inbox(stoa::database& db, stoa::user_id user, inbox_query q) {
  const std::int64_t offset = static_cast<std::int64_t>(q.page - 1) * q.page_size;
  stoa::values bound{user, q.unread_only, q.kind, q.page_size, offset};
  auto asking = db.query(stoa::acts_as(user), read_page, std::move(bound));
  const auto found = co_await std::move(asking);
  inbox_page out;
  out.count = found.front().integer(0);
  out.unread = found.front().integer(1);
  for (const auto& r : found) {
    if (r.null(2)) continue;
    stored_notification s;
    s.what.id = r.as<stoa::notification_id>(2);
    s.what.user = user;
    s.what.kind = r.text(3);
    s.what.title = r.text(4);
    s.what.message = r.text(5);
    s.what.action_url = r.text(6);
    s.what.icon = r.text(7);
    s.read = r.boolean(8);
    s.what.created_at = r.time(9);
    out.items.push_back(std::move(s));
  }
  co_return out;
}

task<bool> mark_read(stoa::database& db, stoa::user_id user, stoa::notification_id id, stoa::timestamp now) {
  stoa::values bound{user, id, now};
  auto marking = db.query(stoa::acts_as(user), mark_notification, std::move(bound), stoa::lane::commands);
  const auto marked = co_await std::move(marking);
  co_return !marked.empty();
}

}  // namespace stoa_plugin::notifications

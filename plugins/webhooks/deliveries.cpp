#include "deliveries.hpp"

#include "audience.hpp"
#include "stoa/columns.hpp"
#include "stoa/once.hpp"

namespace stoa_plugin::webhooks {

using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::result;
using stoa::statement;
using stoa::task;

namespace {

constexpr const char* test_kind = "webhook.test";

/// Events :p1 to :p4 for whoever is concerned: :p5 are events, :p6 the persons they concern. Without :p7 those who see
/// all have been told before.
constexpr statement keep_deliveries{"keep_deliveries", R"(
  with told as (
    select * from unnest(:p1::uuid[], :p2::text[], :p3::text[], :p4::timestamptz[])
      as t(event_id, kind, body, event_at)),
  concerned as (select * from unnest(:p5::uuid[], :p6::uuid[]) as c(event_id, user_id))
  insert into plugin_webhooks.delivery
    (id, subscription_id, user_id, event_id, kind, body, event_at, status, next_at, created_at, ended_at)
  select gen_random_uuid(), s.id, s.user_id, t.event_id, t.kind, t.body, t.event_at,
         case when s.enabled then 'waiting' else 'missed' end,
         case when s.enabled then :p8::timestamptz end, :p8::timestamptz,
         case when not s.enabled then :p8::timestamptz end
  from told t join plugin_webhooks.subscription s on s.kinds @> array[t.kind] and s.created_at <= t.event_at
  where (s.sees_all and :p7::boolean)
     or exists (select 1 from concerned c where c.event_id = t.event_id and c.user_id = s.user_id)
  on conflict (subscription_id, event_id) do nothing
  returning id, turn, status)"};

/// Which of the kinds :p1 somebody wants to hear of who does not see all.
constexpr statement wanted_kinds{"wanted_kinds", R"(
  select distinct k.kind from unnest(:p1::text[]) as k(kind)
  where exists (select 1 from plugin_webhooks.subscription s where not s.sees_all and s.kinds @> array[k.kind]))"};

struct place {
  delivery_id id;
  std::int64_t turn = 0;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(place, (), (id, turn, status))

/// `sendable` as it is stored.
struct sent_row {
  delivery_id id;
  std::int64_t turn = 0;
  std::int64_t attempts = 0;
  stoa::event_id event;
  std::string kind;
  std::string body;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(sent_row, (), (id, turn, attempts, event, kind, body, status))

constexpr auto sendable_sql = "select " + stoa::columns<sent_row, "d"> + R"(,
    s.id, s.user_id, s.enabled, s.url, s.secret, coalesce(s.old_secret, ''), s.old_until
  from plugin_webhooks.delivery d join plugin_webhooks.subscription s on s.id = d.subscription_id
  where d.id = :p1::uuid)";
constexpr statement find_sendable{"sendable", sendable_sql};

constexpr statement settle{"settle", R"(
  update plugin_webhooks.delivery
  set status = :p3::text, attempts = :p4::bigint, turn = turn + case when :p3::text = 'waiting' then 1 else 0 end,
      response_status = :p5::bigint, last_error = :p6::text, next_at = :p7::timestamptz, ended_at = :p8::timestamptz
  where id = :p1::uuid and turn = :p2::bigint and status = 'waiting'
  returning turn)"};

constexpr statement own_webhook{"own_webhook", R"(
  select id, enabled from plugin_webhooks.subscription where user_id = :p1::uuid and number = :p2::bigint for share)"};

constexpr auto test_sql = R"(
  insert into plugin_webhooks.delivery as d
    (id, subscription_id, user_id, event_id, kind, body, event_at, status, next_at, created_at)
  values (:p2::uuid, :p3::uuid, :p1::uuid, :p4::uuid, :p5::text, :p6::text, :p7::timestamptz, 'waiting',
          :p7::timestamptz, :p7::timestamptz)
  returning )" + stoa::columns<delivery, "d">;
constexpr statement add_test_delivery{"add_test", test_sql};

constexpr stoa::sql_text log_where = R"(
  from plugin_webhooks.delivery d
  where d.user_id = :p1::uuid and d.subscription_id = :p2::uuid
    and (:p3::text = '' or d.status = :p3::text) and (:p4::text = '' or d.kind = :p4::text))";
constexpr auto log_sql = "select " + stoa::columns<delivery, "d"> + log_where +
                         " order by d.number desc limit :p5::bigint offset :p6::bigint";
constexpr statement log_page{"log", log_sql};
constexpr auto log_count_sql = stoa::sql_text("select count(*)") + log_where;
constexpr statement log_count{"log_count", log_count_sql};

constexpr statement queue_again{"queue_again", R"(
  with wanted as (
    select id from plugin_webhooks.delivery
    where user_id = :p1::uuid and subscription_id = :p2::uuid and event_at >= :p3::timestamptz
      and status <> 'waiting' and kind <> :p6::text
    order by event_at, number limit :p4::bigint for update),
  again as (
    update plugin_webhooks.delivery d
    set status = 'waiting', attempts = 0, turn = turn + 1, next_at = :p5::timestamptz, ended_at = null
    from wanted where d.id = wanted.id
    returning d.id, d.turn, d.status, d.event_at)
  select id, turn, status, max(event_at) over () from again order by event_at)"};

constexpr statement due{"deliveries_due", R"(
  select count(*) from (
    select 1 from plugin_webhooks.delivery where created_at < :p1::timestamptz limit :p2::bigint) due)"};
constexpr statement forget{"forget_deliveries", R"(
  with gone as (
    delete from plugin_webhooks.delivery where id in (
      select id from plugin_webhooks.delivery where created_at < :p1::timestamptz order by created_at
      limit :p2::bigint for update skip locked)
    returning 1)
  select count(*) from gone)"};
constexpr stoa::purge_rule purged{"plugin_webhooks.delivery", &due, &forget};

/// Of each subscription what lies behind its newest :p1, at most :p2.
constexpr statement shorten{"shorten_logs", R"(
  with long as (
    select d.id from plugin_webhooks.subscription s cross join lateral (
      select id from plugin_webhooks.delivery
      where subscription_id = s.id order by number desc offset :p1::bigint limit :p2::bigint) d),
  gone as (
    delete from plugin_webhooks.delivery d using long where d.id = long.id and d.status <> 'waiting' returning 1)
  select count(*) from gone)"};

/// The jobs of those that wait.
void queue_within(stoa::connection& db, const stoa::rows& rows, stoa::timestamp now) {
  stoa::job_rows jobs(now);
  bool any = false;
  for (const auto& r : rows) {
    const auto p = stoa::read_columns<place>(r);
    if (p.status != "waiting") continue;
    jobs.add(deliver_webhook{p.id, p.turn});
    any = true;
  }
  if (any) db.run(stoa::queue_jobs, {jobs});
}

void keep_all(stoa::connection& db, const std::vector<told_event>& events, bool for_those_who_see_all,
              stoa::timestamp now) {
  std::vector<std::string> ids, kinds, bodies, times, concerned, persons;
  for (const auto& e : events) {
    ids.push_back(e.event.str());
    kinds.push_back(e.kind);
    bodies.push_back(e.body);
    times.push_back(stoa::rfc3339(e.at));
    for (const auto& p : e.audience) {
      concerned.push_back(e.event.str());
      persons.push_back(p.str());
    }
  }
  using stoa::value;
  const auto kept =
      db.run(keep_deliveries, {value::array(ids), value::array(kinds), value::array(bodies), value::array(times),
                               value::array(concerned), value::array(persons), for_those_who_see_all, now});
  queue_within(db, kept, now);
}

}  // namespace

void keep_within(stoa::connection& db, const std::vector<told_event>& events, stoa::timestamp now) {
  if (events.empty()) return;
  keep_all(db, events, true, now);
  std::vector<std::string> of_courses;
  for (const auto& e : events)
    if (e.course) of_courses.push_back(e.kind);
  if (of_courses.empty()) return;
  const auto wanted = db.run(wanted_kinds, {stoa::value::array(of_courses)});
  if (wanted.empty()) return;
  stoa::job_rows jobs(now);
  for (const auto& e : events)
    for (const auto& kind : wanted)
      if (e.course && kind.raw(0) == e.kind) jobs.add(tell_teacher{e.event, e.kind, e.at, *e.course, e.body});
  db.run(stoa::queue_jobs, {jobs});
}

task<done> keep_for(stoa::database& db, told_event event, stoa::timestamp now) {
  std::function<result<done>(stoa::connection&)> work = [event = std::move(event), now](stoa::connection& c) {
    keep_all(c, {event}, false, now);
    return result<done>(done{});
  };
  return db.in_transaction(stoa::acts_as_system(), std::move(work));
}

task<std::optional<sendable>> read_sendable(stoa::database& db, delivery_id id) {
  stoa::values bound{id};
  const auto found = co_await db.query(stoa::acts_as_system(), find_sendable, std::move(bound), stoa::lane::commands);
  std::optional<sendable> out;
  if (found.empty()) co_return out;
  const auto r = found.front();
  const auto row = stoa::read_columns<sent_row>(r);
  auto& s = out.emplace();
  s.id = row.id;
  s.turn = row.turn;
  s.attempts = row.attempts;
  s.event = row.event;
  s.kind = row.kind;
  s.body = row.body;
  s.status = row.status;
  constexpr auto first = stoa::column_count<sent_row>;
  s.subscription = r.as<webhook_id>(first);
  s.owner = r.as<stoa::user_id>(first + 1);
  s.enabled = r.boolean(first + 2);
  s.url = r.text(first + 3);
  s.secrets = {r.text(first + 4), r.text(first + 5), r.opt_time(first + 6)};
  co_return out;
}

task<bool> keep_attempt(stoa::database& db, sendable what, attempt_outcome outcome, stoa::timestamp now) {
  auto ours = std::make_shared<bool>(false);
  std::function<result<done>(stoa::connection&)> work = [=](stoa::connection& c) {
    const bool again = outcome.status == "waiting";
    const auto attempts = what.attempts + (outcome.counts ? 1 : 0);
    stoa::values v{what.id, what.turn, outcome.status, attempts, outcome.response_status, outcome.error};
    v.push_back(again ? stoa::value(now + outcome.pause) : stoa::value(std::nullopt));  // the next try
    v.push_back(again ? stoa::value(std::nullopt) : stoa::value(now));                  // the end
    const auto kept = c.run(settle, v);
    *ours = !kept.empty();
    if (kept.empty()) return result<done>(done{});
    if (outcome.gone) disable_within(c, what.subscription, "its receiver is gone (410)", now);
    if (again) {
      stoa::job_rows jobs(now);
      jobs.add(deliver_webhook{what.id, kept.front().integer(0)}, outcome.pause);
      c.run(stoa::queue_jobs, {jobs});
    }
    return result<done>(done{});
  };
  co_await db.in_transaction(stoa::acts_as_system(), std::move(work));
  co_return *ours;
}

task<delivery> add_test(stoa::database& db, stoa::user_id owner, std::int64_t number, stoa::timestamp now) {
  std::function<result<delivery>(stoa::connection&)> work = [=](stoa::connection& c) -> result<delivery> {
    const auto found = c.run(own_webhook, {owner, number});
    if (found.empty()) return unknown_webhook();
    if (!found.front().boolean(1)) return webhook_is_off();
    stoa::event nothing;
    nothing.id = stoa::event_id::make();
    nothing.kind = test_kind;
    nothing.user = owner;
    nothing.at = now;
    const auto made = c.run(add_test_delivery, {owner, delivery_id::make(), found.front().as<webhook_id>(0), nothing.id,
                                                test_kind, body_of(nothing), now});
    auto out = stoa::read_columns<delivery>(made.front());
    stoa::job_rows jobs(now);
    jobs.add(deliver_webhook{out.id, 0});
    c.run(stoa::queue_jobs, {jobs});
    return out;
  };
  return stoa::transact_once<delivery>(db, stoa::acts_as(owner), "webhooks.test", std::move(work));
}

task<stoa::page_of<delivery>> list_deliveries(stoa::database& db, stoa::user_id owner, webhook_id of, log_filter filter,
                                              stoa::page_request asked) {
  stoa::page_of<delivery> out;
  out.asked = asked;
  stoa::values wanted{owner, of, filter.status, filter.kind};
  auto bound = wanted;
  const auto count = co_await db.query(stoa::acts_as(owner), log_count, std::move(wanted));
  out.total = count.front().integer(0);
  bound.emplace_back(asked.size);
  bound.emplace_back(asked.offset());
  const auto found = co_await db.query(stoa::acts_as(owner), log_page, std::move(bound));
  for (const auto& r : found) out.items.push_back(stoa::read_columns<delivery>(r));
  co_return out;
}

task<replayed> replay(stoa::database& db, stoa::user_id owner, webhook_id of, stoa::timestamp since, std::int64_t most,
                      stoa::timestamp now) {
  std::function<result<replayed>(stoa::connection&)> work = [=](stoa::connection& c) -> result<replayed> {
    const auto again = c.run(queue_again, {owner, of, since, most, now, test_kind});
    queue_within(c, again, now);
    replayed out;
    out.queued = static_cast<std::int64_t>(again.size());
    out.more = out.queued == most;
    if (!again.empty()) out.until = again.front().time(stoa::column_count<place>);
    return out;
  };
  return stoa::transact_once<replayed>(db, stoa::acts_as(owner), "webhooks.replay", std::move(work));
}

const stoa::purge_rule& old_deliveries() noexcept { return purged; }

task<done> shorten_logs(stoa::database& db, std::int64_t most) {
  constexpr int batches = 1000;
  constexpr std::int64_t batch = 1000;
  for (int i = 0; i < batches; ++i) {
    stoa::values bound{most, batch};
    const auto gone = co_await db.query(stoa::acts_as_system(), shorten, std::move(bound), stoa::lane::commands);
    if (gone.front().integer(0) == 0) break;
  }
  co_return done{};
}

}  // namespace stoa_plugin::webhooks

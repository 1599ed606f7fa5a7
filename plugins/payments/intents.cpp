#include "intents.hpp"

#include "intent_columns.hpp"
#include "stoa/purge.hpp"

namespace stoa_plugin::payments {

using stoa::done;
using stoa::lane;
using stoa::statement;
using stoa::task;

namespace {

constexpr auto intents_where = "select " + stoa::columns<provider_intent, "i"> + ", " +
                               stoa::columns<known_intent, "i"> +
                               " from (select *, failure as decline_code from plugin_payments.intent) i where ";
constexpr auto newest_sql = intents_where + "i.order_id = :p1::uuid order by i.attempt desc limit 1";
constexpr statement newest_intent{"newest_intent", newest_sql};
constexpr auto find_sql = intents_where + "i.id = :p1::text";
constexpr statement find_intent{"find_intent", find_sql};

constexpr statement keep_intent{"keep_intent", R"(
  insert into plugin_payments.intent (id, provider, order_id, user_id, attempt, idempotency_key, amount_minor, currency,
                                      client_secret, status, created_at, updated_at)
  values (:p2::text, :p3::text, :p4::uuid, :p1::uuid, :p5::integer, :p6::text, :p7::bigint, :p8::text, :p9::text,
          :p10::text, :p11::timestamptz, :p11::timestamptz)
  on conflict do nothing
  returning id)"};

constexpr statement note_intent{"note_intent", R"(
  update plugin_payments.intent
  set status = :p2::text, failure = :p3::text, updated_at = :p4::timestamptz
  where id = :p1::text and status <> 'succeeded')"};

/// What can still be paid, of orders :p1 that were paid by :p2.
constexpr statement open_intents{"open_intents", R"(
  select i.id from plugin_payments.intent i
  join unnest(:p1::uuid[], :p2::text[]) as closed(order_id, paid_by) on closed.order_id = i.order_id
  where i.id <> closed.paid_by and i.status not in ('succeeded', 'canceled'))"};

constexpr statement seen_event{"seen_event", R"(
  select 1 from plugin_payments.webhook_event where id = :p1::text)"};

constexpr statement keep_event{"keep_event", R"(
  insert into plugin_payments.webhook_event (id, kind, outcome, received_at)
  values (:p1::text, :p2::text, :p3::text, :p4::timestamptz) on conflict do nothing)"};

constexpr statement events_due{"events_due", R"(
  select count(*) from (
    select 1 from plugin_payments.webhook_event where received_at < :p1::timestamptz limit :p2::bigint) due)"};
constexpr statement forget_events{"forget_events", R"(
  with gone as (
    delete from plugin_payments.webhook_event where id in (
      select id from plugin_payments.webhook_event where received_at < :p1::timestamptz order by received_at
      limit :p2::bigint for update skip locked)
    returning 1)
  select count(*) from gone)"};
constexpr stoa::purge_rule old_events{"plugin_payments.webhook_event", &events_due, &forget_events};

/// Providers try for some days; this is well behind.
constexpr stoa::days events_kept{60};

known_intent intent_of(const stoa::rows::row& r) {
  auto k = stoa::read_columns<known_intent>(r, stoa::column_count<provider_intent>);
  k.at_provider = stoa::read_columns<provider_intent>(r);
  return k;
}

std::optional<known_intent> first_of(const stoa::rows& found) {
  if (found.empty()) return std::nullopt;
  return intent_of(found.front());
}

}  // namespace

task<std::optional<known_intent>> intents::newest_of(stoa::acting who, stoa::order_id order) {
  stoa::values bound{order};
  co_return first_of(co_await host_.database().query(who, newest_intent, std::move(bound)));
}

task<std::optional<known_intent>> intents::find(stoa::acting who, std::string id) {
  stoa::values bound{id};
  co_return first_of(co_await host_.database().query(who, find_intent, std::move(bound)));
}

task<known_intent> intents::keep(known_intent i, std::string idempotency_key) {
  const auto& p = i.at_provider;
  stoa::values bound{
      i.user,         p.id,       i.provider,      i.order,           i.attempt,          idempotency_key,
      p.amount_minor, p.currency, p.client_secret, name_of(p.status), host_.clock().now()};
  const auto kept =
      co_await host_.database().query(stoa::acts_as(i.user), keep_intent, std::move(bound), lane::commands);
  if (!kept.empty()) co_return i;
  auto there = co_await newest_of(stoa::acts_as(i.user), i.order);
  if (!there) throw std::runtime_error("an intent was neither kept nor found");
  co_return std::move(*there);
}

task<done> intents::note(stoa::acting who, std::string id, intent_status status, std::string failure) {
  stoa::values bound{id, name_of(status), failure, host_.clock().now()};
  co_await host_.database().query(who, note_intent, std::move(bound), lane::commands);
  co_return done{};
}

void cancel_within(stoa::connection& db, const std::vector<closed_order>& orders, stoa::timestamp now) {
  std::vector<stoa::order_id> ids;
  std::vector<std::string> paid_by;
  for (const auto& o : orders) {
    ids.push_back(o.id);
    paid_by.push_back(o.paid_by);
  }
  const auto open = db.run(open_intents, {stoa::value::array(ids), stoa::value::array(paid_by)});
  if (open.empty()) return;
  stoa::job_rows due(now);
  for (const auto& row : open) due.add(cancel_intent{row.text(0)}, stoa::microseconds{0}, row.text(0));
  db.run(stoa::queue_jobs, {due});
}

task<done> intents::cancel_others(stoa::order_id order, std::string intent) {
  std::function<stoa::result<done>(stoa::connection&)> work = [order, intent, now = host_.clock().now()](auto& db) {
    cancel_within(db, {{order, intent}}, now);
    return stoa::result<done>(done{});
  };
  co_await host_.database().in_transaction(stoa::acts_as_system(), std::move(work));
  host_.jobs_queued();
  co_return done{};
}

task<bool> intents::event_seen(std::string id) {
  stoa::values bound{id};
  const auto found = co_await host_.database().query(seen_event, std::move(bound));
  co_return !found.empty();
}

task<done> intents::event_done(std::string id, std::string kind, std::string outcome) {
  stoa::values bound{id, kind, outcome, host_.clock().now()};
  co_await host_.database().query(keep_event, std::move(bound), lane::commands);
  co_return done{};
}

task<done> intents::forget_old_events() {
  stoa::purge_options options;
  options.meters = &host_.metrics();
  options.log = &host_.log();
  co_await stoa::purge(host_.database(), old_events, host_.clock().now() - events_kept, options);
  co_return done{};
}

}  // namespace stoa_plugin::payments

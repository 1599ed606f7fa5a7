#include "intents.hpp"

namespace stoa_plugin::payments {

using stoa::done;
using stoa::lane;
using stoa::statement;
using stoa::task;

namespace {

constexpr statement newest_intent{"newest_intent", R"(
  select i.id, i.client_secret, i.status, i.amount_minor, i.currency, i.failure, i.provider, i.order_id, i.user_id, i.attempt
  from plugin_payments.intent i
  where i.order_id = :p1::uuid
  order by i.attempt desc limit 1)"};

constexpr statement find_intent{"find_intent", R"(
  select i.id, i.client_secret, i.status, i.amount_minor, i.currency, i.failure, i.provider, i.order_id, i.user_id, i.attempt
  from plugin_payments.intent i
  where i.id = :p1::text)"};

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

constexpr statement seen_event{"seen_event", R"(
  select 1 from plugin_payments.webhook_event where id = :p1::text)"};

constexpr statement keep_event{"keep_event", R"(
  insert into plugin_payments.webhook_event (id, kind, outcome, received_at)
  values (:p1::text, :p2::text, :p3::text, :p4::timestamptz) on conflict do nothing)"};

constexpr statement forget_events{"forget_events", R"(
  delete from plugin_payments.webhook_event where received_at < :p1::timestamptz)"};

/// Providers try for some days; this is well behind.
constexpr stoa::days events_kept{60};

known_intent intent_of(const stoa::rows::row& r) {
  known_intent k;
  k.at_provider.id = r.text(0);
  k.at_provider.client_secret = r.text(1);
  k.at_provider.status = intent_status_named(r.raw(2)).value_or(intent_status::canceled);
  k.at_provider.amount_minor = r.integer(3);
  k.at_provider.currency = r.text(4);
  k.at_provider.decline_code = r.text(5);
  k.provider = r.text(6);
  k.order = r.as<stoa::order_id>(7);
  k.user = r.as<stoa::user_id>(8);
  k.attempt = r.integer(9);
  return k;
}

std::optional<known_intent> first_of(const stoa::rows& found) {
  if (found.empty()) return std::nullopt;
  return intent_of(found.front());
}

}  // namespace

task<std::optional<known_intent>> intents::newest_of(stoa::acting who, stoa::order_id order) {
  stoa::values bound{order};
  auto asking = host_.database().query(who, newest_intent, std::move(bound));
  co_return first_of(co_await std::move(asking));
}

task<std::optional<known_intent>> intents::find(stoa::acting who, std::string id) {
  stoa::values bound{id};
  auto asking = host_.database().query(who, find_intent, std::move(bound));
  co_return first_of(co_await std::move(asking));
}

task<known_intent> intents::keep(known_intent i, std::string idempotency_key) {
  const auto& p = i.at_provider;
  stoa::values bound{
      i.user,         p.id,       i.provider,      i.order,           i.attempt,          idempotency_key,
      p.amount_minor, p.currency, p.client_secret, name_of(p.status), host_.clock().now()};
  auto keeping = host_.database().query(stoa::acts_as(i.user), keep_intent, std::move(bound), lane::commands);
  const auto kept = co_await std::move(keeping);
  if (!kept.empty()) co_return i;
  auto looking = newest_of(stoa::acts_as(i.user), i.order);
  auto there = co_await std::move(looking);
  if (!there) throw std::runtime_error("an intent was neither kept nor found");
  co_return std::move(*there);
}

task<done> intents::note(stoa::acting who, std::string id, intent_status status, std::string failure) {
  stoa::values bound{id, name_of(status), failure, host_.clock().now()};
  auto noting = host_.database().query(who, note_intent, std::move(bound), lane::commands);
  co_await std::move(noting);
  co_return done{};
}

task<bool> intents::event_seen(std::string id) {
  stoa::values bound{id};
  auto asking = host_.database().query(seen_event, std::move(bound));
  const auto found = co_await std::move(asking);
  co_return !found.empty();
}

task<done> intents::event_done(std::string id, std::string kind, std::string outcome) {
  stoa::values bound{id, kind, outcome, host_.clock().now()};
  auto keeping = host_.database().query(keep_event, std::move(bound), lane::commands);
  co_await std::move(keeping);
  co_return done{};
}

task<done> intents::forget_old_events() {
  stoa::values bound{host_.clock().now() - events_kept};
  auto forgetting = host_.database().query(forget_events, std::move(bound), lane::commands);
  co_await std::move(forgetting);
  co_return done{};
}

}  // namespace stoa_plugin::payments

#include "runtime/events/dead_events.hpp"

#include <stdexcept>
#include <utility>

#include "runtime/events/outbox_store.hpp"

namespace stoa::runtime {

event event_of(const rows::row& r) {
  event e;
  e.position = r.integer(1);
  e.id = r.as<event_id>(2);
  e.kind = r.text(3);
  e.user = r.opt_as<user_id>(4);
  e.entity = r.as_uuid(5);
  auto payload = json::parse(r.raw(6));
  if (!payload) throw std::runtime_error("the payload of event " + e.id.str() + " cannot be read");
  e.payload = std::move(payload).value();
  e.at = r.time(7);
  e.here = r.boolean(8);
  return e;
}

namespace {

constexpr statement bury{"outbox.bury", R"(
  insert into dead_event (subscription, position, event_id, kind, user_id, entity, payload, at, tries, reason)
  values (:p1::text, :p2::bigint, :p3::uuid, :p4::text, :p5::uuid, :p6::uuid, :p7::jsonb, :p8::timestamptz,
          :p9::bigint, :p10::text)
  on conflict (subscription, event_id) do nothing)"};

constexpr statement oldest{"outbox.dead_oldest", R"(
  select ''::text, position, event_id, kind, user_id, entity, payload::text, at, false from dead_event
  where subscription = :p1::text and replay order by at, position limit 1)"};

constexpr statement forget{"outbox.dead_taken", R"(
  delete from dead_event where subscription = :p1::text and event_id = :p2::uuid)"};

/// `$1` is a subscription or a plugin, `$2` an event or nothing.
#define STOA_DEAD_OF \
  "where (subscription = $1 or starts_with(subscription, $1 || '.')) and ($2 = '' or event_id::text = $2)"
constexpr const char* system_acts = "select set_config('stoa.acting', 'system', true)";

/// One statement as the system.
plain_connection::table as_system(plain_connection& db, const std::string& sql, const std::vector<std::string>& bound) {
  db.run("begin");
  try {
    db.run(system_acts);
    auto out = db.run(sql, bound);
    db.run("commit");
    return out;
  } catch (...) {
    if (db.in_transaction()) db.run("rollback");
    throw;
  }
}

}  // namespace

void dead_events::set_aside(connection& db, const std::string& subscription, const rows::row& r, std::int64_t tries,
                            const std::string& reason) {
  db.run(bury, {subscription, r.integer(1), r.as_uuid(2), r.text(3), r.opt_text(4), r.as_uuid(5), r.text(6), r.time(7),
                tries, reason});
}

std::optional<event> dead_events::next(connection& db, const std::string& subscription) {
  // As with the offset: the row's own lock would hold up all others' events.
  db.run(outbox_store::lock_offset, {subscription});
  const auto found = db.run(oldest, {subscription});
  if (found.empty()) return std::nullopt;
  return event_of(found.front());
}

void dead_events::taken(connection& db, const std::string& subscription, const event_id& id) {
  db.run(forget, {subscription, id});
}

std::vector<dead_event> list_dead_events(plain_connection& db, const std::string& of, std::int64_t most) {
  const auto found = as_system(db,
                               "select subscription, event_id::text, kind, at::text, since::text, tries::text, reason "
                               "from dead_event " STOA_DEAD_OF " order by subscription, at, position limit $3::bigint",
                               {of, "", std::to_string(most)});
  std::vector<dead_event> all;
  for (const auto& r : found)
    all.push_back({r[0].value_or(""), r[1].value_or(""), r[2].value_or(""), r[3].value_or(""), r[4].value_or(""),
                   r[5].value_or(""), r[6].value_or("")});
  return all;
}

std::int64_t replay_dead_events(plain_connection& db, const std::string& of, const std::string& id) {
  const auto n = as_system(db,
                           "with asked as (update dead_event set replay = true " STOA_DEAD_OF
                           " returning 1) select count(*)::text from asked",
                           {of, id});
  return std::stoll(n.at(0).at(0).value());
}

std::int64_t drop_dead_events(plain_connection& db, const std::string& of, const std::string& id) {
  const auto n = as_system(
      db, "with gone as (delete from dead_event " STOA_DEAD_OF " returning 1) select count(*)::text from gone",
      {of, id});
  return std::stoll(n.at(0).at(0).value());
}

#undef STOA_DEAD_OF

}  // namespace stoa::runtime

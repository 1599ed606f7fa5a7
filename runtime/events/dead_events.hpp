// Events that a subscription could not take: set aside so that it goes on behind them, and given again on demand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/store/plain.hpp"
#include "stoa/db.hpp"
#include "stoa/events.hpp"

namespace stoa::runtime {

/// The event that an outbox row tells of: position, id, kind, user, entity, payload, time and whether this process
/// wrote it, from column 1 on.
event event_of(const rows::row& r);

namespace dead_events {

/// How many a subscription has, and whether any is to be given again.
inline constexpr statement count{"outbox.dead", R"(
  select subscription, count(*), bool_or(replay) from dead_event group by subscription)"};

/// The event of that row of the outbox, inside the transaction that moves the offset behind it.
void set_aside(connection& db, const std::string& subscription, const rows::row& r, std::int64_t tries,
               const std::string& reason);
/// The oldest that is to be given again to that subscription, which is locked; inside the transaction in which it is
/// taken.
std::optional<event> next(connection& db, const std::string& subscription);
/// It was taken.
void taken(connection& db, const std::string& subscription, const event_id& id);
/// It could not be taken this time either.
inline constexpr statement put_back{"outbox.dead_put_back", R"(
  update dead_event set replay = false, tries = tries + 1, reason = :p3::text
  where subscription = :p1::text and event_id = :p2::uuid)"};

}  // namespace dead_events

/// A dead event as an operator sees it; its payload stays where it is.
struct dead_event {
  std::string subscription;
  std::string id;
  std::string kind;
  std::string at;
  std::string since;
  std::string tries;
  std::string reason;
};

/// Those of a plugin (`<plugin>.*`) or of one subscription, oldest first, `most` at most.
std::vector<dead_event> list_dead_events(plain_connection& db, const std::string& of, std::int64_t most = 100);
/// Has them given again to their subscriptions, by whichever server runs these; `id` names one of them, empty: all. How
/// many they are.
std::int64_t replay_dead_events(plain_connection& db, const std::string& of, const std::string& id = {});
/// Gives them up for good. How many they were.
std::int64_t drop_dead_events(plain_connection& db, const std::string& of, const std::string& id = {});

}  // namespace stoa::runtime

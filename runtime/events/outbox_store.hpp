// The SQL of the outbox: its places and a subscription's offset.
#pragma once

#include "stoa/db.hpp"
#include "stoa/purge.hpp"

namespace stoa::runtime::outbox_store {

// `order by xid` would mean the text that is selected under that name, and sort 997 behind 1016.

/// The newest event that nothing can come before any more.
inline constexpr statement newest{"outbox.newest", R"(
  select o.xid::text, o.position from outbox o where o.xid < pg_snapshot_xmin(pg_current_snapshot())
  order by o.xid desc, o.position desc limit 1)"};

// A lock of the row would give the transaction an id before anything is handled, and events of all others would wait
// behind it for as long as the handler takes.
inline constexpr statement lock_offset{"outbox.lock_offset", R"(
  select pg_advisory_xact_lock(hashtextextended('stoa subscription ' || :p1::text, 0)))"};

inline constexpr statement read_offset{"outbox.read_offset", R"(
  select xid::text, position from subscription_offset where name = :p1::text)"};

inline constexpr statement begin_at_beginning{"outbox.begin_at_beginning", R"(
  insert into subscription_offset (name, xid, position) values (:p1::text, '0'::xid8, 0)
  on conflict (name) do nothing)"};

inline constexpr statement begin_at_end{"outbox.begin_at_end", R"(
  insert into subscription_offset (name, xid, position)
  select :p1::text, coalesce(n.xid, '0'::xid8), coalesce(n.position, 0)
  from (select 1) as one
  left join (select xid, position from outbox where xid < pg_snapshot_xmin(pg_current_snapshot())
             order by xid desc, position desc limit 1) as n on true
  on conflict (name) do nothing)"};

/// Rows that the subscription does not want come without payload: only their place counts.
inline constexpr statement next_batch{"outbox.next_batch", R"(
  select xid::text, position, id, kind, user_id, entity,
         case when cardinality(:p4::text[]) = 0 or kind = any(:p4::text[]) then payload::text end, at,
         coalesce(origin = current_setting('stoa.process', true), false)
  from outbox
  where (xid, position) > (:p1::xid8, :p2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
  order by outbox.xid, outbox.position limit :p3::bigint)"};

inline constexpr statement store_offset{"outbox.store_offset", R"(
  update subscription_offset set xid = :p2::xid8, position = :p3::bigint, updated_at = now() where name = :p1::text)"};

// Rows lie in commit order, which is that of their times but for moments: only the oldest are looked at, never all.
#define STOA_OLDEST_PASSED                                                                          \
  "with passed as (select xid, position from subscription_offset order by xid, position limit 1), " \
  "oldest as (select o.xid, o.position, o.at from outbox o, passed p "                              \
  "where (o.xid, o.position) <= (p.xid, p.position) "                                               \
  "order by o.xid, o.position limit :p2::bigint)"
inline constexpr statement sweep_due{"outbox.sweep_due",
                                     STOA_OLDEST_PASSED " select count(*) from oldest where at < :p1::timestamptz"};
inline constexpr statement sweep_passed{
    "outbox.sweep_passed", STOA_OLDEST_PASSED
    ", gone as (delete from outbox where (xid, position) in "
    "(select xid, position from oldest where at < :p1::timestamptz) returning 1) select count(*) from gone"};
#undef STOA_OLDEST_PASSED
/// How many seconds old the oldest event is.
inline constexpr statement oldest_age{"outbox.oldest_age", R"(
  select coalesce((select greatest(0, extract(epoch from :p1::timestamptz - at))::bigint
                   from outbox order by outbox.xid, outbox.position limit 1), 0))"};
inline constexpr purge_rule passed_by_all{"outbox", &sweep_due, &sweep_passed};

}  // namespace stoa::runtime::outbox_store

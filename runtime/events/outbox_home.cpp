#include "runtime/events/outbox_home.hpp"

#include <string>

namespace stoa::runtime {
namespace {

// A row was written by the transaction that its place names, unless a dump has brought it: then its `xmin` is the
// transaction of the restore. One row of chance is no matter, since places are only compared.
#define STOA_BROUGHT                                                \
  "(o.xmin::text::bigint <> (o.xid::text::bigint & 4294967295) or " \
  "o.xid >= pg_snapshot_xmax(pg_current_snapshot()))"

/// In another cluster than the known one, or where none is known, rows that a dump has brought: a cluster that was
/// upgraded has another name and its own rows. And in whichever cluster places that it has not given out yet.
constexpr const char* from_elsewhere = R"(
  select (
    coalesce((select system <> system_identifier::text from outbox_home, pg_control_system()), true)
    and exists (select 1 from outbox o where o.xid <> '0'::xid8 and )" STOA_BROUGHT R"()
  )
  or exists (select 1 from outbox where xid >= pg_snapshot_xmax(pg_current_snapshot()))
  or exists (select 1 from subscription_offset where xid >= pg_snapshot_xmax(pg_current_snapshot())))";

/// All offsets are the old cluster's: nobody reads before this was done.
constexpr const char* move_offsets = R"(
  update subscription_offset s set xid = '0'::xid8, position =
    (select count(*) from outbox o where (o.xid, o.position) <= (s.xid, s.position) and )" STOA_BROUGHT ")";

// By way of negative positions, since a place is never two rows' at once.
constexpr const char* move_rows = R"(
  with moved as (
    update outbox set xid = '0'::xid8, position = -old.place
    from (select o.xid, o.position, row_number() over (order by o.xid, o.position) as place from outbox o
          where )" STOA_BROUGHT R"() old
    where outbox.xid = old.xid and outbox.position = old.position
    returning 1)
  select count(*) from moved)";
constexpr const char* order_rows = "update outbox set position = -position where position < 0";
#undef STOA_BROUGHT

constexpr const char* know_home = R"(
  insert into outbox_home (system) select system_identifier::text from pg_control_system()
  on conflict (one) do update set system = excluded.system where outbox_home.system <> excluded.system)";

}  // namespace

bool settle_outbox(plain_connection& db, logger* log) {
  db.run("begin");
  db.run("set local stoa.acting = 'system'");
  try {
    const bool moved = db.run(from_elsewhere).at(0).at(0) == "t";
    std::string rows;
    if (moved) {
      db.run(move_offsets);
      rows = db.run(move_rows).at(0).at(0).value_or("0");
      db.run(order_rows);
    }
    db.run(know_home);
    db.run("commit");
    if (moved && log)
      log->warn("the database is in another cluster than before: the outbox was numbered anew", {{"events", rows}});
    return moved;
  } catch (...) {
    db.run("rollback");
    throw;
  }
}

}  // namespace stoa::runtime

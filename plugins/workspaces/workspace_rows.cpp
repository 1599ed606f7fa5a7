// The rows of workspaces.
#include <chrono>

#include "stoa/json.hpp"
#include "stoa/wire.hpp"
#include "workspace.hpp"

namespace stoa_plugin::workspaces {

using stoa::acts_as;
using stoa::acts_as_system;
using stoa::statement;

namespace {

constexpr statement load_one{"load", R"(
  select stage, generation, port, handle, made_at, used_at, idle_at, volume, drop_volume, holder, busy_until, makings,
         changed_at, version
  from plugin_workspaces.workspace where user_id = :p1::uuid)"};

// The port is chosen here, where those of all are seen; the index refuses one that others chose at the same moment.
constexpr statement save_one{"save", R"(
  with root as (
    insert into plugin_workspaces.workspace as w
      (user_id, stage, generation, port, handle, made_at, used_at, idle_at, volume, drop_volume, holder, busy_until,
       makings, changed_at, version)
    values (:p1::uuid, :p2::text, :p3::bigint,
            coalesce(:p4::bigint, case when :p16::bigint > 0 then (
              select p from generate_series(:p16::bigint, :p17::bigint) as p
              where p <> :p18::bigint
                and not exists (select 1 from plugin_workspaces.workspace o where o.port = p and o.user_id <> :p1::uuid)
                and not exists (select 1 from plugin_workspaces.taken_port t
                                where t.port = p and t.until > :p14::timestamptz)
              order by case when :p19::boolean then random() else 0 end, p limit 1) end),
            :p5::text, :p6::timestamptz, :p7::timestamptz, :p8::timestamptz, :p9::boolean, :p10::boolean, :p11::uuid,
            :p12::timestamptz, :p13::jsonb, :p14::timestamptz, 1)
    on conflict (user_id) do update set
      stage = excluded.stage, generation = excluded.generation, port = excluded.port, handle = excluded.handle,
      made_at = excluded.made_at, used_at = excluded.used_at, idle_at = excluded.idle_at, volume = excluded.volume,
      drop_volume = excluded.drop_volume, holder = excluded.holder, busy_until = excluded.busy_until,
      makings = excluded.makings, changed_at = excluded.changed_at, version = w.version + 1
    where w.version = :p15::bigint
    returning version, port),
  noted as (
    insert into plugin_workspaces.taken_port as t (port, until)
    select :p18::bigint, :p14::timestamptz + interval '10 minutes' from root where :p18::bigint > 0
    on conflict (port) do update set until = excluded.until)
  select version, port from root)"};

std::vector<timestamp> times_in(std::string_view text) {
  std::vector<timestamp> out;
  const auto all = stoa::json::parse(text).value();
  for (const auto& one : all.items())
    if (const auto us = one.as_integer()) out.push_back(stoa::from_unix_us(*us));
  return out;
}

std::string text_of(const std::vector<timestamp>& times) {
  stoa::json_writer w;
  w.begin_array();
  for (const auto t : times) w.integer(stoa::unix_us(t));
  w.end_array();
  return w.take();
}

}  // namespace

stoa::bound_statement load(const workspace_kind&, const user_id& owner) { return {&load_one, {owner}, acts_as(owner)}; }

result<workspace> read(const workspace_kind&, const user_id& owner, const stoa::rows& found) {
  workspace w;
  w.owner = owner;
  if (found.empty()) return w;  // nobody is unknown: no workspace yet
  const auto r = found.front();
  w.at = stage_named(r.raw(0)).value();
  w.generation = r.integer(1);
  w.port = r.opt_integer(2);
  w.handle = r.text(3);
  w.made_at = r.opt_time(4);
  w.used_at = r.opt_time(5);
  w.idle_at = r.opt_time(6);
  w.volume = r.boolean(7);
  w.drop_volume = r.boolean(8);
  if (!r.null(9)) w.holder = r.as_uuid(9);
  w.busy_until = r.opt_time(10);
  w.makings = times_in(r.raw(11));
  w.changed_at = r.time(12);
  w.version = r.integer(13);
  return w;
}

stoa::bound_statement save_row(const workspace& before, const workspace& after, const moment&) {
  const auto& c = after.choice;
  stoa::value holder(std::nullopt);
  if (after.holder) holder = stoa::value(*after.holder);
  return {&save_one,
          {after.owner, name_of(after.at), after.generation, after.port, after.handle, after.made_at, after.used_at,
           after.idle_at, after.volume, after.drop_volume, holder, after.busy_until, text_of(after.makings),
           after.changed_at, before.version, c.first, c.last, c.bad, c.anywhere},
          acts_as_system()};
}

void take_written(workspace& next, turn& reply, const stoa::rows::row& first) {
  next.version = first.integer(0);
  next.port = first.opt_integer(1);
  next.choice = {};
  reply.port = next.port;
}

std::optional<fault> in_words(const fault& f) {
  if (f.code != "workspace_port") return std::nullopt;
  return fault(fault_kind::conflict, "WORKSPACE_PORT_CHOSEN", "Another workspace got this port. Please try again.");
}

}  // namespace stoa_plugin::workspaces
